// The dry run beside the flow: counts, samples, and step by step what would become of whom.
import { useEffect, useState } from 'preact/hooks';
import { Icon } from '../designer/icon';
import { problems, t } from '../designer/state';
import { recordsOf, type Chosen, type Part } from '../formula_editor/server';
import { Chips } from './chips';
import { busy, chosen, faulty, first, last, mode, MOST_CHOSEN, past, period, several, shownCase, stop, tried, tryChosen, tryPast, why, type Changed, type Step, type Tried } from './dry_run';
import { form, kindIcon, selected } from './model';
import { dryOpen } from './words';

export function DryRun() {
  return <div class="ax-dry"><div class="ax-dry-head"><h2>{t('dry')}</h2><span class="tl-pill tl-pill-good"><Icon name="shield-check" />{t('dry_safe')}</span>
      <button class="btn btn-ghost btn-icon btn-sm tl-push" type="button" aria-label={t('close')} title={t('close')} onClick={() => { dryOpen.value = false; }}><Icon name="x" /></button></div>
    <div class="tl-segment" role="group" aria-label={t('dry')}>{(['record', 'past'] as const).map(each => <button type="button" class={mode.value === each ? 'active' : ''} aria-pressed={mode.value === each} onClick={() => { mode.value = each; shownCase.value = 0; }} key={each}>{t(each === 'record' ? 'dry_records' : 'dry_past')}</button>)}</div>
    {problems.value.length > 0 || faulty.value ? <p class="tl-note tl-note-care"><Icon name="alert-triangle" /><span>{t('dry_faulty')}</span></p> : null}
    {mode.value === 'record' ? <ChosenRecords /> : <PastPeriod />}
    {why.value && <p class="tl-note tl-note-bad" role="alert"><Icon name="alert-circle" /><span>{why.value}</span></p>}
  </div>;
}

// -- chosen records -------------------------------------------------------------------------------------------------------------------
function ChosenRecords() {
  const of = form.value, all = several.value;
  const states = (state: string): number => all.filter(each => each.state === state).length;
  return <><div class="ax-dry-ask">{of && <Picker of={of} />}<button class="btn btn-primary" type="button" disabled={busy.value || problems.value.length > 0 || (of !== null && !chosen.value.length)} onClick={() => void tryChosen()}>{t(all.length ? 'dry_again' : 'dry_run')}</button></div>
    {all.length > 1 && <Figures figures={[[all.length, t('dry_records')], [states('runs'), t('dry_runs')], [states('skipped'), t('dry_skipped')], [states('failed'), t('dry_failed')]]} />}
    {all.length > 1 ? <Samples all={all} /> : all[0] ? <Case found={all[0]} /> : <p class="tl-quiet">{t('dry_begin')}</p>}</>;
}

const Figures = ({ figures }: { figures: [number, string][] }) => <div class="ax-figures">{figures.map(([n, label], place) => <div class={place === 3 && n ? 'tl-care' : ''} key={label}><b>{n.toLocaleString()}</b><span>{label}</span></div>)}</div>;

function Picker({ of }: { of: string }) {
  const [text, setText] = useState(''), [found, setFound] = useState<Chosen[] | null>(null);
  useEffect(() => {
    let late = false;
    const timer = setTimeout(() => void recordsOf(of, text).catch(() => []).then(answer => { if (!late) setFound(answer); }), text ? 250 : 0);
    return () => { late = true; clearTimeout(timer); };
  }, [of, text]);
  const picked = chosen.value, taken = new Set(picked.map(each => each.record));
  const choose = (next: Chosen[]): void => { chosen.value = next; several.value = []; shownCase.value = 0; setText(''); if (next.length && !problems.value.length) void tryChosen(); };
  const open = !picked.length || text !== '';
  return <div class="ax-picker">{picked.map(each => <div class="ax-chosen" key={each.record}><Icon name="user" /><b class="tl-cut">{each.title}</b><button class="btn btn-ghost btn-icon btn-sm tl-push" type="button" aria-label={`${t('remove')} ${each.title}`} title={t('remove')} onClick={() => choose(picked.filter(one => one !== each))}><Icon name="x" /></button></div>)}
    {picked.length < MOST_CHOSEN && <><label class="form-label" for="ax-record">{t(picked.length ? 'dry_another' : 'dry_choose')}</label><input class="form-control" id="ax-record" type="search" placeholder={t('dry_search')} autocomplete="off" value={text} onInput={event => setText(event.currentTarget.value)} />
    {open && <ul class="tb-plain">{found?.filter(each => !taken.has(each.record)).slice(0, 6).map(each => <li key={each.record}><button class="ax-entry" type="button" onClick={() => choose([...picked, each])}>{each.title}</button></li>)}</ul>}
    {open && found?.length === 0 && <p class="tl-quiet">{t('dry_nobody')}</p>}</>}</div>;
}

