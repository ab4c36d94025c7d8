// The publish dialog, what comes after it, and the question when somebody else saved in between.
import { signal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { fetchJson, request, send } from '../base/http';
import { Dialog } from './dialog';
import { Icon } from './icon';
import { becameLive, body, failure, given, jump, live, overtaken, problems, readFrom, saveNow, saving, settle, shown, at, t, waysOn, isObject, type Beside, type Json, type Link, type Overtaken, type Path, type Problem } from './state';
import { standing } from './patches';
import { titleOf, wordOf } from './fields';

interface Preview { changes: Problem[]; effect: string[]; reason: string[]; together: string[]; users: Link[]; following: Link[]; beside: Beside[]; problems: Problem[]; advice: Problem[]; live: number | null; next: number; based_on: number | null }
interface Published { version: number; jobs: number[]; body: Json; later?: boolean }
interface Progress { state: string; done: number; total: number | null; moved: number; message: string | null }

const preview = signal<Preview | null>(null);
const isOpen = signal(false);
const note = signal('');
/** Why something that looks like an oversight is right; asked for where the preview says so. */
const reason = signal('');
const refused = signal('');
const busy = signal(false);
const outcome = signal<{ version: number; jobs: number[]; progress: Progress[]; later: boolean } | null>(null);
const afterwards: (() => void)[] = [];
/** What a designer looks at again once a published version has been carried out. */
export const onPublished = (act: () => void): void => { afterwards.push(act); };
const label = () => shown(at(['label'])) || given.key;

export async function openPublish(): Promise<void> {
  refused.value = '';
  reason.value = '';
  preview.value = null;
  isOpen.value = true;
  await look();
}

/** What publishing would change now. */
async function look(): Promise<void> {
  await saveNow();
  if (saving.value === 'failed') { isOpen.value = !overtaken.value; refused.value = failure.value; return; }
  try {
    const found = await send<Preview>('POST', `${given.here}/preview`, { body: body.value });
    problems.value = found.problems;
    note.value = found.changes.slice(0, 3).map(each => each.message).join(given.language === 'zh' ? '；' : '; ').slice(0, 200);
    preview.value = found;
  } catch (error) { refused.value = error instanceof Error ? error.message : ''; }
}

async function publish(): Promise<void> {
  busy.value = true;
  const beside = (preview.value?.beside ?? []).map(({ kind, key, label: name, edit, stamp }) => ({ kind, key, label: name, edit, stamp }));
  const answer = await request(`${given.here}/publish`, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ ...readFrom(), note: note.value, reason: reason.value, beside }) });
  const said = await answer.json().catch(() => ({}));
  busy.value = false;
  if (answer.status === 409) { isOpen.value = false; overtaken.value = said as Overtaken; return; }
  if (!answer.ok) { refused.value = said.errors?.[0]?.message ?? said.detail ?? ''; if (beside.length) await look(); return; }
  const done = said as Published;
  if (!done.later) becameLive(done.version, done.body);
  isOpen.value = false;
  outcome.value = { version: done.version, jobs: done.jobs, progress: [], later: !!done.later };
  if (done.jobs.length) void watch(done.jobs);
}

/** Looks after the ratings until all of them have ended. */
async function watch(jobs: number[]): Promise<void> {
  for (;;) {
    const progress = await Promise.all(jobs.map(each => fetchJson<Progress>(`/build/${given.app}/jobs/${each}`))).catch(() => null);
    if (progress && outcome.value) outcome.value = { ...outcome.value, progress };
    if (progress?.every(each => !['waiting', 'running'].includes(each.state))) break;
    await new Promise(resolve => setTimeout(resolve, 400));
  }
  if (outcome.value?.later && outcome.value.progress.every(each => each.state === 'done')) location.reload();
  for (const act of afterwards) act();
}

/** Ends the work before anything is published; `watch` sees that it ended. */
async function stop(jobs: number[]): Promise<void> {
  await Promise.all(jobs.map(each => request(`/jobs/${each}/cancel`, { method: 'POST' })));
}

