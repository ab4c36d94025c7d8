// The chosen dimension: its spread over real customers behind the cuts, its bands, and how it is measured.
import { useState } from 'preact/hooks';
import { ChoiceInput, NumberInput, moveEntry, removeEntry, Value, wordOf } from '../designer/fields';
import { Icon } from '../designer/icon';
import { resolve, shapeOf } from '../designer/schema';
import { change, given, isObject, t, type Path, type Schema } from '../designer/state';
import { BandTable } from './bands';
import { openCorrelation } from './correlation';
import { Histogram, HistogramTable } from './histogram';
import { bandsOf, dimensions, figure, freeKey, liveOne, nameOf, selected, setCuts, stepOf, type Bands, type Thing } from './model';
import { Card, ChartOrTable, dimmed, Faults, Segment, Standing, Waiting, Warnings } from './parts';
import { openProposals, ProposalsDialog } from './proposals';
import { distribution, type Distribution } from './server';

/** Shape and requiredness of one setting of a dimension, from the schema. */
const setting = (name: string): Schema => (resolve({ $ref: '#/$defs/Dimension' }).properties as Record<string, Schema>)[name] ?? {};

export function DimensionCard({ n }: { n: number }) {
  const value = dimensions.value[n]!;
  const [view, setView] = useState<'chart' | 'table'>('chart');
  const bands = bandsOf(value);
  const found = distribution.found.value?.dimension === value.key ? distribution.found.value : null;
  const name = nameOf(value, n);
  const was = liveOne('dimensions', value.key);
  const unit = found?.currency ? t('amount') : found?.unit || t('value');
  const path: Path = ['dimensions', n];
  const faults = ['bands', 'bands/by', 'bands/cuts', 'bands/count', 'bands/better', 'key', ...bands.cuts.map((_, place) => `bands/cuts/${place}`)];
  return <Card id="dimension-title" class="td-dimension" title={name} about={<>{unit}{bands.better === 'lower' ? t('lower_better') : t('higher_better')}</>}
    tools={<><Segment label={t('bands')} now={bands.by} choices={[['cuts', t('by_hand')], ['quantiles', t('by_quantiles')]]} choose={by => turn(n, bands, by, found)} />
      <button class="btn btn-sm" type="button" onClick={openProposals}><Icon name="wand" />{t('suggest')}</button><ChartOrTable now={view} choose={setView} /></>}>
    <Standing of={distribution} quiet={!!found} />
    <div class={`td-figures${dimmed(distribution)}`} aria-busy={distribution.state.value === 'waiting'}>
      {found?.sentence ? <div class="tl-empty tl-empty-small"><Icon name="chart-histogram" /><p>{found.sentence}</p></div>
        : found ? view === 'chart' ? <><Histogram found={found} n={n} bands={bands} name={name} /><p class="td-caption tl-meta tl-quiet">{[found.head?.sentence, found.tail?.sentence, found.missing ? t('missing_count', { n: figure(found.missing) }) : ''].filter(Boolean).join(' · ')}</p></> : <HistogramTable found={found} unit={unit} />
        : distribution.state.value === 'waiting' ? <Waiting lines={7} /> : null}
    </div>
    <BandTable n={n} bands={bands} was={was} found={found} name={name} />
    <Faults at={path} names={faults} />
    <Warnings fits={place => place === `dimensions/${n}` || place.startsWith(`dimensions/${n}/`)}>{code => code === 'alike' && <button class="btn-link-plain" type="button" onClick={openCorrelation}>{t('see_correlation')}</button>}</Warnings>
    <Faults at={path} names={['missing', 'weight']} />
    <Measured n={n} value={value} bands={bands} found={found} />
    <ProposalsDialog n={n} />
  </Card>;
}

/** Cuts by hand begin where the quantiles lie now; quantiles keep the number of bands. */
function turn(n: number, bands: Bands, by: 'cuts' | 'quantiles', found: Distribution | null): void {
  if (by === 'quantiles') { change(['dimensions', n, 'bands'], { by, count: Math.max(2, bands.cuts.length + 1), better: bands.better }); return; }
  setCuts(n, found?.cuts.length ? found.cuts : Array.from({ length: Math.max(1, bands.count - 1) }, (_, place) => place + 1));
}

