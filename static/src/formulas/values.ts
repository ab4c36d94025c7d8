// What formulas compute with, as runtime/formulas/tree.py stores them and runtime/formulas/arithmetic.py means them.

/** Blank is null. A number or amount is a BigInt in smallest units of its scale; a day is days since 1970-01-01; an instant and a duration
 * are microseconds (BigInt); a person or record is its id. */
export type Scalar = bigint | number | string | boolean | null;
export type Value = Scalar | readonly Scalar[];

export interface Type { kind: string; scale?: number; currency?: string; form?: string; options?: string[]; item?: Type }
export interface Tree { node: string; type: Type }

export interface Literal extends Tree { value: { number: string } | string | boolean }
export interface Field extends Tree { key: string; relation?: string[]; system?: boolean; parent?: boolean }
export interface Path extends Tree { reference: string; key: string; relation?: string[] }
export interface Name extends Tree { name: string }
export interface Pair extends Tree { operator: string; left: Tree; right: Tree }
export interface Single extends Tree { operand: Tree }
export interface Logic extends Tree { operator: 'and' | 'or'; operands: Tree[] }
export interface Within extends Tree { operand: Tree; options: Tree[] }
export interface Among extends Tree { operand: Tree; list: Tree }
export interface Choose extends Tree { cases: [Tree, Tree][]; otherwise?: Tree | null }
export interface Call extends Tree { function: string; arguments: Tree[] }
export interface Aggregate extends Tree {
  function: string; relation: string[]; value?: Tree; where?: Tree; on?: Tree; by?: Tree; days?: number; months?: number; event_dates?: Tree[];
  before?: number; argument?: Tree;
}

/** What a formula may ask of a record or of a row of its sub-forms. Each method may throw NotInBrowser. */
export interface Values {
  field(key: string): Value;
  /** Whether a field is blank, where that is known although its value is not. */
  blank(key: string): boolean;
  path(reference: string, key: string): Value;
  related(relation: string): readonly Values[];
  name(name: string): Value;
}

export interface Person { id: number; roles: readonly string[]; reports: readonly number[]; departments: readonly string[] }
/** What is the same for every formula of one moment. `asOf`: the day is another than the present one. */
export interface Run { today: number; now: bigint; zone: string; person: Person | null; asOf: boolean }

/** Where a running formula stands: the record, and the related rows in view, outermost first. */
export interface Place { record: Values; rows: Values[]; run: Run }
export type Code = (place: Place) => Value;

/** A part of a formula, ready to run. `scale` is that of the numbers it gives, `most` what none of them exceeds. `small` gives the same
 * whole number as a plain one, where it is always small: comparing those is much quicker. `own`: it is this field of the record and nothing else,
 * which is read on the spot. */
export interface Part { code: Code; type: Type; tree: Tree; scale: number; most: number; constant?: Value; own?: string; small?: (place: Place) => number | null }

/** The formula is right in itself and has no result for this record: a number too large, a text too long. */
export class CannotCompute extends Error {}
/** Only the server can say: other records, populations, or a value that the page does not know. */
export class NotInBrowser extends Error {}

export const isFigure = (type: Type): boolean => type.kind === 'number' || type.kind === 'money';

/** A value as runtime/formulas/wire.py writes it. */
export function fromWire(wire: unknown, type: Type): Value {
  if (wire === null || wire === undefined) return null;
  if (isFigure(type) || type.kind === 'datetime' || type.kind === 'duration') return BigInt(wire as string);
  return wire as Value;
}
export const toWire = (value: Value): unknown => (typeof value === 'bigint' ? String(value) : value);