export function Outcome() {
  const found = outcome.value;
  if (!found) return null;
  const ended = found.progress.length === found.jobs.length && found.progress.every(each => !['waiting', 'running'].includes(each.state));
  const failed = found.progress.find(each => each.state === 'failed');
  const stopped = ended && found.later && found.progress.some(each => each.state === 'cancelled');
  const moved = found.progress.reduce((sum, each) => sum + each.moved, 0);
  const done = found.progress.reduce((sum, each) => sum + each.done, 0);
  const total = found.progress.reduce((sum, each) => sum + (each.total ?? 0), 0);
  const sentence = !found.jobs.length ? t('published', { version: found.version }) : !ended ? t(found.later ? 'values_running' : 'job_running') : failed ? t(found.later ? 'values_failed' : 'job_failed', { reason: failed.message ?? '' })
    : stopped ? t('values_stopped') : found.later ? t('values_done') : moved === 0 ? t('job_done_none') : moved === 1 ? t('job_done_one') : t('job_done', { n: moved.toLocaleString('en') });
  return <div class={`tl-note tb-outcome ${failed ? 'tl-note-bad' : stopped ? 'tl-note-care' : ended || !found.jobs.length ? 'tl-note-good' : ''}`} role="status"><Icon name={failed || stopped ? 'alert-circle' : ended || !found.jobs.length ? 'circle-check' : 'refresh'} />
    <div class="tl-grow"><div class="tl-row tl-row-wrap"><b>{sentence}</b>{!ended && total > 0 && <span class="tl-meta">{t('job_progress', { done, total })}</span>}
      {ended && found.jobs.length > 0 && !found.later && given.app !== '-' && <a class="btn btn-sm" href={`/apps/${given.app}/-/tiers`}>{t('see_tiers')}</a>}</div>
      {!ended && found.later && <div class="tl-row tl-row-wrap"><button class="btn btn-sm" type="button" onClick={() => void stop(found.jobs)}>{t('values_stop')}</button><span class="tl-meta tl-quiet">{t('values_stop_help')}</span></div>}
      {!ended && found.jobs.length > 0 && <progress class="tl-progress tl-progress-small" aria-label={t('job_running')} {...(total ? { value: done, max: total } : {})} />}</div>
    <button class="btn btn-sm btn-ghost btn-icon" type="button" aria-label={t('close')} title={t('close')} onClick={() => { outcome.value = null; }}><Icon name="x" /></button></div>;
}

const close = () => { isOpen.value = false; };
const goTo = (path: string) => { close(); setTimeout(() => jump(path)); };

/** `children`: what else a kind shows before publishing. */
export function PublishDialog({ children }: { children?: ComponentChildren }) {
  const found = preview.value;
  const blocked = found?.problems.length ?? 0;
  const can = found && !blocked && found.changes.length > 0 && !busy.value && (!found.reason.length || reason.value.trim() !== '');
  const others = found?.beside ?? [];
  const names = others.slice(0, 2).map(each => given.language === 'zh' ? `「${each.label}」` : `“${each.label}”`).join(given.language === 'zh' ? '' : ', ') + (others.length > 2 ? ' …' : '');
  const act = others.length === 1 ? t('publish_with_one', { names }) : others.length ? t('publish_with', { n: others.length, names }) : t('publish_now');
  return <Dialog shown={isOpen.value} close={close} title={t('publish_title', { name: label() })}
    foot={<><button class="btn" type="button" onClick={close}>{t('cancel')}</button><button class="btn btn-primary" type="submit" form="publish-form" disabled={!can}><Icon name="cloud-upload" /><span>{act}</span></button></>}>
    <form id="publish-form" onSubmit={event => { event.preventDefault(); if (can) void publish(); }}>
      {refused.value && <div class="tl-note tl-note-bad" role="alert"><Icon name="alert-circle" /><div>{refused.value}</div></div>}
      {!found && !refused.value && <p class="tl-quiet" role="status">{t('checking')}</p>}
      {found && <>
        <h3 class="tb-part">{t('changes')}</h3>
        {found.changes.length ? <ul class="tb-plain tb-changes" tabIndex={0} aria-label={t('changes')}>{found.changes.map(each => <li key={each.path + each.message}>{each.message}</li>)}</ul> : <p class="tl-quiet">{t('no_changes')}</p>}
        {found.live !== null && found.based_on !== null && found.based_on < found.live && <div class="tl-note tl-note-care"><Icon name="alert-triangle" /><div>{t('older_base', { base: found.based_on, live: found.live })}</div></div>}
        {found.effect.length > 0 && <><h3 class="tb-part">{t('effect')}</h3>{found.effect.map(each => <p key={each}>{each}</p>)}</>}
        {found.users?.length > 0 && <p class="tl-second">{t('look_at_users')} {found.users.map((each, n) => <span key={each.href}>{n ? ' · ' : ''}<a href={each.href}>{each.label}</a></span>)}</p>}
        {found.together.length > 0 && <><h3 class="tb-part">{t('together')}</h3><ul class="tb-plain">{found.together.map(each => <li key={each}>{each}</li>)}</ul></>}
        {others.length > 0 && <><h3 class="tb-part">{t('beside')}</h3><ul class="tb-plain tb-beside">{others.map(each => <li key={each.href}><details>
          <summary><b>{each.label}</b> <span class="tl-quiet tl-meta">{each.word}</span></summary>
          <ul class="tb-plain">{each.changes?.map(one => <li key={one}>{one}</li>)}</ul><a href={each.href}>{t('open_draft')}</a></details></li>)}</ul></>}
        {found.following?.length > 0 && <><h3 class="tb-part">{t('following')}</h3><ul class="tb-plain">{found.following.map(each => <li key={each.href}><a href={each.href}>{each.label}</a> <span class="tl-quiet tl-meta">{each.kind}</span></li>)}</ul></>}
        {children}
        {blocked > 0 && <><div class="tl-note tl-note-bad"><Icon name="alert-circle" /><div><b>{blocked === 1 ? t('blocked_one') : t('blocked', { n: blocked })}</b>
          <ul class="tb-plain">{found.problems.map(each => <li key={each.path + each.message}>{each.href ? <a href={each.href}>{each.message}</a> : <button class="tb-problem" type="button" onClick={() => goTo(each.path)}>{each.message}</button>}</li>)}</ul>
          {given.app !== '-' && found.problems.every(each => each.href) && <p>{t('blocked_elsewhere')} <a href={`/build/${given.app}/publish`}>{t('publish_all')}</a></p>}</div></div></>}
        {found.advice.length > 0 && <ul class="tb-plain tl-second">{found.advice.map(each => <li key={each.path + each.message}>{each.message}</li>)}</ul>}
        {found.reason.length > 0 && <div class="tl-note tl-note-care tb-reason"><Icon name="alert-triangle" /><div class="tl-grow"><b>{t('reason_needed')}</b>
          <ul class="tb-plain">{found.reason.map(each => <li key={each}>{each}</li>)}</ul>
          <label class="form-label" for="publish-reason">{t('reason')}</label><textarea class="form-control" id="publish-reason" rows={2} maxLength={1000} required aria-describedby="publish-reason-help" value={reason.value} onInput={event => { reason.value = event.currentTarget.value; }} />
          <div class="tl-help" id="publish-reason-help">{t('reason_help')}</div></div></div>}
        <div class="tl-field"><label class="form-label" for="publish-note">{t('note')}</label><input class="form-control" id="publish-note" maxLength={500} value={note.value} onInput={event => { note.value = event.currentTarget.value; }} /></div>
      </>}
    </form>
  </Dialog>;
}

