// The draft, its history, and what the server says about it. Everything on the page reads these signals; only `change` writes the draft.
import { batch, computed, effect, signal } from '@preact/signals';
import { language } from '../base/texts';
import { request, send, Refusal } from '../base/http';
import { toast } from '../base/toasts';
import { isObject, merged, patches, placed, read, recalled, standing, written, type Json, type Path } from './patches';

export { isObject, type Json, type Path };
export type Schema = Record<string, any>;
export interface Problem { path: string; message: string; href?: string }
export interface Named { key: string; label: string; group?: string }
export interface Link { kind: string; icon: string; label: string; href: string }
/** Another draft that is published with this one. */
export interface Beside { kind: string; key: string; edit: number; stamp: number; label: string; word: string; href: string; changes?: string[] }
interface Saved { time: string; who: string; mine: boolean; based_on: number | null }
interface Given {
  kind: string; key: string; here: string; app: string; language: string; schema: Schema | null; body: Json; live_body: Json | null; live: number | null; next: number;
  edit: number; stamp: number; saved: Saved | null; settings: Record<string, string>; titles: Record<string, string>; choices: Record<string, string>;
  things: Record<string, string>; texts: Record<string, string>; uses: Link[]; field_uses: Record<string, Link[]>; relations: (Named & { form: string })[]; problems: Problem[]; advice: Problem[];
  known: Record<'form' | 'tier_model' | 'tag_set' | 'app' | 'segment' | 'automation' | 'workflow' | 'menu', Named[]> & { who: string[] }
    & Record<'fields' | 'tiers' | 'tags' | 'nodes', Record<string, Named[]>> & { whom?: (Named & { group: string })[]; members?: Record<string, Named[]> };
}
export interface Overtaken { body: Json; edit: number; stamp: number; live: number | null; live_body: Json | null; next: number; who: string; time: string; saved: Saved | null }

export const given = JSON.parse(document.getElementById('editor-data')?.textContent || '{}') as Given;
export const t = (name: string, values: Record<string, string | number> = {}): string =>
  (given.texts[name] ?? name).replace(/\{(\w+)\}/g, (place, key) => String(values[key] ?? place));

// -- the draft ----------------------------------------------------------------------------------------------------------------
const STEPS = 300;
const HISTORY = `tierloom.history:${given.here}`;
const remembered = () => {
  try { return recalled(sessionStorage.getItem(HISTORY) ?? '', given.body); } catch { return null; }
};
const before = remembered();
export const body = signal<Json>(given.body);
const past = signal<Json[]>(before?.past ?? []);
const future = signal<Json[]>(before?.future ?? []);
export const canUndo = computed(() => past.value.length > 0);
export const canRedo = computed(() => future.value.length > 0);
let lastPlace = '';
let lastTime = 0;

export const at = (path: Path, from: Json | undefined = body.value): Json | undefined => read(from, path);

/** Puts a value at a path; undefined takes it out. Typing on in the same place is one step of the history, and so is one grip of a handle. */
export function change(path: Path, value: Json | undefined, grip?: string): void {
  const place = grip ?? path.join('/');
  const now = Date.now();
  replace(placed(body.value, path, value), place === lastPlace && (grip !== undefined || now - lastTime < 1500));
  lastPlace = place;
  lastTime = now;
}

/** The whole draft as somebody types it as JSON; typing on is one step. */
export function typed(next: Json): void {
  const now = Date.now();
  replace(next, lastPlace === '#json' && now - lastTime < 1500);
  lastPlace = '#json';
  lastTime = now;
}

export function replace(next: Json, sameStep = false): void {
  batch(() => {
    if (!sameStep || !past.value.length) past.value = [...past.value.slice(-STEPS), body.value];
    lastPlace = '';
    future.value = [];
    body.value = next;
  });
}

/** Keeps the history for a reload of this tab. */
function keepHistory(): void {
  if (!past.value.length && !future.value.length) return;
  const here = { past: past.value, body: body.value, future: future.value };
  for (const most of [STEPS, 100]) {
    try { sessionStorage.setItem(HISTORY, written({ ...here, past: here.past.slice(-most) })); return; } catch { /* storage is full or switched off: fewer steps */ }
  }
}
let keeping = 0;
effect(() => {
  void [past.value, future.value];
  window.clearTimeout(keeping);
  keeping = window.setTimeout(keepHistory, 400);
});