function BandCount({ n, bands, found }: { n: number; bands: Bands; found: Distribution | null }) {
  if (bands.by === 'quantiles') return <NumberInput path={['dimensions', n, 'bands', 'count']} label={t('band_count')} small />;
  const less = () => setCuts(n, bands.cuts.filter((_, place) => place !== bands.cuts.length - 1));
  return <span class="td-stepper"><button class="btn btn-sm btn-icon" type="button" disabled={bands.cuts.length < 2} aria-label={t('remove_cut')} title={t('remove_cut')} onClick={less}><Icon name="minus" /></button>
    <b>{bands.cuts.length + 1}</b><button class="btn btn-sm btn-icon" type="button" disabled={bands.cuts.length > 18} aria-label={t('add_cut')} title={t('add_cut')} onClick={() => setCuts(n, [...bands.cuts, nextCut(bands.cuts, found)])}><Icon name="plus" /></button></span>;
}

/** One more cut, in the middle of the widest band that real values fill. */
function nextCut(cuts: number[], found: Distribution | null): number {
  const sorted = [...cuts].sort((a, b) => a - b);
  const last = sorted.at(-1) ?? 0;
  const edges = found?.bins.length ? [Math.min(found.bins[0]!.from, sorted[0]!), ...sorted, Math.max(found.bins.at(-1)!.to, last)] : [sorted[0] ?? 0, ...sorted, last + (last - (sorted.at(-2) ?? 0) || 2) * 2];
  const widest = edges.slice(1).map((each, n) => ({ from: edges[n]!, to: each })).sort((a, b) => b.to - b.from - (a.to - a.from))[0]!;
  const step = stepOf(edges[0]!, edges.at(-1)!);
  const middle = Math.round((widest.from + widest.to) / 2 / step) * step;
  return cuts.includes(middle) ? last + step : middle;
}

/** Name, formula, direction and what counts as missing: needed seldom, so one click away; said in one line. */
function Measured({ n, value, bands, found }: { n: number; value: Thing; bands: Bands; found: Distribution | null }) {
  const path: Path = ['dimensions', n];
  const [isOpen, setOpen] = useState(!value.value);
  const one = (name: string, required: boolean) => <Value path={[...path, name]} name={name} shape={shapeOf(setting(name))} required={required} />;
  const all = dimensions.value;
  const remove = () => { removeEntry(['dimensions'], n); selected.value = String(all[n === 0 ? 1 : n - 1]?.key ?? ''); };
  const copy = () => {
    const key = freeKey(String(value.key ?? ''), all.map(each => String(each.key)));
    change(['dimensions'], [...all.slice(0, n + 1), { ...value, key, label: isObject(value.label) ? value.label : nameOf(value, n) }, ...all.slice(n + 1)]);
    selected.value = key;
  };
  return <details class="td-measured" open={isOpen} onToggle={event => setOpen(event.currentTarget.open)}>
    <summary><Icon name="math-function" /><span class="td-formula tl-cut">{String(value.value ?? '') || t('no_formula')}</span><span class="tl-meta tl-quiet td-missing">{t('missing')}: {wordOf(value.missing ?? 'worst')}</span><span class="tl-accent">{t('change')}</span></summary>
    {isOpen && <div class="td-measured-body"><div class="td-settings">
        <span class="tb-named" role="group" aria-label={t('band_count')}><span>{t('band_count')}</span><BandCount n={n} bands={bands} found={found} /></span>
        <label class="tb-named"><span>{t('better')}</span><ChoiceInput path={[...path, 'bands', 'better']} values={['higher', 'lower']} fallback="higher" plain label={`${nameOf(value, n)}: ${t('better')}`} /></label>
        <label class="tb-named"><span>{t('missing')}</span><ChoiceInput path={[...path, 'missing']} values={['worst', 'neutral', 'leave_out']} fallback="worst" plain label={`${nameOf(value, n)}: ${t('missing')}`} /></label></div>
      {one('label', true)}{one('value', true)}{one('missing_when', false)}
      <div class="tl-row-wrap"><span class="tl-meta tl-quiet">{given.settings.key}: <span class="tb-key">{String(value.key ?? '')}</span></span>
        <span class="tl-push tl-row-wrap"><button class="btn btn-sm" type="button" disabled={n === 0} onClick={() => moveEntry(['dimensions'], n, n - 1)}><Icon name="arrow-up" />{t('up')}</button>
          <button class="btn btn-sm" type="button" disabled={n === all.length - 1} onClick={() => moveEntry(['dimensions'], n, n + 1)}><Icon name="arrow-down" />{t('down')}</button>
          <button class="btn btn-sm" type="button" onClick={copy}><Icon name="copy" />{t('duplicate')}</button>
          <button class="btn btn-sm btn-quiet-danger" type="button" onClick={remove}><Icon name="trash" />{t('remove')}</button></span></div></div>}
  </details>;
}

