// The bands of a dimension as a table: what they mean, where they are cut (typed here), how many customers each has now and before.
import { NumberInput } from '../designer/fields';
import { t, wide } from '../designer/state';
import { estimated } from './histogram';
import { amount, bandAt, bandsOf, cutPath, figure, signed, type Bands, type Thing } from './model';
import { Was } from './parts';
import { distribution, held, type Distribution } from './server';

interface Props { n: number; bands: Bands; was: Thing | null; found: Distribution | null; name: string }

const lastKnown = new Map<string, boolean>();

/** Whether the cuts of a dimension fall; while a number is half typed they do neither, and no cell may change its place. */
function falls(name: string, cuts: number[]): boolean {
  const steps = cuts.slice(1).map((each, n) => Math.sign(each - cuts[n]!));
  if (steps.every(each => each > 0)) lastKnown.set(name, false);
  else if (steps.every(each => each < 0)) lastKnown.set(name, true);
  return lastKnown.get(name) ?? false;
}

/** From the best band down: the cut at its inner side, as an index of the definition's own order; the worst has none. */
function inner(name: string, bands: Bands): number[] {
  const order = bands.cuts.map((_, place) => place);
  return falls(name, bands.cuts) === (bands.better === 'lower') ? order.reverse() : order;
}

export function BandTable({ n, bands, was, found, name }: Props) {
  const byHand = bands.by === 'cuts';
  const cuts = byHand ? bands.cuts : found?.cuts ?? [];
  const count = byHand ? cuts.length + 1 : bands.count;
  const all = Array.from({ length: count }, (_, place) => count - place);
  const order = byHand ? inner(name, bands) : [];
  const wasBands = bandsOf(was);
  const wasCuts = wasBands.by === 'cuts' && wasBands.cuts.length === cuts.length ? wasBands.cuts : null;
  const stale = held.value || distribution.state.value === 'waiting';
  const now = found ? stale && byHand ? estimated(found, cuts, bands.better) : new Map(found.bands.map(each => [each.band, each.count])) : new Map<number, number>();
  const before = new Map(found?.bands.map(each => [each.band, each.was]) ?? []);
  const lower = bands.better === 'lower';
  const value = (band: number) => {
    const place = count - band;
    if (!byHand) return found && quantileText(found, band);
    if (place === count - 1) return <>{lower ? '>' : '<'} {amount(cuts[order.at(-1)!] ?? NaN, found ?? {}, true)}</>;
    const path = cutPath(n, order[place]!);
    return <><span class="td-cell">{lower ? '≤' : '≥'}<NumberInput path={path} label={t('cut_n', { name, n: order[place]! + 1 })} small /></span>{wasCuts && <Was path={path} from={wasCuts[order[place]!]} />}</>;
  };
  const customers = (band: number) => {
    const then = now.get(band);
    const earlier = before.get(band);
    if (then === undefined) return found ? '0' : '…';
    return <>{stale && byHand ? '≈ ' : ''}{figure(then)}{earlier !== null && earlier !== undefined && earlier !== then && <span class="td-by">{signed(then - earlier)}</span>}</>;
  };
  const title = (band: number) => band === count ? t('band_best', { n: band }) : t('band_n', { n: band });
  const unit = found?.currency ? t('amount') : found?.unit || t('value');
  if (!wide.value || count > 7) {
    return <div class="td-bands"><table class="table table-dense"><thead><tr><th scope="col">{t('band')}</th><th class="tl-num" scope="col">{unit}</th><th class="tl-num" scope="col">{t('customers')}</th></tr></thead>
      <tbody>{all.map(band => <tr key={band}><th scope="row">{title(band)}</th><td class="tl-num">{value(band)}</td><td class={`tl-num${stale ? ' td-old' : ''}`}>{customers(band)}</td></tr>)}</tbody></table></div>;
  }
  return <div class="table-scroll td-bands"><table class="table table-dense">
    <thead><tr><th scope="col">{t('band')}</th>{all.map(band => <th class="tl-num" scope="col" key={band}>{title(band)}</th>)}</tr></thead>
    <tbody><tr><th scope="row">{unit}</th>{all.map(band => <td class="tl-num" key={band}>{value(band)}</td>)}</tr>
      <tr class={stale ? 'td-old' : ''}><th scope="row">{t('customers')}</th>{all.map(band => <td class="tl-num" key={band}>{customers(band)}</td>)}</tr></tbody></table></div>;
}

function quantileText(found: Distribution, band: number): string {
  const label = found.bands.find(each => each.band === band)?.label;
  if (label) return label;
  const cut = [...found.cuts].find(each => bandAt(each, found.cuts, found.better) === band);
  return cut === undefined ? '–' : amount(cut, found, true);
}