function travel(from: typeof past, to: typeof past): void {
  const next = from.value.at(-1);
  if (next === undefined) return;
  lastPlace = '';
  batch(() => { to.value = [...to.value, body.value]; from.value = from.value.slice(0, -1); body.value = next; });
}
export const undo = (): void => travel(past, future);
export const redo = (): void => travel(future, past);

// -- what the server says -----------------------------------------------------------------------------------------------------
export const problems = signal<Problem[]>(given.problems);
export const advice = signal<Problem[]>(given.advice);
export const saved = signal<Saved | null>(given.saved);
export const live = signal<{ version: number | null; body: Json | null; next: number }>({ version: given.live, body: given.live_body, next: given.next });
export const saving = signal<'still' | 'waiting' | 'saving' | 'failed'>('still');
export const failure = signal('');
export const overtaken = signal<Overtaken | null>(null);
export const problemsAt = computed(() => {
  const found = new Map<string, string[]>();
  for (const each of problems.value) found.set(each.path, [...(found.get(each.path) ?? []), each.message]);
  return found;
});
/** A designer with warnings of its own shows those instead. */
export const ownHints = signal(false);
export const adviceAt = computed(() => new Map(ownHints.value ? [] : advice.value.map(each => [each.path, each.message])));

let edit = given.edit;
let stamp = given.stamp;
let kept: Json = given.body;
let timer = 0;
let running: Promise<void> | null = null;
export const readFrom = () => ({ edit, stamp, live: live.value.version });

interface Kept { edit: number; stamp: number; saved: Saved; problems: Problem[]; advice: Problem[] }

async function put(): Promise<void> {
  const sent = body.value;
  saving.value = 'saving';
  const answer = await request(`${given.here}/draft`, { method: 'PUT', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ ...readFrom(), body: sent }) });
  const said = await answer.json().catch(() => ({}));
  if (answer.status === 409) { if (!joined(said as Overtaken)) { saving.value = 'failed'; overtaken.value = said as Overtaken; } return; }
  if (!answer.ok) throw new Refusal(answer.status, said.errors?.[0]?.message ?? said.detail ?? t('unsaved', { why: answer.status }));
  const done = said as Kept;
  kept = sent;
  batch(() => {
    ({ edit, stamp } = done);
    saved.value = done.saved;
    problems.value = done.problems;
    advice.value = done.advice;
    saving.value = 'still';
    failure.value = '';
  });
}

export interface Branches { base: Json; mine: Json; theirs: Json }
/** A designer may make two drafts ready to be joined: write out what goes without saying, or give another key to what both began under one. */
let prepared: (found: Branches) => Branches = found => found;
export const onJoin = (act: (found: Branches) => Branches): void => { prepared = act; };

/** The two ways to go on after somebody else saved: what only one of both changed stays either way, `places` are what both changed. */
export interface Ways { mine: Json; theirs: Json; places: { path: Path; mine?: Json; theirs?: Json }[] }
export function waysOn(other: Overtaken): Ways {
  const plain = { base: kept, mine: body.value, theirs: other.body };
  const both = patches(plain.base, plain.mine).length > 0 && patches(plain.base, plain.theirs).length > 0;
  const { base, mine, theirs } = both ? prepared(plain) : plain;
  const found = merged(base, mine, theirs);
  const places = found.collisions.map(path => ({ path, mine: standing(mine, path), theirs: standing(theirs, path) }));
  return { mine: found.value, theirs: places.length ? merged(base, theirs, mine).value : other.body, places };
}

/** Somebody else saved in between: where both changed different things, both changes stay, and it is said. */
function joined(theirs: Overtaken): boolean {
  const found = waysOn(theirs);
  if (theirs.live !== live.value.version || found.places.length) return false;
  batch(() => {
    ({ edit, stamp } = theirs);
    kept = theirs.body;
    replace(found.mine);
  });
  toast({ text: t('joined', { who: theirs.who, time: theirs.time }) });
  return true;
}

/** Saves what is not saved yet; resolves when nothing is left to save, or saving failed. */
export async function saveNow(): Promise<void> {
  window.clearTimeout(timer);
  while (body.value !== kept && !overtaken.value) {
    running ??= put().finally(() => { running = null; });
    try { await running; } catch (error) {
      saving.value = 'failed';
      failure.value = error instanceof Error ? error.message : String(error);
      return;
    }
  }
}

/** Leaving never asks: what is not saved yet is sent on the way out. */
export function leave(): void {
  keepHistory();
  if (body.value === kept || overtaken.value) return;
  window.clearTimeout(timer);
  void request(`${given.here}/draft`, { method: 'PUT', keepalive: true, headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ ...readFrom(), body: body.value }) }).catch(() => undefined);
}

