// The right pane: what the present draft would do. Counts, who moves, work, revenue, the biggest movers; every figure leads to names.
import type { ComponentChildren } from 'preact';
import { given, saveNow, saving, t } from '../designer/state';
import { Icon } from '../designer/icon';
import { amount, figure, share, signed } from './model';
import { Change, dimmed, Standing, TierName, Waiting, Warnings } from './parts';
import { counting, day, keepBeside, beside, simulation, stopCounting, type Result, type TierCount } from './server';

interface Days { day: string; label: string }
export const days = (given as unknown as { days: Days[] }).days ?? [];

export function Simulation() {
  const found = simulation.found.value;
  const waiting = simulation.state.value === 'waiting';
  return <section class="td-simulation" aria-labelledby="simulation-title" aria-busy={waiting}>
    <div class="td-right-head"><h2 id="simulation-title">{t('simulation')}</h2><Pace found={found} waiting={waiting} />
      <label class="tl-push td-day"><span class="visually-hidden">{t('reference_day')}</span><select class="form-select" aria-label={t('reference_day')} value={day.value} onChange={event => { day.value = event.currentTarget.value; }}>
        {days.map(each => <option value={each.day} key={each.day}>{each.label}</option>)}{day.value && !days.some(each => each.day === day.value) && <option value={day.value}>{day.value}</option>}</select></label></div>
    <Standing of={simulation} />
    <LongCount />
    {found ? <div class={`td-figures${dimmed(simulation)}`}><Figures found={found} /></div> : waiting && <Waiting lines={9} />}
  </section>;
}

/** How new the figures are, and how exact. */
function Pace({ found, waiting }: { found: Result | null; waiting: boolean }) {
  if (waiting || !found) return waiting ? <span class="tl-pill" role="status">{t('impact_wait')}</span> : null;
  if (found.margin) return <span class="tl-pill tl-pill-care">{t('by_sample')}</span>;
  return <span class="tl-pill tl-pill-good">{t('at_once', { seconds: found.seconds.toFixed(1) })}</span>;
}

/** A count of everybody on its way, its end, or its failure. */
function LongCount() {
  const now = counting.value;
  return <>
    {now && now.state === 'running' && <div class="td-counting" role="status"><span>{now.sentence || t('counting_all')}</span>{now.of > 0 && <span class="tl-quiet">{t('job_progress', { done: figure(now.done), total: figure(now.of) })}</span>}
      <button class="btn btn-sm" type="button" onClick={() => stopCounting()}>{t('cancel')}</button><progress class="tl-progress tl-progress-small" aria-label={t('counting_all')} {...(now.of ? { value: now.done, max: now.of } : {})} /></div>}
    {now && now.state === 'cancelled' && <p class="tl-meta tl-quiet" role="status">{t('count_cancelled')} <button class="btn-link-plain" type="button" onClick={() => simulation.again()}>{t('count_again')}</button></p>}
    {now && now.state === 'failed' && <div class="tl-note tl-note-bad" role="alert"><Icon name="alert-circle" /><div class="tl-grow">{now.sentence || t('count_failed')}</div><button class="btn btn-sm" type="button" onClick={() => simulation.again()}>{t('try_again')}</button></div>}
  </>;
}

function Figures({ found }: { found: Result }) {
  return <>
    <div><p class="td-sentence" role="status">{found.sentence}</p>{found.notes.map(each => <p class="tl-meta tl-second" key={each}>{each}</p>)}</div>
    <Counts found={found} />
    <Moves found={found} />
    <Workload found={found} />
    <Revenue found={found} />
    <Movers found={found} />
  </>;
}

const inUse = (found: Result): TierCount[] => found.tiers.filter(each => each.tier !== null || each.now > 0 || each.then > 0);
const TierBadge = ({ tier }: { tier: TierCount }) => <TierName label={tier.label} color={tier.color} rank={tier.rank} count={tier.of} former={tier.former} />;
/** Better or worse is said only within one ladder; between a former tier and one of the draft there is neither. */
const kindOf = (before: TierCount, after: TierCount): string => before.former !== after.former && after.tier !== null ? 'td-across' : after.rank > before.rank ? 'tb-up' : 'tb-down';

