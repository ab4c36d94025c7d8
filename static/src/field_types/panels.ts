// What reaches beyond the record: a panel that shows records of another form, and a button that starts an automation.
import { $ } from '../base/dom';
import { fetchJson, request } from '../base/http';
import { speak } from '../base/speak';

const PAUSE = 400;

/** Fetches a panel's records, anew when the field changes that they must fit. */
export function startPanel(box: HTMLElement): void {
  const { panel, by } = box.dataset;
  const source = by ? $<HTMLInputElement>(`[name="${CSS.escape(by)}"]`, box.closest('form')!) : null;
  let asked = 0, timer = 0;
  const show = async (address: string, to: HTMLElement) => {
    const mine = ++asked;
    box.setAttribute('aria-busy', 'true');
    const answer = await request(address, { headers: { Accept: 'text/html' } });
    if (mine !== asked) return;
    box.removeAttribute('aria-busy');
    if (answer.ok) to.innerHTML = await answer.text();
  };
  const look = () => void show(source ? `${panel}?value=${encodeURIComponent(source.value)}` : panel!, box);
  source?.addEventListener('input', () => { clearTimeout(timer); timer = window.setTimeout(look, PAUSE); });
  source?.addEventListener('change', look);
  box.addEventListener('click', event => {
    const more = (event.target as HTMLElement).closest<HTMLElement>('[data-panel-next]');
    if (!more) return;
    const rest = document.createElement('div');
    const address = more.dataset.panelNext!;
    more.parentElement!.replaceWith(rest);
    void show(address, rest);
  });
  look();
}

interface Outcome { ended: boolean; well: boolean; said: string }

/** Sends the press once, waits for the run and says what came of it. */
export function startPress(form: HTMLFormElement): void {
  const button = $<HTMLButtonElement>('button', form)!;
  const note = $('[role=status]', form)!;
  form.addEventListener('submit', async event => {
    event.preventDefault();
    if (button.disabled || (form.dataset.ask && !window.confirm(form.dataset.ask))) return;
    button.disabled = true;
    note.textContent = form.dataset.running!;
    try {
      const answer = await request(form.action, { method: 'POST', body: new URLSearchParams(new FormData(form) as never) });
      const body = await answer.json() as { state?: string; detail?: string; title?: string };
      if (!answer.ok || !body.state) throw new Error(body.detail ?? body.title);
      const outcome = await ended(body.state);
      note.textContent = outcome.said || form.dataset.later!;
      speak(note.textContent);
      if (outcome.well) sessionStorage.setItem('pressed', note.textContent);
      if (outcome.well) location.reload();
    } catch (error) { note.textContent = (error as Error).message; }
  });
  const said = sessionStorage.getItem('pressed');
  if (said && form.matches('[data-press]:first-of-type')) { sessionStorage.removeItem('pressed'); note.textContent = said; speak(said); }
}

async function ended(state: string): Promise<Outcome> {
  for (let tries = 0; tries < 20; tries += 1) {
    const outcome = await fetchJson<Outcome>(state);
    if (outcome.ended) return outcome;
    await new Promise(done => setTimeout(done, Math.min(250 * (tries + 1), 2000)));
  }
  return { ended: false, well: false, said: '' };
}
