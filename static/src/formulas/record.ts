// A half-filled form as a record that formulas read: what is typed, what was there before, and what is computed from both.
import { rescaled } from './arithmetic';
import type { Shown } from './display';
import { type Program, compile } from './interpreter';
import { type Raw, type Typed, readTyped } from './reading';
import { type Run, type Tree, type Type, type Value, type Values, CannotCompute, NotInBrowser, fromWire } from './values';

export interface ComputedField { key: string; tree: Tree | null; shown: Shown }
export interface Subform { fields: Record<string, Typed>; defaults: { key: string; tree: Tree | null }[]; computed: ComputedField[] }
/** What becomes of the value of a field that a rule hides. */
export type Treatment = 'clear' | 'keep' | 'recompute';
export interface Rule {
  show?: string[]; require?: string[]; read_only?: string[]; limit?: string[]; options?: string[]; fields?: string[]; message?: string; reads?: string[];
  hidden_value?: Treatment; when: Tree | null; always: boolean; check?: Tree | null; stands: Standing;
}
export interface Standing { when: boolean; check: boolean }
/** `customer.level` → its type, and the values of the records that the page knows. */
export type Paths = Record<string, { type: Type; values: Record<string, unknown> }>;
/** What the page carries: runtime/pages/entry_rules.py. */
export interface Carried {
  run: Omit<Run, 'now' | 'asOf'> & { now: string }; fields: Record<string, Typed>; values: Record<string, unknown>; rules: Rule[];
  defaults: Record<string, Tree | null>; computed: ComputedField[]; subforms: Record<string, Subform>; paths: Paths;
  fresh?: boolean; row_rules?: Record<string, Rule[]>; rows_stand?: Record<string, Standing[][]>;
}
/** What stands in the controls; undefined where a field has none, or is not asked. */
export interface Page { raw(key: string): Raw | undefined; rows(subform: string): Record<string, Raw>[] | undefined }

/** A computed value; `unknown` where only the server can say, or nobody yet. `cause`: the field, or the path, for which it is not known. */
export interface Outcome { value: Value; scale: number; unknown: boolean; cause?: string }
const UNKNOWN: Outcome = { value: null, scale: 0, unknown: true };
const NONE: Outcome = { value: null, scale: 0, unknown: false };
const MOST_UNITS = 1n << 61n;

const nothing = (value: Value): boolean => value === null || value === '' || (Array.isArray(value) && !value.length);

/** A program for a tree, or null where the browser has none. */
export function prepared(tree: Tree | null | undefined): Program | null {
  if (!tree) return null;
  try { return compile(tree); } catch (error) {
    if (error instanceof NotInBrowser) return null;
    throw error;
  }
}

function outcomeOf(program: Program | null, values: Values, run: Run, shown?: Shown): Outcome {
  if (!program) return UNKNOWN;
  try {
    return fitting(program.run(values, run), program, shown?.scale);
  } catch (error) {
    if (error instanceof NotInBrowser) return { ...UNKNOWN, cause: error.message };
    if (error instanceof CannotCompute) return { value: null, scale: 0, unknown: false };
    throw error;
  }
}

/** As its field keeps it: rounded to its decimals; a number too large to be stored is none. */
function fitting(value: Value, program: Program, scale: number | undefined): Outcome {
  if (typeof value !== 'bigint' || (program.type.kind !== 'number' && program.type.kind !== 'money')) return { value, scale: 0, unknown: false };
  const wanted = scale ?? program.type.scale ?? 0;
  const units = rescaled(value, program.scale, wanted);
  return { value: units >= MOST_UNITS || units <= -MOST_UNITS ? null : units, scale: wanted, unknown: false };
}

interface Ready { key: string; program: Program | null; shown?: Shown }
const ready = (each: { key: string; tree: Tree | null; shown?: Shown }): Ready => ({ key: each.key, program: prepared(each.tree), shown: each.shown });

/** The programs of a page, made once. */
export class Programs {
  readonly computed: Map<string, Ready>;
  readonly defaults: Map<string, Ready>;
  readonly lines: Map<string, { defaults: Ready[]; computed: Ready[] }>;