const MOST_PLACES = 6;
const plain = (value: Json | undefined): boolean => value === undefined || value === null || typeof value !== 'object';
const inWords = (value: Json | undefined): string => value === undefined || value === null || value === '' ? '–' : wordOf(value);

/** “Fields · Customer · Name”: where both changed something, by the names of what stands there. */
function placeInWords(path: Path): string {
  return path.map((part, n) => {
    const it = standing(body.value, path.slice(0, n + 1));
    if (Array.isArray(standing(body.value, path.slice(0, n)))) return (isObject(it) && (shown(it.label) || shown(it.section))) || (String(part).startsWith('#') ? String(Number(String(part).slice(1)) + 1) : String(part));
    return part === 'zh' || part === 'en' ? t(part) : titleOf(String(part), path.slice(0, n + 1));
  }).join(' · ');
}

export function StaleDialog() {
  const theirs = overtaken.value;
  const places = theirs ? waysOn(theirs).places : [];
  return <Dialog shown={theirs !== null} close={() => { /* it stays until one of both is chosen */ }} title={t('stale_title')}
    foot={<><button class="btn" type="button" onClick={() => settle(true)}>{t('keep_mine')}</button><button class="btn btn-primary" type="button" onClick={() => settle(false)}>{t('take_theirs')}</button></>}>
    <p>{t(places.length ? 'stale_places' : 'stale_text', { who: theirs?.who ?? '', time: theirs?.time ?? '' })}</p>
    {places.length > 0 && <ul class="tb-plain">{places.slice(0, MOST_PLACES).map(each => <li key={each.path.join('/')}><b>{placeInWords(each.path)}</b>
      {plain(each.mine) && plain(each.theirs) && <span class="tl-second"> · {t('stale_mine', { value: inWords(each.mine) })} · {t('stale_theirs', { who: theirs?.who ?? '', value: inWords(each.theirs) })}</span>}</li>)}</ul>}
    {places.length > MOST_PLACES && <p class="tl-quiet">{t('stale_more', { n: places.length - MOST_PLACES })}</p>}
  </Dialog>;
}

export const nextVersion = () => live.value.next;
