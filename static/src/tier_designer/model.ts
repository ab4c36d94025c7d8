// The draft read as a tier model: forgiving, for a draft may hold anything. Only `change` of the frame writes it.
import { computed, signal } from '@preact/signals';
import { fromAddress } from '../designer/frame';
import { at, change, isObject, live, shown, t, type Json, type Path } from '../designer/state';
import { language } from '../base/texts';

export type Thing = { [name: string]: Json };
export type Exception = 'lanes' | 'floors' | 'ceilings' | 'freeze';
export const EXCEPTIONS: readonly Exception[] = ['lanes', 'floors', 'ceilings', 'freeze'];

const things = (value: Json | undefined): Thing[] => Array.isArray(value) ? value.map(each => isObject(each) ? each : {}) : [];
export const listOf = (name: string): Thing[] => things(at([name]));
export const dimensions = computed(() => listOf('dimensions'));
/** Tiers with their place in the definition, the best first. */
export const tiers = computed(() => listOf('tiers').map((value, n) => ({ value, n, from: Number(value.from ?? 0) })).sort((a, b) => b.from - a.from));
export const weightSum = computed(() => dimensions.value.reduce((sum, each) => sum + (Number(each.weight) || 0), 0));

export const nameOf = (value: Thing, n = 0): string => shown(value.label) || String(value.key ?? n + 1);
export const tierName = (key: Json | undefined): string => { const found = listOf('tiers').find(each => each.key === key); return found ? nameOf(found) : String(key ?? ''); };
export const tierColor = (key: Json | undefined): string => String(listOf('tiers').find(each => each.key === key)?.color ?? 'blue');
/** The same thing in the live version, found by its key. */
export const liveOne = (list: string, key: Json | undefined): Thing | null => things(at([list], live.value.body ?? undefined)).find(each => each.key === key) ?? null;

// -- what is selected: "recency" a dimension, "floors/0" an exception, "population" --------------------------------------------------
export const selected = signal(fromAddress('select'));
export const selectedDimension = computed(() => {
  const found = dimensions.value.findIndex(each => each.key === selected.value);
  return found >= 0 ? found : dimensions.value.length ? 0 : -1;
});
export const isException = computed(() => selected.value === 'population' || selected.value === 'provisional' || EXCEPTIONS.some(each => selected.value.startsWith(`${each}/`)));

// -- cuts -----------------------------------------------------------------------------------------------------------------------------
export interface Bands { by: 'cuts' | 'quantiles'; cuts: number[]; count: number; better: 'higher' | 'lower' }

export function bandsOf(dimension: Thing | null | undefined): Bands {
  const bands = dimension && isObject(dimension.bands) ? dimension.bands : {};
  const cuts = Array.isArray(bands.cuts) ? bands.cuts.map(Number) : [];
  const by = bands.by === 'quantiles' ? 'quantiles' : 'cuts';
  return { by, cuts, count: by === 'quantiles' ? Number(bands.count ?? 5) : cuts.length + 1, better: bands.better === 'lower' ? 'lower' : 'higher' };
}

/** The band of a value, 1 the worst; a cut is reached inclusively on the better side. */
export const bandAt = (value: number, cuts: number[], better: string): number =>
  1 + cuts.filter(each => better === 'lower' ? value <= each : value >= each).length;

/** The smallest sensible change of a value within these bounds: 1 for what is counted, finer for what is small. */
export function stepOf(least: number, greatest: number): number {
  const range = Math.abs(greatest - least);
  return range > 12 || !range ? 1 : 10 ** Math.max(-6, Math.floor(Math.log10(range)) - 2);
}

export const rounded = (value: number, step: number): number => Number((Math.round(value / step) * step).toFixed(6));

/** A round number near this one, no finer than what a pixel shows. */
export function roundFor(value: number, perPixel: number, step: number): number {
  const wanted = Math.max(step, perPixel);
  const ten = 10 ** Math.floor(Math.log10(wanted));
  return rounded(value, Math.max(step, [1, 2, 5, 10].map(each => each * ten).find(each => each >= wanted * 0.999) ?? step));
}

/** A cut stays between its neighbours. */
export function between(cuts: number[], n: number, value: number, step: number): number {
  const others = cuts.filter((_, place) => place !== n);
  const below = Math.max(...others.filter(each => each < cuts[n]!), -Infinity);
  const above = Math.min(...others.filter(each => each > cuts[n]!), Infinity);
  return rounded(Math.min(above - step, Math.max(below + step, value)), step);
}

export const cutPath = (n: number, place: number): Path => ['dimensions', n, 'bands', 'cuts', place];

/** Puts a whole row of cuts in, in the order in which this dimension writes them. */
export function setCuts(n: number, cuts: number[]): void {
  const { better } = bandsOf(dimensions.peek()[n]);
  change(['dimensions', n, 'bands'], { by: 'cuts', cuts: [...new Set(cuts)].sort((a, b) => a - b), better });
}

/** A key like this one that the list does not have yet. */
export function freeKey(wanted: string, taken: string[]): string {
  const base = wanted.toLowerCase().replace(/[^a-z0-9\u3400-\u9fff]+/g, '_').replace(/^[_0-9]+|_+$/g, '').slice(0, 36) || 'dimension';
  for (let n = 1; ; n += 1) { const key = n === 1 ? base : `${base}_${n}`; if (!taken.includes(key)) return key; }
}

// -- figures ---------------------------------------------------------------------------------------------------------------------------
const locale = language === 'zh' ? 'zh-CN' : 'en';
export const figure = (n: number): string => n.toLocaleString(locale);
export const share = (part: number, of: number): string => {
  if (!of) return '–';
  const percent = 100 * part / of;
  return `${percent.toLocaleString(locale, { maximumFractionDigits: percent > 0 && percent < 10 ? 1 : 0 })}%`;
};
export const signed = (n: number): string => n > 0 ? `+${figure(n)}` : n < 0 ? `−${figure(-n)}` : '0';

export interface Measured { unit?: string | null; currency?: string | null }
export function amount(value: number, { unit, currency }: Measured, bare = false): string {
  if (currency) return value.toLocaleString(locale, { style: 'currency', currency, currencyDisplay: 'narrowSymbol', maximumFractionDigits: Number.isInteger(value) ? 0 : 2, minimumFractionDigits: 0 });
  const text = value.toLocaleString(locale, { maximumFractionDigits: 4 });
  return unit && !bare ? t('with_unit', { value: text, unit }) : text;
}
