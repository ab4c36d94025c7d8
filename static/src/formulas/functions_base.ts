// What every function of the browser says of itself: how a call of it becomes a part of a formula.
import { type Call, type Part, type Value } from './values';

/** `given` are the arguments, ready to run. */
export type Builder = (call: Call, given: Part[]) => Part;
export type Shelf = Record<string, Builder>;

/** An aggregate over rows: `over` has at least one value, none of them blank, in the scale of `value` (null where rows are counted). */
export interface Aggregating {
  scale(value: Part | null): number;
  over(values: Value[], value: Part | null, argument?: Part): Value;
  nothing: Value;
  /** It adds up value by value and needs no list of them. */
  add?: (total: bigint, value: Value) => bigint;
  ordered?: 'first' | 'last';
  /** It takes a constant after the value, and not a list of plain values. */
  argument?: boolean;
}
