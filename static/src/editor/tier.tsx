// The page of a tier model: weights, cuts and borders in tables, and beside them who would move if this were published now.
import { signal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { send } from '../base/http';
import { Icon } from './icon';
import { ChoiceInput, NumberInput, Problems, titleOf } from './fields';
import { at, body, change, given, isObject, live, shown, t, type Json, type Path } from './state';

interface Tier { tier: string | null; label: string; color: string; rank: number; now: number; then: number }
interface Impact { population: number; sampled: number; margin: number; up: number; down: number; changed: number; sentence: string; tiers: Tier[]; matrix: number[][] }

const impact = signal<Impact | null>(null);
const state = signal<'waiting' | 'there' | 'faulty' | 'failed'>('waiting');
const reason = signal('');
let asking: AbortController | null = null;
const figure = (n: number): string => n.toLocaleString('en');

async function ask(draft: Json): Promise<void> {
  asking?.abort();
  asking = new AbortController();
  const mine = asking;
  try {
    const found = await send<Impact | { problems: unknown[] }>('POST', `${given.here}/impact`, { body: draft });
    if (mine.signal.aborted) return;
    if ('problems' in found) {
      state.value = 'faulty';
      return;
    }
    impact.value = found;
    state.value = 'there';
  } catch (error) {
    if (mine.signal.aborted) return;
    state.value = 'failed';
    reason.value = error instanceof Error ? error.message : '';
  }
}

/** Asks again once ratings have been written. */
export const askAgain = (): void => { state.value = 'waiting'; void ask(body.peek()); };

export function ImpactPanel() {
  const draft = body.value;
  useEffect(() => {
    state.value = 'waiting';
    const timer = setTimeout(() => void ask(draft), impact.peek() ? 350 : 0);
    return () => clearTimeout(timer);
  }, [draft]);
  const found = impact.value;
  return <section class={`card tb-impact${state.value === 'there' ? '' : ' tb-old'}`} aria-labelledby="impact-title" aria-busy={state.value === 'waiting'}>
    <div class="card-header"><h2 id="impact-title">{t('impact_title')}</h2>{state.value === 'waiting' && <span class="tl-quiet tl-meta">{t('impact_wait')}</span>}</div>
    <div class="card-body">
      {state.value === 'faulty' && <div class="tl-note tl-note-care"><Icon name="alert-triangle" /><div>{t('impact_faulty')}</div></div>}
      {state.value === 'failed' && <div class="tl-note tl-note-bad"><Icon name="alert-circle" /><div>{reason.value}</div></div>}
      {found && <>
        <p class="tb-sentence" role="status"><b>{found.sentence}</b></p>
        <table class="table table-dense"><thead><tr><th scope="col">{t('tier')}</th><th class="tl-num" scope="col">{t('now')}</th><th class="tl-num" scope="col">{t('then')}</th><th class="tl-num" scope="col">{t('difference')}</th></tr></thead>
          <tbody>{found.tiers.filter(each => each.tier !== null || each.now || each.then).map(each => <tr key={each.tier ?? ''} data-tier={each.tier ?? ''}>
            <th scope="row"><TierName tier={each} count={found.tiers.length - 1} /></th><td class="tl-num tl-quiet">{figure(each.now)}</td><td class="tl-num"><b>{figure(each.then)}</b></td><td class="tl-num"><Change by={each.then - each.now} /></td></tr>)}</tbody></table>
        {found.changed > 0 && <Matrix found={found} />}
        <p class="tl-meta tl-quiet mb-0">{found.margin ? t('impact_sample', { sampled: figure(found.sampled), population: figure(found.population), margin: found.margin }) : t('impact_all', { population: figure(found.population) })}</p>
      </>}
    </div>
  </section>;
}

const Change = ({ by }: { by: number }) => by === 0 ? <span class="tl-quiet">·</span> : <span class={by > 0 ? 'tl-good' : 'tl-bad'}>{by > 0 ? '+' : '−'}{figure(Math.abs(by))}</span>;

function TierName({ tier, count }: { tier: { label: string; color: string; rank: number }; count: number }) {
  if (!tier.rank) return <span class="tl-quiet">{tier.label}</span>;
  return <span class={`tl-tier tier-${tier.color}`}><svg class="tl-rungs" width="14" height="14" viewBox="0 0 14 14" aria-hidden="true">
    {Array.from({ length: Math.max(count, tier.rank) }, (_, n) => { const step = 14 / Math.max(count, tier.rank); return <rect x="1" y={14 - (n + 1) * step + 0.6} width="12" height={Math.max(1, step - 1.2)} rx="0.8" class={n < tier.rank ? 'tb-rung-on' : 'tb-rung-off'} key={n} />; })}
  </svg>{tier.label}</span>;
}

function Matrix({ found }: { found: Impact }) {
  const some = found.tiers.map((each, n) => ({ each, n })).filter(({ each }) => each.now || each.then);
  return <div class="table-scroll"><table class="table table-dense tb-matrix"><caption class="tl-meta tl-quiet">{t('matrix')}</caption>
    <thead><tr><th scope="col"><span class="visually-hidden">{t('now')}</span></th>{some.map(({ each }) => <th class="tl-num" scope="col" key={each.tier}>{each.label}</th>)}</tr></thead>
    <tbody>{some.map(({ each, n }) => <tr key={each.tier}><th scope="row">{each.label}</th>{some.map(({ each: then, n: m }) => {
      const count = found.matrix[n]?.[m] ?? 0;
      return <td class={`tl-num${n === m || !count ? '' : then.rank > each.rank ? ' tb-up' : ' tb-down'}`} key={then.tier}>{count ? figure(count) : <span class="tl-quiet">·</span>}</td>;
    })}</tr>)}</tbody></table></div>;
}

// -- what is set ----------------------------------------------------------------------------------------------------------------
/** What the live version says at this place, where that is something else. */
function Was({ path, from }: { path: Path; from: Json | undefined }) {
  const value = at(path);
  if (from === undefined || from === null || JSON.stringify(from) === JSON.stringify(value)) return null;
  return <span class="tl-meta tl-quiet tb-was">{t('was', { value: Array.isArray(from) ? from.join(', ') : String(from) })}</span>;
}

/** The same thing in the live version, found by its key. */
function liveOne(list: string, key: Json | undefined): { [name: string]: Json } | null {
  const all = at([list], live.value.body ?? undefined);
  return Array.isArray(all) ? all.filter(isObject).find(each => each.key === key) ?? null : null;
}

export function TierPanel() {
  const dimensions = at(['dimensions']);
  const tiers = at(['tiers']);
  const weights = Array.isArray(dimensions) ? dimensions.map(each => isObject(each) ? Number(each.weight) : NaN) : [];
  const sum = weights.reduce((all, each) => all + each, 0);
  return <div class="tb-model">
    <section class="card" aria-labelledby="dimensions-title"><div class="card-header"><h2 id="dimensions-title">{titleOf('dimensions')}</h2>{Number.isFinite(sum) && <span class={`tl-meta ${sum === 100 ? 'tl-quiet' : 'tl-care'}`}>{t('weight_sum', { sum: Math.round(sum * 10_000) / 10_000 })}</span>}</div>
      <div class="card-body"><Problems path={['dimensions']} />{Array.isArray(dimensions) && dimensions.map((each, n) => isObject(each) && <Dimension n={n} value={each} key={String(each.key ?? n)} />)}</div></section>
    <section class="card" aria-labelledby="tiers-title"><div class="card-header"><h2 id="tiers-title">{titleOf('tiers')}</h2></div>
      <div class="card-body"><Problems path={['tiers']} />
        {Array.isArray(tiers) && tiers.map((each, n) => isObject(each) && <Border n={n} value={each} tiers={tiers} key={String(each.key ?? n)} />)}</div></section>
  </div>;
}

function Dimension({ n, value }: { n: number; value: { [name: string]: Json } }) {
  const path: Path = ['dimensions', n];
  const was = liveOne('dimensions', value.key);
  const bands = isObject(value.bands) ? value.bands : {};
  const cuts = Array.isArray(bands.cuts) ? bands.cuts : null;
  const wasBands = was && isObject(was.bands) ? was.bands : null;
  const name = shown(value.label) || String(value.key ?? n + 1);
  return <div class="tb-dimension" role="group" aria-label={name}>
    <div class="tb-dimension-head"><b class="tl-cut">{name}</b><span class="tb-formula-line tl-cut tl-meta tl-quiet" title={String(value.value ?? '')}>{String(value.value ?? '')}</span></div>
    <div class="tb-dimension-row">
      <label class="tb-named"><span>{t('weight')}</span><NumberInput path={[...path, 'weight']} label={`${name}: ${t('weight')}`} small /></label>
      <label class="tb-named"><span>{t('better')}</span><ChoiceInput path={[...path, 'bands', 'better']} values={['higher', 'lower']} fallback="higher" plain label={`${name}: ${t('better')}`} /></label>
      <label class="tb-named"><span>{t('missing')}</span><ChoiceInput path={[...path, 'missing']} values={['worst', 'neutral', 'leave_out']} fallback="worst" plain label={`${name}: ${t('missing')}`} /></label>
      <Was path={[...path, 'weight']} from={was?.weight} />
    </div>
    {cuts ? <div class="tb-cuts"><span class="tl-meta tl-second">{t('cuts')}</span>
      <div class="tb-cut-row">{cuts.map((_, place) => <span class="tb-cut" key={place}>{place > 0 && <span class="tl-quiet" aria-hidden="true">·</span>}<NumberInput path={[...path, 'bands', 'cuts', place]} label={t('cut_n', { name, n: place + 1 })} small /></span>)}
        <button class="btn btn-sm btn-ghost btn-icon" type="button" aria-label={`${name}: ${t('add_cut')}`} title={t('add_cut')} onClick={() => change([...path, 'bands', 'cuts'], [...cuts, nextCut(cuts)])}><Icon name="plus" /></button>
        {cuts.length > 1 && <button class="btn btn-sm btn-ghost btn-icon" type="button" aria-label={`${name}: ${t('remove_cut')}`} title={t('remove_cut')} onClick={() => change([...path, 'bands', 'cuts'], cuts.slice(0, -1))}><Icon name="minus" /></button>}
        <Was path={[...path, 'bands', 'cuts']} from={wasBands?.cuts} /></div></div>
      : <p class="tl-meta tl-quiet mb-0">{t('quantiles', { count: Number(bands.count ?? 5) })}</p>}
    {['', '/weight', '/missing', '/bands', '/bands/better', '/bands/cuts', ...(cuts ?? []).map((_, place) => `/bands/cuts/${place}`)].map(each => <Problems path={`${path.join('/')}${each}`.split('/')} key={each} />)}
  </div>;
}

/** One step further in the same direction. */
function nextCut(cuts: Json[]): number {
  const [a, b] = [Number(cuts.at(-2) ?? 0), Number(cuts.at(-1) ?? 0)];
  return Number.isFinite(a) && Number.isFinite(b) ? b + (b - a || 1) : 0;
}

function Border({ n, value, tiers }: { n: number; value: { [name: string]: Json }; tiers: Json[] }) {
  const path: Path = ['tiers', n];
  const was = liveOne('tiers', value.key);
  const name = shown(value.label) || String(value.key ?? n + 1);
  const rank = 1 + tiers.filter(each => isObject(each) && Number(each.from) < Number(value.from)).length;
  return <div class="tb-border" role="group" aria-label={name}>
    <TierName tier={{ label: name, color: String(value.color ?? 'blue'), rank }} count={tiers.length} />
    <label class="tb-named"><span>{t('from')}</span><NumberInput path={[...path, 'from']} label={`${name}: ${t('from')}`} small /></label>
    <label class="tb-named"><span>{t('keep_from')}</span><NumberInput path={[...path, 'keep_from']} label={`${name}: ${t('keep_from')}`} placeholder={String(value.from ?? '')} small /></label>
    <Was path={[...path, 'from']} from={was?.from} /><Was path={[...path, 'keep_from']} from={was?.keep_from} />
    {['from', 'keep_from'].map(each => <Problems path={[...path, each]} key={each} />)}
  </div>;
}