function Counts({ found }: { found: Result }) {
  const other = beside.value ? found.compare : null;
  const all = found.tiers.reduce((sum, each) => sum + each.then, 0);
  return <>
    <table class="table table-dense td-counts"><thead><tr><th scope="col">{t('tier')}</th><th class="tl-num" scope="col">{t('now')}</th>{other && <th class="tl-num" scope="col">{t('kept')}</th>}<th class="tl-num" scope="col">{t('then')}</th><th class="tl-num" scope="col">{t('net')}</th><th scope="col" class="td-share">{t('share')}</th></tr></thead>
      <tbody>{inUse(found).map(each => <tr key={each.tier} data-tier={each.tier ?? ''}><th scope="row"><TierBadge tier={each} /></th>
        <td class="tl-num tl-quiet">{figure(each.now)}</td>{other && <td class="tl-num">{figure(other.tiers.find(one => one.tier === each.tier)?.then ?? 0)}</td>}<td class="tl-num"><b>{figure(each.then)}</b></td><td class="tl-num"><Change by={each.then - each.now} /></td>
        <td class="td-share"><svg class={`tier-${each.color}`} width="40" height="6" aria-hidden="true"><rect class="tl-fill-track" width="40" height="6" rx="3" /><rect class="tl-fill" width={all ? Math.max(each.then ? 2 : 0, 40 * each.then / all) : 0} height="6" rx="3" /></svg><span>{share(each.then, all)}</span></td></tr>)}</tbody></table>
    {beside.value && <p class="tl-meta tl-second td-kept"><Icon name="columns" />{t('kept_beside')} <button class="btn-link-plain" type="button" onClick={() => keepBeside(null)}>{t('kept_drop')}</button></p>}
    <Warnings fits={path => path === 'tiers' || /^tiers\/\d+$/.test(path)} />
  </>;
}

/** A list of names for a cell: from the tier now to the tier then. */
function names(found: Result, before: TierCount, after: TierCount): string {
  const place = new URL(found.movers_url, location.href);
  place.searchParams.set('before', before.tier ?? '-');
  place.searchParams.set('after', after.tier ?? '-');
  return place.pathname + place.search;
}