// -- a past period --------------------------------------------------------------------------------------------------------------------
export const PERIODS = ['1', '7', '30', 'month', 'own'];
const dayBefore = (days: number): string => { const day = new Date(Date.now() - days * 86_400_000); return `${day.getFullYear()}-${String(day.getMonth() + 1).padStart(2, '0')}-${String(day.getDate()).padStart(2, '0')}`; };

function Period() {
  const choose = (next: string): void => { period.value = next; if (next === 'own' && !first.value) { first.value = dayBefore(14); last.value = dayBefore(0); } };
  const day = (of: typeof first, label: string) => <label class="ax-day"><span class="form-label">{label}</span><input class="form-control" type="date" required value={of.value} max={dayBefore(0)} onInput={event => { of.value = event.currentTarget.value; }} /></label>;
  return <div><label class="visually-hidden" for="ax-period">{t('dry_period')}</label><select class="form-select" id="ax-period" value={period.value} onChange={event => choose(event.currentTarget.value)}>{PERIODS.map(each => <option value={each} key={each}>{t(`days_${each}`)}</option>)}</select>
    {period.value === 'own' && <div class="ax-days">{day(first, t('dry_first'))}{day(last, t('dry_last'))}</div>}</div>;
}

function PastPeriod() {
  const found = past.value;
  const lacking = period.value === 'own' && !(first.value && last.value && first.value <= last.value);
  return <><div class="ax-dry-ask"><Period />
      {busy.value ? <button class="btn" type="button" onClick={stop}><Icon name="player-stop" />{t('dry_stop')}</button> : <button class="btn btn-primary" type="button" disabled={problems.value.length > 0 || lacking} onClick={() => void tryPast()}>{t(found ? 'dry_again' : 'dry_run')}</button>}</div>
    {busy.value && <div role="status"><progress class="tl-progress tl-progress-small" aria-label={t('dry')} {...(found?.of ? { value: found.done, max: found.of } : {})} />{found && <span class="tl-meta tl-quiet">{t('dry_progress', { done: found.done, of: found.of })}</span>}</div>}
    {!found && !busy.value && <p class="tl-quiet">{t('dry_begin')}</p>}
    {found && <><p class="tl-meta tl-quiet">{t('dry_span', { since: found.since, until: found.until })}</p>
      {found.forgotten && <p class="tl-meta tl-care">{t('dry_forgotten', { day: found.forgotten })}</p>}
      {found.stopped && <p class="tl-meta tl-care">{t('dry_stopped', { done: found.done, of: found.of })}</p>}
      {found.matched === 0 && !busy.value ? <p>{t('dry_none')} <button class="btn-link-plain" type="button" onClick={() => { mode.value = 'record'; shownCase.value = 0; }}>{t('dry_none_then')}</button></p> : <Figures figures={[[found.matched, t('dry_matched')], [found.runs, t('dry_runs')], [found.skipped, t('dry_skipped')], [found.failed, t('dry_failed')]]} />}
      {Object.entries(found.reasons).map(([text, n]) => <p class="tl-meta tl-quiet" key={text}>{n} × {text}</p>)}</>}
    {tried.value.length > 0 && <Samples all={tried.value} sampled />}</>;
}

function Samples({ all, sampled = false }: { all: Tried[]; sampled?: boolean }) {
  const now = all[Math.min(shownCase.value, all.length - 1)]!;
  const trouble = all.flatMap(each => each.steps).filter(each => each.message && (each.state === 'skipped' || each.state === 'failed'));
  const said = new Map<string, number>();
  for (const each of trouble) said.set(each.message, (said.get(each.message) ?? 0) + 1);
  return <><div class="ax-samples"><span class="tl-meta tl-quiet">{t('dry_samples')}</span>{all.map((each, n) => <button type="button" class={`ax-sample${each === now ? ' active' : ''}`} aria-pressed={each === now} onClick={() => { shownCase.value = n; }} key={`${each.event}-${each.record}-${n}`}>{each.title || each.moment || n + 1}</button>)}</div>
    {sampled && past.value && <p class="tl-meta tl-quiet">{t('dry_sampled', { n: all.length, of: past.value.runs })}</p>}
    <Case found={now} />
    {[...said].map(([text, n]) => <p class="tl-note tl-note-care" key={text}><Icon name="alert-triangle" /><span>{n} × {text}</span></p>)}</>;
}

