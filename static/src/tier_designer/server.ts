// What the server works out for the draft: distributions, the simulation, rule tests, warnings. Shapes as the server sends them.
import { computed, effect, signal } from '@preact/signals';
import { fetchJson, request, send } from '../base/http';
import { Asked } from '../designer/asking';
import { fromAddress } from '../designer/frame';
import { advice, at, body, given, live, problems, type Json } from '../designer/state';
import { dimensions, isException, selectedDimension } from './model';

export type TierKey = string | null;
export interface Distribution {
  dimension: string; population: number; missing: number; unit: string | null; currency: string | null; whole: boolean; least: number | null; greatest: number | null; better: string; sentence: string | null;
  bins: { from: number; to: number; count: number }[]; head: { to: number; count: number; sentence: string } | null; tail: { from: number; count: number; sentence: string } | null; cuts: number[]; was: number[] | null;
  bands: { band: number; label: string; count: number; was: number | null }[];
}
export interface Proposal { method: string; label: string; why: string; cuts: number[]; bands: { band: number; label: string; count: number }[]; tiers: { tier: TierKey; then: number }[]; workload: { then: number; capacity: number | null } | null }
export interface Proposals { proposals: Proposal[]; sentence: string | null; population: number; sampled: number; margin: number }
export interface TierCount { tier: TierKey; label: string; color: string; rank: number; of: number; former: boolean; now: number; then: number; share: number | null }
export interface Mover { record: number; title: string; url: string; before: TierKey; after: TierKey; score_before: number | null; score_after: number | null; because: string }
export interface Result {
  population: number; sampled: number; margin: number; as_of: string; seconds: number; sentence: string; changed: number; up: number; down: number; entered: number; left: number; moved: number;
  tiers: TierCount[]; matrix: number[][];
  scores: { step: number; bins: { from: number; counts: Record<string, number> }[]; borders: { tier: string; label: string; from: number; keep_from: number | null }[] };
  workload: { owner: string | null; label: string; now: number; then: number; capacity: number | null }[]; workload_sentence: string | null;
  revenue: { label: string; currency: string | null; tiers: { tier: TierKey; now: number; then: number }[] } | null;
  movers: Mover[]; movers_url: string; notes: string[]; compare: Result | null; job: string | number | null;
}
export interface Counting { state: 'running' | 'done' | 'cancelled' | 'failed'; done: number; of: number; sentence: string | null; result: Result | null }
export interface TestResult { index: number; name: string; ok: boolean; sentence: string }
export interface Tests { tests: TestResult[]; passed: number; of: number }
export interface Warning { path: string; code: string; sentence: string; remedy: string | null }
export interface Correlation { dimensions: { key: string; label: string }[]; matrix: (number | null)[][]; sentence: string }

// -- the day by which everything is worked out ----------------------------------------------------------------------------------------
export const day = signal(fromAddress('day'));
const asOf = () => day.value ? { as_of: day.value } : {};

/** While a handle is held nothing is asked: a drag redraws without the server. */
export const held = signal(false);

// -- the long count -------------------------------------------------------------------------------------------------------------------
export const counting = signal<Counting | null>(null);
let job: string | number | null = null;
const jobPlace = (id: string | number) => `${given.here}/simulations/${id}`;

async function follow(id: string | number): Promise<void> {
  job = id;
  counting.value = { state: 'running', done: 0, of: 0, sentence: null, result: null };
  while (job === id) {
    const now = await fetchJson<Counting>(jobPlace(id)).catch(() => null);
    if (job !== id) return;
    counting.value = now ?? { state: 'failed', done: 0, of: 0, sentence: null, result: null };
    if (now?.result) simulation.found.value = { ...now.result, job: null };
    if (!now || now.state !== 'running') { job = null; if (now?.state === 'done') counting.value = null; return; }
    await new Promise(resolve => setTimeout(resolve, 500));
  }
}

/** Ends a count that nobody waits for any more; on leaving the page too. */
export function stopCounting(leaving = false): void {
  if (job === null) return;
  const id = job;
  if (!leaving && counting.peek()) counting.value = { ...counting.peek()!, state: 'cancelled' };
  job = null;
  void request(`${jobPlace(id)}/cancel`, { method: 'POST', keepalive: leaving }).catch(() => undefined);
}

// -- what is asked ---------------------------------------------------------------------------------------------------------------------
export const simulation = new Asked<Result>('/simulate', found => { if (found.job !== null && found.job !== undefined) void follow(found.job); });
export const distribution = new Asked<Distribution>('/distribution');
export const tests = new Asked<Tests>('/tests');
export const lint = new Asked<{ warnings: Warning[] }>('/lint');

/** Warnings at their paths; until they are there, the advice that came with the page. */
export const warnings = computed<Warning[]>(() => lint.found.value?.warnings ?? advice.value.map(each => ({ path: each.path, code: '', sentence: each.message, remedy: null })));
export const failing = computed(() => tests.found.value ? tests.found.value.of - tests.found.value.passed : 0);

export const proposalsFor = (dimension: string, more: Record<string, unknown>): Promise<Proposals | { problems: unknown[] }> =>
  send('POST', `${given.here}/proposals`, { draft: body.peek(), dimension, ...more });
export const testOf = (record: number): Promise<{ test: Json; sentence: string } | { problems: unknown[] }> => send('POST', `${given.here}/tests/record`, { draft: body.peek(), record });
export const correlationNow = (): Promise<Correlation | { problems: unknown[] }> => send('POST', `${given.here}/correlation`, { draft: body.peek() });

// -- a second draft beside this one ------------------------------------------------------------------------------------------------------
const BESIDE = `tierloom.beside:${given.here}`;
function remembered(): Json | null { try { return JSON.parse(sessionStorage.getItem(BESIDE) ?? 'null') as Json; } catch { return null; } }
export const beside = signal<Json | null>(remembered());
export function keepBeside(draft: Json | null): void {
  beside.value = draft;
  try { if (draft === null) sessionStorage.removeItem(BESIDE); else sessionStorage.setItem(BESIDE, JSON.stringify(draft)); } catch { /* storage may be switched off: it lasts for this page */ }
}

export function startAsking(): void {
  effect(() => {
    const draft = body.value;
    const sent = { draft, ...asOf(), ...(beside.value ? { compare: beside.value } : {}) };
    if (held.value) return;
    if (simulation.ask(sent)) { stopCounting(); counting.value = null; }
    lint.ask({ draft });
    tests.ask({ draft });
  });
  effect(() => {
    const dimension = dimensions.value[selectedDimension.value];
    const about = [dimension, ...['form', 'population', 'lanes'].map(name => at([name])), day.value, live.value.version, problems.value.length > 0];
    if (held.value || isException.value || !dimension) return;
    distribution.ask({ draft: body.peek(), dimension: String(dimension.key ?? ''), ...asOf() }, { rest: 200, about });
  });
  addEventListener('pagehide', () => stopCounting(true));
}

/** After publishing, everything is compared with another live version. */
export function askAgain(): void {
  for (const each of [simulation, distribution, tests, lint]) each.again();
}
