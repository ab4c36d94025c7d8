// How a dimension is spread over all real customers, behind its cuts.
import { useRef } from 'preact/hooks';
import { change, t } from '../designer/state';
import { BOTTOM, CountAxis, LEFT, RIGHT, roundTop, ticks } from './axes';
import { DrawnKnobs, flagLines, useKnobs, type Knob } from './knobs';
import { amount, bandAt, between, cutPath, figure, roundFor, setCuts, stepOf, type Bands } from './model';
import { useWidth } from './parts';
import type { Distribution } from './server';

const PLOT = 150;
const TAIL = 40;

interface Scale { x: (value: number) => number; value: (x: number) => number; perPixel: number; least: number; greatest: number; first: number; last: number; begin: number; end: number }

/** Values on the width; what lies far out is one bar at each end. */
export function scaleOf(found: Distribution, width: number): Scale {
  const known = [...found.cuts, ...(found.was ?? [])];
  const { head, tail } = found;
  const first = Math.min(found.bins[0]!.from, ...(head ? [] : known.filter(each => !tail || each < tail.from)));
  const last = Math.max(found.bins.at(-1)!.to, ...(tail ? [] : known.filter(each => !head || each >= head.to)));
  const least = Math.min(found.least ?? first, first, ...known);
  const greatest = Math.max(found.greatest ?? last, last, ...known);
  const begin = LEFT + (head ? TAIL : 0);
  const end = width - RIGHT - (tail ? TAIL : 0);
  const perPixel = (last - first) / Math.max(1, end - begin) || 1;
  const [below, beyond] = [first - least || 1, greatest - last || 1];
  return {
    perPixel, least, greatest, first, last, begin, end,
    x: value => value < first && head ? begin - 6 - (TAIL - 6) * Math.min(1, (first - value) / below) : value > last && tail ? end + 6 + (TAIL - 6) * Math.min(1, (value - last) / beyond)
      : begin + (Math.min(Math.max(value, first), last) - first) / perPixel,
    value: x => x < begin && head ? Math.max(least, first - below * Math.max(0, begin - 6 - x) / (TAIL - 6)) : x > end && tail ? Math.min(greatest, last + beyond * Math.max(0, x - end - 6) / (TAIL - 6))
      : Math.min(last, Math.max(first, first + (x - begin) * perPixel)),
  };
}

/** How many would be in each band by the bars alone: exact where a cut is the edge of a bar. */
export function estimated(found: Distribution, cuts: number[], better: string): Map<number, number> {
  const counts = new Map<number, number>();
  const add = (band: number, count: number) => counts.set(band, (counts.get(band) ?? 0) + count);
  for (const bin of found.bins) {
    for (const [from, to] of pieces(bin.from, bin.to, cuts)) add(bandAt((from + to) / 2, cuts, better), bin.to > bin.from ? bin.count * (to - from) / (bin.to - bin.from) : bin.count);
  }
  if (found.head) add(bandAt(((found.least ?? found.head.to) + found.head.to) / 2, cuts, better), found.head.count);
  if (found.tail) add(bandAt(((found.greatest ?? found.tail.from) + found.tail.from) / 2, cuts, better), found.tail.count);
  return new Map([...counts].map(([band, count]) => [band, Math.round(count)]));
}

/** A bar in pieces, split where a cut goes through it. */
function pieces(from: number, to: number, cuts: number[]): [number, number][] {
  const edges = [from, ...cuts.filter(each => each > from && each < to).sort((a, b) => a - b), to];
  return edges.slice(1).map((each, n) => [edges[n]!, each]);
}

/** The best band is the darkest of five shades. */
const shade = (band: number, count: number): number => count < 2 ? 5 : Math.round(1 + 4 * (band - 1) / (count - 1));

interface Props { found: Distribution; n: number; bands: Bands; name: string }

export function Histogram({ found, n, bands, name }: Props) {
  const [place, width] = useWidth();
  return <div class="td-chart" ref={place}>{width > 120 && found.bins.length > 0 && <Drawing found={found} n={n} bands={bands} name={name} width={width} />}</div>;
}