  constructor(carried: Carried) {
    this.computed = new Map(carried.computed.map(each => [each.key, ready(each)]));
    this.defaults = new Map(Object.entries(carried.defaults).map(([key, tree]) => [key, ready({ key, tree })]));
    this.lines = new Map(Object.entries(carried.subforms).map(([key, each]) =>
      [key, { defaults: each.defaults.map(ready), computed: each.computed.map(ready) }]));
  }
}

/** The record as it stands at one moment; a new one is made after each change. `hidden`: what rules hide, and how it is treated. */
export class LiveRecord implements Values {
  private readonly known = new Map<string, Outcome>();
  private readonly rowsOf = new Map<string, LiveRow[] | null>();

  constructor(readonly carried: Carried, readonly programs: Programs, readonly page: Page, readonly run: Run,
    readonly hidden: ReadonlyMap<string, Treatment>) {}

  field(key: string): Value {
    let found = this.known.get(key);
    if (!found) {
      this.known.set(key, UNKNOWN);  // a field that needs its own value finds none
      found = this.find(key);
      this.known.set(key, found);
    }
    if (found.unknown) throw new NotInBrowser(found.cause ?? key);
    return found.value;
  }

  /** What a computed field gives. */
  computed(key: string): Outcome {
    try { this.field(key); } catch (error) { if (!(error instanceof NotInBrowser)) throw error; }
    return this.known.get(key) ?? UNKNOWN;
  }

  private find(key: string): Outcome {
    const computed = this.programs.computed.get(key);
    if (computed) return outcomeOf(computed.program, this, this.run, computed.shown);
    const field = this.carried.fields[key];
    if (!field) return UNKNOWN;
    const treatment = this.hidden.get(key);
    if (treatment === 'clear') return NONE;
    if (treatment && this.programs.defaults.has(key) && (treatment === 'recompute' || this.carried.fresh)) return this.byDefault(key);
    if (treatment && this.carried.fresh) return NONE;
    return this.typed(key, field, treatment !== undefined);
  }

  /** What the formula of its default gives. */
  byDefault(key: string): Outcome {
    const { kind, scale } = this.carried.fields[key].value;
    return outcomeOf(this.programs.defaults.get(key)?.program ?? null, this, this.run, { result: kind, scale });
  }

  private typed(key: string, field: Typed, notAsked: boolean): Outcome {
    const raw = notAsked ? undefined : this.page.raw(key);
    try {
      const value = raw === undefined ? this.before(key) : readTyped(field, raw, this.run.zone);
      return { value, scale: field.value.scale ?? 0, unknown: false };
    } catch (error) {
      if (error instanceof NotInBrowser) return UNKNOWN;
      throw error;
    }
  }

  /** The value the record had when the page was made. */
  before(key: string): Value {
    return fromWire(this.carried.values[key], this.carried.fields[key].value);
  }

  blank(key: string): boolean {
    if (key in this.carried.subforms) return !this.related(key).length;
    if (!this.hidden.has(key) && this.carried.fields[key] && !this.programs.computed.has(key)) {
      const raw = this.page.raw(key);
      if (typeof raw === 'string' ? raw.trim() : Array.isArray(raw) && raw.some(each => each.trim())) return false;  // whatever it means, it is not blank
    }
    return nothing(this.field(key));
  }

  path(reference: string, key: string): Value {
    return followed(this.carried.paths, `${reference}.${key}`, this.field(reference.split('.')[0]));
  }

  related(relation: string): readonly Values[] {
    if (this.hidden.get(relation) === 'clear' || (this.hidden.has(relation) && this.carried.fresh)) return [];
    const rows = this.hidden.has(relation) ? null : this.rows(relation);
    if (!rows || rows.some(each => each.unreadable)) throw new NotInBrowser(relation);
    return rows.filter(each => !each.empty);
  }

  /** The rows that stand on the page, empty ones too. */
  rows(subform: string): LiveRow[] | null {
    if (!this.rowsOf.has(subform)) {
      this.rowsOf.set(subform, null);
      const raws = subform in this.carried.subforms && !this.hidden.has(subform) ? this.page.rows(subform) : undefined;
      if (raws) this.rowsOf.set(subform, raws.map((raw, number) => new LiveRow(this, subform, raw, number)));
    }
    return this.rowsOf.get(subform)!;
  }