// -- what would become of one -----------------------------------------------------------------------------------------------------------
function Case({ found }: { found: Tried }) {
  const holds = found.state === 'runs';
  return <div class={`ax-case${busy.value ? ' td-old' : ''}`} aria-live="polite"><p class="tl-meta tl-quiet"><b>{found.title}</b> {found.event !== null && found.moment ? t('dry_by_event', { at: found.moment }) : found.moment ?? t('dry_by_now')}</p>
    <ol class="ax-trace"><li><span class={holds ? 'tl-good' : 'tl-care'}><Icon name={holds ? 'circle-check' : 'player-skip-forward'} /></span><div><b>{holds ? found.explanation ? t('dry_stands') : t('dry_no_condition') : t('dry_stands_not')}</b>{found.reason && <p>{found.reason}</p>}{found.explanation && <Because part={found.explanation} />}
        {!holds && !found.steps.length && mode.value === 'record' && several.value.length === 1 && <button class="btn btn-sm" type="button" onClick={() => void tryChosen(true)}>{t('dry_anyway')}</button>}</div></li>
      {found.steps.map((each, n) => <TriedStep step={each} key={`${each.place}-${n}`} />)}</ol>
    {found.broken_off && <p class="tl-meta tl-care">{t('dry_cut')}</p>}</div>;
}

/** The parts of a condition, each with its value. */
const Because = ({ part }: { part: Part }) => <ul class="ax-because">{(part.children.length ? part.children : [part]).map(each => <li key={each.text}>{each.sentence ?? <><code>{each.text}</code>: {each.shown}</>}</li>)}</ul>;

const ICONS: Record<string, string> = { done: 'circle-check', prepared: 'circle-check', skipped: 'player-skip-forward', failed: 'alert-circle', waits: 'hourglass' };
function TriedStep({ step }: { step: Step }) {
  const tone = step.state === 'failed' ? 'tl-bad' : step.state === 'skipped' ? 'tl-care' : 'tl-good';
  const place = step.place;
  return <li class={selected.value === place ? 'active' : ''}><span class={tone} title={step.label}><Icon name={ICONS[step.state] ?? kindIcon(step.type)} /></span><div>
    <button class="btn-link-plain ax-trace-name" type="button" onClick={() => { selected.value = place; document.getElementById(`ax-${place}`)?.scrollIntoView({ block: 'center' }); }}><Chips text={step.words} /></button>{step.state !== 'done' && <span class="tl-meta tl-quiet"> {step.label}</span>}
    {step.message && <p class={step.state === 'failed' ? 'tl-bad' : ''}>{step.message}</p>}
    {step.changes.map((each, n) => <Change found={each} key={n} />)}
    {step.messages.map((each, n) => <div class="ax-effect" key={n}><div class="tl-meta">{t('dry_to', { who: each.to })}</div><b>{each.subject}</b>{each.body && <details><summary>{t('dry_full')}</summary><p class="ax-letter">{each.body}</p></details>}</div>)}
    {step.sends.length > 0 && <div class="ax-effect">{step.sends.map(each => <div class="ax-sent" key={each.name}><span class="tl-meta">{each.name}</span> <code>{each.value}</code></div>)}</div>}</div></li>;
}

function Change({ found }: { found: Changed }) {
  const word = found.kind === 'record_created' ? t('record_new') : found.kind === 'record_deleted' ? t('record_gone') : found.kind === 'record_restored' ? t('record_back') : '';
  return <div class="ax-effect"><div class="tl-meta">{t('changed_record', { form: found.label, title: found.title })}{word && <span class="tl-pill ax-new">{word}</span>}</div>
    {found.fields.map((each, n) => <div key={n}>{each.label} {found.kind !== 'record_created' && each.before && <><s>{each.before}</s> → </>}<b>{each.after || t('before_none')}</b></div>)}</div>;
}
