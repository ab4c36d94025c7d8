// The pages of approvals: keys a, r, j and k where nobody is writing, what the phone's bar unfolds, and how many are picked in the list.
import './css/approvals.css';
import { isWriting } from './base/dom';
import { request } from './base/http';
import { speak } from './base/speak';

/** The visible one of those with a key: the phone's bar and the page may both have it. */
function keyed(key: string): HTMLElement | undefined {
  return [...document.querySelectorAll<HTMLElement>(`[data-case="${key}"]`)].find(each => each.offsetParent !== null);
}

function unfold(details: HTMLElement | null | undefined): void {
  if (!(details instanceof HTMLDetailsElement)) return;
  details.open = true;
  details.scrollIntoView({ block: 'center' });
  details.querySelector<HTMLElement>('select, input:not([type=hidden])')?.focus({ preventScroll: true });
}

addEventListener('keydown', event => {
  if (event.isComposing || event.defaultPrevented || event.repeat || event.ctrlKey || event.metaKey || event.altKey || isWriting(event.target)) return;
  if (!/^[arjk]$/.test(event.key) || document.querySelector('dialog[open]')) return;
  const found = keyed(event.key);
  if (!found) return;
  event.preventDefault();
  if (found instanceof HTMLDetailsElement) unfold(found);
  else { found.focus(); found.click(); }
});

for (const each of document.querySelectorAll<HTMLElement>('[data-unfold]')) {
  each.addEventListener('click', event => { event.preventDefault(); unfold(document.getElementById(each.dataset.unfold ?? '')); });
}

for (const form of document.querySelectorAll<HTMLFormElement>('[data-together]')) {
  const boxes = [...form.querySelectorAll<HTMLInputElement>('[name=task]')];
  const count = () => {
    const picked = boxes.filter(each => each.checked).length;
    for (const each of form.querySelectorAll<HTMLElement>('[data-picked]')) each.textContent = `${picked} / ${boxes.length}`;
    for (const each of form.querySelectorAll<HTMLButtonElement>('[name=act]')) each.disabled = !picked;
  };
  form.querySelector('[data-pick-all]')?.addEventListener('click', () => {
    const all = boxes.every(each => each.checked);
    for (const each of boxes) each.checked = !all;
    count();
  });
  form.addEventListener('change', count);
  count();
  addEventListener('pageshow', count);
}

document.querySelector('[data-print]')?.addEventListener('click', () => window.print());

// -- what happens meanwhile -----------------------------------------------------------------------------------------------------------
interface Standing { counts: Record<string, string>; run?: { acts: number; standing: string } }
const EVERY = 20_000;

/** The counts, the tab's title, and a line that says so where somebody has acted since: what is on the page stays as it is. */
function follow(place: HTMLElement): void {
  const { run, box } = place.dataset, todo = document.querySelector<HTMLElement>('[data-count=todo]');
  const shows = (line: HTMLElement | null) => { if (line?.hidden) { line.hidden = false; speak(line.textContent?.trim() ?? ''); } };
  let said = place.dataset.said ?? '', asking = false;
  const look = async () => {
    if (document.hidden || asking) return;
    asking = true;
    const answer = await request(`/approvals/standing${run ? `?run=${run}` : ''}`).catch(() => null);
    asking = false;
    if (!answer?.ok) return;
    const found = await answer.json() as Standing;
    for (const each of document.querySelectorAll<HTMLElement>('[data-count]')) {
      const now = found.counts[each.dataset.count ?? ''] ?? '';
      if (each.textContent === now) continue;
      if (each === todo) document.title = `${now ? `(${now}) ` : ''}${document.title.replace(/^\(\d+\+?\) /, '')}`;
      if (each.dataset.count === box) shows(document.querySelector<HTMLElement>('[data-more]'));
      each.textContent = now;
    }
    if (!found.run || found.run.acts === Number(place.dataset.acts)) return;
    document.title = document.title.replace(`· ${said}`, `· ${found.run.standing}`);
    said = found.run.standing;
    shows(place);
  };
  setInterval(() => void look(), EVERY);
  document.addEventListener('visibilitychange', () => void look());
  addEventListener('focus', () => void look());
}

const followed = document.querySelector<HTMLElement>('[data-standing]');
if (followed) follow(followed);
