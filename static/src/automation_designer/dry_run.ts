// Dry runs: one record, or a past period slice by slice. Stopping is not asking for the next slice.
import { batch, signal } from '@preact/signals';
import { send } from '../base/http';
import { body, given, type Problem } from '../designer/state';
import type { Chosen, Part } from '../formula_editor/server';

export interface Changed { form: string; record: number; title: string; label: string; kind: string; fields: { label: string; before: string; after: string }[] }
export interface Step { place: string; type: string; words: string; state: string; label: string; message: string; changes: Changed[]; messages: { to: string; subject: string; body: string }[]; sends: { name: string; value: string }[] }
export interface Case { record: number | null; event: number | null; at: number | null }
export interface Tried extends Case { title: string; moment: string | null; state: string; reason: string | null; explanation: Part | null; broken_off: boolean; steps: Step[] }
interface Slice { impossible: string | null; forgotten: string | null; since: string; until: string; matched: number; runs: number; skipped: number; failed: number; reasons: Record<string, number>; samples: Case[]; next: string | null; done: number; of: number }
export interface Past { since: string; until: string; forgotten: string | null; matched: number; runs: number; skipped: number; failed: number; reasons: Record<string, number>; done: number; of: number; stopped: boolean }

const SAMPLE = 30;
export const mode = signal<'record' | 'past'>('past');
/** `1`, `7`, `30`, `month`, or `own`: from the first to the last day. */
export const period = signal('30');
export const first = signal('');
export const last = signal('');
export const chosen = signal<Chosen[]>([]);
export const MOST_CHOSEN = 30;
export const busy = signal(false);
export const why = signal('');
export const faulty = signal(false);
/** What became of the chosen records. */
export const several = signal<Tried[]>([]);
export const past = signal<Past | null>(null);
export const tried = signal<Tried[]>([]);
export const shownCase = signal(0);
let flight: AbortController | null = null;

async function ask<T>(place: string, sent: Record<string, unknown>, signal: AbortSignal): Promise<T | null> {
  const answer = await send<T | { problems: Problem[] }>('POST', `${given.here}/dry-run/${place}`, { ...sent, draft: body.peek() }, signal);
  if ('problems' in (answer as object)) { faulty.value = true; return null; }
  faulty.value = false;
  return answer as T;
}

async function working(act: (signal: AbortSignal) => Promise<void>): Promise<void> {
  flight?.abort();
  const own = flight = new AbortController();
  batch(() => { busy.value = true; why.value = ''; });
  try { await act(own.signal); } catch (error) { if (!own.signal.aborted) why.value = error instanceof Error ? error.message : ''; }
  if (flight === own) { busy.value = false; flight = null; }
}

/** The chosen records, one after the other; a single one, or none where it is about none, also against its condition. */
export const tryChosen = (anyway = false): Promise<void> => working(async signal => {
  const records = chosen.value.map(each => each.record);
  if (records.length > 1) {
    const found = await ask<{ tried: Tried[] }>('records', { records }, signal);
    if (found) several.value = found.tried;
    return;
  }
  const found = await ask<Tried>('record', { record: records[0] ?? null, anyway }, signal);
  if (found) several.value = [found];
});

/** As many as fit, evenly spread over all that were offered. */
const evenly = (all: Case[]): Case[] => all.length <= SAMPLE ? all : Array.from({ length: SAMPLE }, (_, n) => all[Math.floor(n * all.length / SAMPLE)]!);

export const tryPast = (): Promise<void> => working(async signal => {
  let begin = '', samples: Case[] = [];
  batch(() => { past.value = null; tried.value = []; shownCase.value = 0; });
  for (;;) {
    const part = await ask<Slice>('past', { period: period.value === 'own' ? `${first.value}..${last.value}` : period.value, begin }, signal);
    if (!part) return;
    if (part.impossible) { why.value = part.impossible; return; }
    const was = past.value;
    const reasons = { ...was?.reasons };
    for (const [text, n] of Object.entries(part.reasons)) reasons[text] = (reasons[text] ?? 0) + n;
    past.value = {
      since: part.since, until: part.until, forgotten: part.forgotten, done: part.done, of: part.of, stopped: false, reasons, matched: (was?.matched ?? 0) + part.matched, runs: (was?.runs ?? 0) + part.runs,
      skipped: (was?.skipped ?? 0) + part.skipped, failed: (was?.failed ?? 0) + part.failed,
    };
    samples = [...samples, ...part.samples];
    if (part.next === null) break;
    begin = part.next;
  }
  if (!samples.length) return;
  const found = await ask<{ tried: Tried[] }>('cases', { cases: evenly(samples) }, signal);
  if (found) tried.value = found.tried;
});

export function stop(): void {
  flight?.abort();
  flight = null;
  batch(() => { busy.value = false; if (past.value && past.value.done < past.value.of) past.value = { ...past.value, stopped: true }; });
}