/** The names are those of the saved draft, so what is not saved yet goes first. */
function follow(event: MouseEvent, address: string): void {
  if (saving.value === 'still' || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
  event.preventDefault();
  void saveNow().then(() => location.assign(address));
}

function Moves({ found }: { found: Result }) {
  const all = found.tiers.map((each, n) => ({ each, n })).filter(({ each }) => each.tier !== null || each.now || each.then);
  // nobody comes into a tier that the draft has not, and none of its new ones has anybody now
  const replaced = all.some(({ each }) => each.former);
  const rows = all.filter(({ each }) => !replaced || each.now > 0);
  const columns = all.filter(({ each }) => !each.former || each.then > 0);
  return <section aria-labelledby="moves-title"><div class="td-right-head"><h3 id="moves-title">{t('who_moves')}</h3><span class="tl-meta tl-quiet">{t('rows_columns')}</span>{found.changed > 0 && <a class="tl-push" href={found.movers_url} onClick={event => follow(event, found.movers_url)}>{t('see_names', { n: figure(found.changed) })}</a>}</div>
    <div class="table-scroll"><table class="table tb-matrix td-matrix"><caption class="visually-hidden">{t('matrix')}</caption>
      <thead><tr><th scope="col"><span class="visually-hidden">{t('now')}</span></th>{columns.map(({ each }) => <th class="tl-num" scope="col" key={each.tier}>{each.label}</th>)}</tr></thead>
      <tbody>{rows.map(({ each, n }) => <tr key={each.tier}><th scope="row"><TierBadge tier={each} /></th>{columns.map(({ each: then, n: m }) => {
        const count = found.matrix[n]?.[m] ?? 0;
        const kind = n === m ? 'td-stay' : !count ? '' : kindOf(each, then);
        return <td class={`tl-num ${kind}`} key={then.tier}>{!count ? <span class="tl-quiet" aria-label="0">·</span> : n === m ? figure(count) : <a href={names(found, each, then)} onClick={event => follow(event, names(found, each, then))} aria-label={t('cell', { before: each.label, after: then.label, n: figure(count) })}>{figure(count)}</a>}</td>;
      })}</tr>)}</tbody></table></div></section>;
}

const Part = ({ id, title, about, children }: { id: string; title: string; about?: string; children: ComponentChildren }) =>
  <section aria-labelledby={id}><div class="td-right-head"><h3 id={id}>{title}</h3>{about && <span class="tl-meta tl-quiet">{about}</span>}</div>{children}</section>;

function Workload({ found }: { found: Result }) {
  if (!found.workload.length) return found.workload_sentence ? <Part id="work-title" title={t('workload')}><p class="tl-quiet">{found.workload_sentence}</p></Part> : null;
  const most = Math.max(1, ...found.workload.flatMap(each => [each.now, each.then, each.capacity ?? 0])) * 1.05;
  const x = (value: number) => 100 * value / most;
  return <Part id="work-title" title={t('workload')} about={t('workload_about')}>
    <table class="td-work"><caption class="visually-hidden">{t('workload')}: {t('owner')}, {t('then')}, {t('net')}</caption><colgroup><col class="td-work-who" /><col /><col class="td-work-then" /><col class="td-work-by" /></colgroup><tbody>{found.workload.map(each => <tr key={each.owner ?? ''}><th scope="row"><span class="tl-cut">{each.label}</span></th>
      <td class="td-work-bar"><svg width="100%" height="12" aria-hidden="true"><rect class="tl-fill-track" y="1" width="100%" height="10" rx="3" /><rect class="td-work-now" y="1" width={`${x(Math.min(each.now, each.then))}%`} height="10" rx="3" />
        {each.then > each.now && <rect class="td-work-more" x={`${x(each.now)}%`} y="1" width={`${x(each.then - each.now)}%`} height="10" />}{each.then < each.now && <rect class="td-work-less" x={`${x(each.then)}%`} y="1" width={`${x(each.now - each.then)}%`} height="10" />}
        {each.capacity !== null && <line class="td-work-limit" x1={`${x(each.capacity)}%`} x2={`${x(each.capacity)}%`} y1="0" y2="12" />}</svg></td>
      <td class="tl-num">{figure(each.then)}{each.capacity !== null && <span class="visually-hidden"> {t('of_capacity', { n: figure(each.capacity) })}</span>}</td><td class="tl-num">{each.then === each.now ? <span class="tl-quiet">·</span> : <span class={each.then > each.now ? 'tl-care' : 'tl-good'}>{signed(each.then - each.now)}</span>}</td></tr>)}</tbody></table>
    {found.workload_sentence && <p class="tl-meta tl-care td-work-said"><Icon name="alert-triangle" />{found.workload_sentence}</p>}
  </Part>;
}

function Revenue({ found }: { found: Result }) {
  const { revenue } = found;
  if (!revenue) return null;
  const money = (value: number) => amount(Math.round(value), { currency: revenue.currency });
  return <details class="td-revenue"><summary><h3>{revenue.label}</h3></summary>
    <table class="table table-dense"><thead><tr><th scope="col">{t('tier')}</th><th class="tl-num" scope="col">{t('now')}</th><th class="tl-num" scope="col">{t('then')}</th><th class="tl-num" scope="col">{t('net')}</th></tr></thead>
      <tbody>{revenue.tiers.map(each => { const tier = found.tiers.find(one => one.tier === each.tier); return (tier && (each.tier !== null || each.now || each.then)) ? <tr key={each.tier}><th scope="row"><TierBadge tier={tier} /></th>
        <td class="tl-num tl-quiet">{money(each.now)}</td><td class="tl-num"><b>{money(each.then)}</b></td><td class="tl-num"><Change by={each.then - each.now} shown={by => (by < 0 ? '−' : '+') + money(Math.abs(by))} /></td></tr> : null; })}</tbody></table></details>;
}

function Movers({ found }: { found: Result }) {
  if (!found.movers.length) return null;
  const name = (key: string | null) => { const tier = found.tiers.find(each => each.tier === key); return tier ? <TierBadge tier={tier} /> : <span class="tl-quiet">{t('no_tier')}</span>; };
  return <Part id="movers-title" title={t('biggest')} about={t('biggest_about')}><ul class="tl-plain td-movers">{found.movers.map(each => <li key={each.record}><a class="tl-cut" href={each.url}>{each.title}</a>
    <span class="td-from-to">{name(each.before)}<Icon name="arrow-narrow-right" /><span class="visually-hidden">→</span>{name(each.after)}</span><span class="tl-meta tl-second td-because">{each.because}</span></li>)}</ul></Part>;
}
