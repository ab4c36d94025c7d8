// Who else has this draft open. What they saved meanwhile comes in by itself where nothing of one's own is unsaved.
import { signal } from '@preact/signals';
import { request } from '../base/http';
import { catchUp, given, readFrom, saving } from '../designer/state';
import { selected } from './model';

export const here = signal<{ id: number; name: string; place: string }[]>([]);
const EVERY = 10_000;

interface Present { people: { id: number; name: string; place: string }[]; edit: number; stamp: number; live: number | null }

async function tell(gone = false): Promise<void> {
  const answer = await request(`${given.here}/presence`, { method: 'POST', keepalive: gone, headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ place: selected.peek()[0] ?? '', gone }) }).catch(() => null);
  if (gone || !answer?.ok) return;
  const said = await answer.json() as Present;
  here.value = said.people;
  const mine = readFrom();
  if (saving.peek() === 'still' && (said.edit !== mine.edit || said.stamp !== mine.stamp)) await catchUp();
}

export function startPresence(): void {
  void tell();
  setInterval(() => { if (document.visibilityState === 'visible') void tell(); }, EVERY);
  document.addEventListener('visibilitychange', () => { if (document.visibilityState === 'visible') void tell(); });
  addEventListener('pagehide', () => void tell(true));
}
