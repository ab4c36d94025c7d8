// Axes of the page's own drawings.
import { figure } from './model';

export const LEFT = 44;
export const RIGHT = 14;
export const BOTTOM = 24;

/** Round numbers from `least` to `greatest`, about as many as wanted. */
export function ticks(least: number, greatest: number, wanted: number): number[] {
  const range = greatest - least;
  if (!(range > 0)) return [least];
  const raw = range / wanted;
  const ten = 10 ** Math.floor(Math.log10(raw));
  const part = raw / ten;
  const step = ten * (part < 1.5 ? 1 : part < 3.5 ? 2 : part < 7.5 ? 5 : 10);
  const first = Math.ceil(least / step - 1e-9) * step;
  const found: number[] = [];
  for (let value = first; value <= greatest + step * 1e-6; value += step) found.push(Number(value.toFixed(8)));
  return found;
}

/** The round number at which a scale of counts ends, so that the tallest bar stays below it. */
export function roundTop(most: number): number {
  const found = ticks(0, Math.max(4, most), 4);
  const step = found[1]! - found[0]!;
  return Math.ceil(Math.max(4, most) / step) * step;
}

/** Lines and numbers at the left: counts from 0 to `most`. */
export function CountAxis({ most, top, bottom, width }: { most: number; top: number; bottom: number; width: number }) {
  return <>{ticks(0, most, 4).filter(Number.isInteger).map(each => {
    const y = bottom - (bottom - top) * each / (most || 1);
    return <g key={each}><line class="td-grid" x1={LEFT} x2={width - RIGHT} y1={y} y2={y} /><text class="td-tick" x={LEFT - 6} y={y + 4} text-anchor="end">{figure(each)}</text></g>;
  })}</>;
}