function Drawing({ found, n, bands, name, width }: Props & { width: number }) {
  const drawing = useRef<SVGSVGElement>(null);
  const scale = scaleOf(found, width);
  const byHand = bands.by === 'cuts';
  const cuts = byHand ? bands.cuts : found.cuts;
  const step = found.whole ? 1 : stepOf(scale.first, scale.last);
  const was = found.was ?? [];
  const knobs: Knob[] = [
    ...was.filter(each => !cuts.includes(each)).map((each): Knob => ({ key: `old-${each}`, value: each, x: scale.x(each), label: '', text: t('cut_old', { value: amount(each, found, true) }), least: 0, greatest: 0, kind: 'old' })),
    ...cuts.map((each, at): Knob => ({ key: String(at), value: each, x: scale.x(each), label: t('cut_n', { name, n: at + 1 }), text: amount(each, found), least: scale.least, greatest: scale.greatest, kind: was.length && !was.includes(each) ? 'moved' : 'cut', fixed: !byHand })),
  ];
  const { dragged, on, keys } = useKnobs(drawing, knobs, {
    step, valueAt: x => roundFor(scale.value(x), scale.perPixel, step),
    move: (key, value, grip) => change(cutPath(n, Number(key)), between(bands.cuts, Number(key), value, step), grip),
    type: key => { const box = document.getElementById(`f-${cutPath(n, Number(key)).join('/')}`) as HTMLInputElement | null; box?.focus(); box?.select(); },
    remove: bands.cuts.length > 1 ? key => setCuts(n, bands.cuts.filter((_, at) => at !== Number(key))) : undefined,
  });
  const top = 8 + 22 * (1 + Math.max(0, ...flagLines(knobs).values()));
  const bottom = top + PLOT;
  const most = roundTop(Math.max(1, found.head?.count ?? 0, found.tail?.count ?? 0, ...found.bins.map(each => each.count)));
  const height = (count: number) => count ? Math.max(1, (bottom - top) * count / most) : 0;
  const { begin, end } = scale;
  const far = (each: { count: number }, x: number, value: number) => <rect class={`td-tail tl-fill-stripe-${shade(bandAt(value, cuts, bands.better), cuts.length + 1)}`} x={x} y={bottom - height(each.count)} width={TAIL - 6} height={height(each.count)} />;
  return <svg class="td-drawing" ref={drawing} width={width} height={bottom + BOTTOM} role="group" aria-label={t('histogram_of', { name, count: figure(found.population) })} {...on}>
    <rect class="td-ground" width={width} height={bottom + BOTTOM} />
    <CountAxis most={most} top={top} bottom={bottom} width={width} />
    {found.bins.map(bin => pieces(bin.from, bin.to, cuts).map(([from, to], at, all) => {
      const left = scale.x(from) + (at === 0 ? 0.5 : 0);
      const right = scale.x(to) - (at === all.length - 1 ? 0.5 : 0);
      return <rect class={`tl-fill-stripe-${shade(bandAt((from + to) / 2, cuts, bands.better), cuts.length + 1)}`} x={left} y={bottom - height(bin.count)} width={Math.max(0.5, right - left)} height={height(bin.count)} key={from} />;
    }))}
    {found.head && <>{far(found.head, LEFT, found.least ?? found.head.to)}<text class="td-tick" x={LEFT} y={bottom + 16}>{'<'} {amount(found.head.to, found, true)}</text></>}
    {found.tail && <>{far(found.tail, end + 6, found.greatest ?? found.tail.from)}<text class="td-tick" x={width - RIGHT} y={bottom + 16} text-anchor="end">{amount(found.tail.from, found, true)}+</text></>}
    <line class="td-axis" x1={LEFT} x2={width - RIGHT} y1={bottom} y2={bottom} />
    {ticks(scale.first, scale.last, Math.max(2, Math.floor((end - begin) / 72))).filter(each => (!found.tail || scale.x(each) < end - 24) && (!found.head || scale.x(each) > begin + 24)).map(each => <text class="td-tick" x={scale.x(each)} y={bottom + 16} text-anchor="middle" key={each}>{amount(each, found, true)}</text>)}
    <DrawnKnobs knobs={knobs} top={top} bottom={bottom} width={width} dragged={dragged} keys={keys} />
  </svg>;
}

/** The same as a table. */
export function HistogramTable({ found, unit }: { found: Distribution; unit: string }) {
  return <div class="table-scroll td-long" tabIndex={0} role="region" aria-label={t('table')}><table class="table table-dense"><thead><tr><th scope="col">{unit}</th><th class="tl-num" scope="col">{t('customers')}</th></tr></thead>
    <tbody>{found.head && <tr><th scope="row">{'<'} {amount(found.head.to, found, true)}</th><td class="tl-num">{figure(found.head.count)}</td></tr>}
      {found.bins.map(each => <tr key={each.from}><th scope="row">{amount(each.from, found, true)} – {amount(each.to, found, true)}</th><td class="tl-num">{figure(each.count)}</td></tr>)}
      {found.tail && <tr><th scope="row">{amount(found.tail.from, found, true)}+</th><td class="tl-num">{figure(found.tail.count)}</td></tr>}
      {found.missing > 0 && <tr><th scope="row">{t('missing_value')}</th><td class="tl-num">{figure(found.missing)}</td></tr>}</tbody></table></div>;
}