  name(name: string): Value { throw new NotInBrowser(name); }
}

/** The field of a referenced record, where the page knows that record. */
function followed(paths: Paths, name: string, target: Value): Value {
  if (target === null) return null;
  const known = paths[name];
  if (!known || !(String(target) in known.values)) throw new NotInBrowser(name);
  return fromWire(known.values[String(target)], known.type);
}

/** A row of a sub-form: its own field wins, else the record's. Defaults fill what is blank, then formulas follow one after the other. */
export class LiveRow implements Values {
  private readonly own: Map<string, Outcome>;
  readonly empty: boolean;
  readonly unreadable: boolean;

  constructor(private readonly record: LiveRecord, private readonly subform: string, raws: Record<string, Raw>, number: number) {
    const { fields } = record.carried.subforms[subform];
    const typed = typedIn(raws, fields, record.run.zone);
    this.own = new Map(typed.values);
    this.unreadable = typed.unreadable;
    this.empty = typed.empty;
    const cleared = new Set<string>();
    if (record.hidden.size) {
      for (const key of this.own.keys()) {
        const treatment = record.hidden.get(`${subform}/${number}/${key}`);
        if (treatment) this.own.set(key, NONE);
        if (treatment === 'clear') cleared.add(key);
      }
    }
    this.complete(record.programs.lines.get(subform)!, fields, cleared);
  }

  private complete(lines: { defaults: Ready[]; computed: Ready[] }, fields: Record<string, Typed>, cleared: Set<string>): void {
    for (const { key, program } of lines.defaults) {
      if (cleared.has(key) || (this.own.get(key)?.value ?? null) !== null || this.own.get(key)?.unknown) continue;
      const { kind, scale } = fields[key].value;
      this.own.set(key, outcomeOf(program, this, this.record.run, { result: kind, scale }));
    }
    for (const { key, program, shown } of lines.computed) this.own.set(key, outcomeOf(program, this, this.record.run, shown));
  }

  computed(key: string): Outcome { return this.own.get(key) ?? UNKNOWN; }

  private holds(key: string): boolean {
    const { fields, computed } = this.record.carried.subforms[this.subform];
    return key in fields || computed.some(each => each.key === key);
  }

  field(key: string): Value {
    if (!this.holds(key)) return this.record.field(key);
    const found = this.own.get(key);
    if (found?.unknown) throw new NotInBrowser(found.cause ?? this.subform);
    return found?.value ?? null;
  }

  blank(key: string): boolean {
    return this.holds(key) ? nothing(this.field(key)) : this.record.blank(key);
  }

  path(reference: string, key: string): Value {
    const [first] = reference.split('.');
    if (!this.holds(first)) return this.record.path(reference, key);
    return followed(this.record.carried.paths, `${this.subform}/${reference}.${key}`, this.field(first));
  }

  related(relation: string): readonly Values[] { return this.record.related(relation); }
  name(name: string): Value { throw new NotInBrowser(name); }
}

interface TypedRow { values: Map<string, Outcome>; unreadable: boolean; empty: boolean }
/** What was read of a row is right as long as it is the same row: the page makes a new one when something in it changes. */
const typedRows = new WeakMap<Record<string, Raw>, TypedRow>();

function typedIn(raws: Record<string, Raw>, fields: Record<string, Typed>, zone: string): TypedRow {
  let found = typedRows.get(raws);
  if (!found) {
    const values = new Map<string, Outcome>();
    for (const [key, raw] of Object.entries(raws)) if (fields[key]) values.set(key, read(fields[key], raw, zone));
    const typed = [...values.values()];
    const unreadable = typed.some(each => each.unknown);
    found = { values, unreadable, empty: !unreadable && typed.every(each => nothing(each.value) || each.value === false) };
    typedRows.set(raws, found);
  }
  return found;
}

function read(field: Typed, raw: Raw, zone: string): Outcome {
  try { return { value: readTyped(field, raw, zone), scale: field.value.scale ?? 0, unknown: false }; } catch (error) {
    if (error instanceof NotInBrowser) return UNKNOWN;
    throw error;
  }
}
