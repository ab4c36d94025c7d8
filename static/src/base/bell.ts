// The bell asks now and then how many notifications are unread: one small request, answered with 304 as long as nothing has changed.
import { $, $$ } from './dom';
import { speak } from './speak';

const EVERY = 30_000;
const STILL = 5 * 60_000; // a page that nobody looks at asks rarely
let tag = '';

function show(bell: HTMLElement, unread: number): void {
  if (Number(bell.dataset.bell) === unread) return;
  const label = unread ? `${bell.dataset.label} (${unread})` : bell.dataset.label!;
  if (unread > Number(bell.dataset.bell)) speak(label);
  bell.dataset.bell = String(unread);
  bell.setAttribute('aria-label', label);
  for (const dot of $$('.tl-dot', bell)) dot.hidden = unread === 0;
}

async function ask(bell: HTMLElement): Promise<void> {
  // the browser's own cache would hide the 304 from us: no harm, but then we send the tag ourselves
  const headers: Record<string, string> = { Accept: 'application/json' };
  if (tag) headers['If-None-Match'] = tag;
  const answer = await fetch('/notifications/count', { credentials: 'same-origin', cache: 'no-store', headers }).catch(() => null);
  if (answer === null || answer.status !== 200) return; // nothing new, no network, or the session is over: the next click says so
  tag = answer.headers.get('ETag') ?? '';
  show(bell, ((await answer.json()) as { unread: number }).unread);
}

export function startBell(): void {
  const bell = $<HTMLElement>('[data-bell]');
  if (!bell) return;
  let last = Date.now();
  const look = () => { last = Date.now(); void ask(bell); };
  setInterval(() => { if (!document.hidden || Date.now() - last > STILL) look(); }, EVERY);
  document.addEventListener('visibilitychange', () => { if (!document.hidden && Date.now() - last > EVERY) look(); });
}
