// Who else has this draft open. What they saved meanwhile comes in by itself where nothing of one's own is unsaved.
import { signal } from '@preact/signals';
import { request } from '../base/http';
import { catchUp, given, readFrom, saving } from './state';

export const here = signal<{ id: number; name: string; place: string }[]>([]);
const EVERY = 10_000;

interface Present { people: { id: number; name: string; place: string }[]; edit: number; stamp: number; live: number | null }

async function tell(place: string, gone = false): Promise<void> {
  const answer = await request(`${given.here}/presence`, { method: 'POST', keepalive: gone, headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ place, gone }) }).catch(() => null);
  if (gone || !answer?.ok) return;
  const said = await answer.json() as Present;
  here.value = said.people;
  const mine = readFrom();
  if (saving.peek() === 'still' && (said.edit !== mine.edit || said.stamp !== mine.stamp)) await catchUp();
}

/** `place` is the part of the draft that somebody works on. */
export function startPresence(place: () => string): void {
  void tell(place());
  setInterval(() => { if (document.visibilityState === 'visible') void tell(place()); }, EVERY);
  document.addEventListener('visibilitychange', () => { if (document.visibilityState === 'visible') void tell(place()); });
  addEventListener('pagehide', () => void tell(place(), true));
}