effect(() => {
  // taken back before it was sent: there is nothing to wait for any more
  if (body.value === kept && saving.peek() === 'waiting') saving.value = 'still';
  if (body.value === kept || overtaken.value) return;
  if (saving.peek() !== 'saving') saving.value = 'waiting';
  window.clearTimeout(timer);
  timer = window.setTimeout(() => void saveNow(), 700);
});

/** Takes in what somebody else saved, where nothing of one's own is unsaved. */
export async function catchUp(): Promise<void> {
  if (body.value !== kept || overtaken.value || running) return;
  running = put().finally(() => { running = null; });
  await running.catch(() => undefined);
  if (saving.value === 'saving') saving.value = 'still';
  await refresh();
}

/** After somebody else saved: at the places that both changed go on with theirs, or with mine — asked for, never by itself. */
export function settle(mine: boolean): void {
  const theirs = overtaken.value;
  if (!theirs) return;
  const found = waysOn(theirs);
  batch(() => {
    ({ edit, stamp } = theirs);
    live.value = { version: theirs.live, body: theirs.live_body, next: theirs.next };
    saved.value = theirs.saved;
    kept = theirs.body;
    replace(mine ? found.mine : found.theirs);
    if (JSON.stringify(body.value) === JSON.stringify(kept)) kept = body.value;
    overtaken.value = null;
    saving.value = 'still';
  });
  if (body.value !== kept) void saveNow(); else void refresh();
}

/** Asks again what is wrong, without saving. */
async function refresh(): Promise<void> {
  const said = await send<{ problems: Problem[]; advice: Problem[] }>('POST', `${given.here}/preview`, { body: body.value }).catch(() => null);
  if (said) batch(() => { problems.value = said.problems; advice.value = said.advice; });
}

/** The draft has become the live version. */
export function becameLive(version: number, text: Json): void {
  batch(() => {
    edit = 0;
    stamp = 0;
    saved.value = null;
    live.value = { version, body: text, next: version + 1 };
  });
}

// -- where one is on the page -------------------------------------------------------------------------------------------------
export const open = signal<ReadonlySet<string>>(new Set());
export const tab = signal(new URLSearchParams(location.search).get('tab') ?? (given.kind === 'permission_set' ? 'set' : given.kind === 'segment' ? 'segment' : 'form'));
const wideScreen = matchMedia('(min-width: 1000px)');
export const wide = signal(wideScreen.matches);
wideScreen.addEventListener('change', () => { wide.value = wideScreen.matches; });

export function toggle(path: string, on = !open.value.has(path)): void {
  const next = new Set(open.value);
  if (on) next.add(path); else next.delete(path);
  open.value = next;
}

/** After two entries of a list changed places, each stays as open as it was. */
export function swapOpen(one: string, other: string): void {
  const renamed = (path: string) => path === one || path.startsWith(`${one}/`) ? other + path.slice(one.length)
    : path === other || path.startsWith(`${other}/`) ? one + path.slice(other.length) : path;
  open.value = new Set([...open.value].map(renamed));
}

let turnTo: (parts: string[]) => void = () => { tab.value = 'form'; };
/** A designer says on which of its pages a place stands. */
export const onJump = (turn: (parts: string[]) => void): void => { turnTo = turn; };

/** Leads to the place of a problem: opens what is folded, and gives it the focus. */
export function jump(path: string): void {
  const parts = path ? path.split('/') : [];
  batch(() => {
    turnTo(parts);
    open.value = new Set([...open.value, ...parts.map((_, n) => parts.slice(0, n + 1).join('/'))]);
  });
  requestAnimationFrame(() => setTimeout(() => {
    for (let length = parts.length; length > 0; length -= 1) {
      const place = parts.slice(0, length).join('/');
      const found = document.getElementById(`f-${place}`) ?? document.getElementById(`e-${place}`);
      if (!found) continue;
      for (let fold = found.closest('details'); fold; fold = fold.parentElement?.closest('details') ?? null) fold.open = true;
      found.scrollIntoView({ block: 'center' });
      found.focus({ preventScroll: true });
      return;
    }
  }));
}

/** A text of one or both languages for the person reading. */
export function shown(text: Json | undefined): string {
  if (typeof text === 'string') return text;
  if (!isObject(text)) return '';
  return String(text[language] ?? text.zh ?? text.en ?? '');
}
