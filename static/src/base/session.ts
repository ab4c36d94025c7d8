// When the session is over: a small sign-in box over the page. What was typed stays, the request is sent again afterwards.
import { $ } from './dom';
import { askForSession, onSessionOver, setCsrf } from './http';
import { say } from './texts';
import { toast } from './toasts';

let asking: Promise<boolean> | null = null;

async function freshToken(): Promise<void> {
  const answer = await fetch(location.href, { credentials: 'same-origin', headers: { Accept: 'text/html' } });
  const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
  const token = page.querySelector<HTMLMetaElement>('meta[name=csrf-token]')?.content;
  if (token) setCsrf(token);
}

async function signIn(form: HTMLFormElement): Promise<boolean> {
  const post = () => fetch(form.action, {
    method: 'POST', credentials: 'same-origin', redirect: 'follow', body: new FormData(form),
    headers: { Accept: 'application/json', 'X-CSRFToken': $<HTMLMetaElement>('meta[name=csrf-token]')?.content ?? '' },
  });
  let answer = await post();
  if (answer.status === 400) { await freshToken(); answer = await post(); }
  if (!answer.ok) {
    const body = await answer.json().catch(() => ({})) as { detail?: string };
    if (body.detail) $('[data-problem]', form)!.textContent = body.detail;
    return false;
  }
  await freshToken();
  return true;
}

async function holds(): Promise<'yes' | 'no' | 'unknown'> {
  const answer = await fetch('/session', { credentials: 'same-origin', headers: { Accept: 'application/json' } }).catch(() => null);
  return answer === null ? 'unknown' : answer.status === 401 ? 'no' : 'yes';
}

function ask(): Promise<boolean> {
  const dialog = $<HTMLDialogElement>('#session');
  if (!dialog) { location.assign(`/sign-in?next=${encodeURIComponent(location.pathname + location.search)}`); return Promise.resolve(false); }
  const form = $<HTMLFormElement>('form', dialog)!;
  const problem = $('[data-problem]', dialog)!;
  problem.hidden = true;
  dialog.showModal();
  return new Promise(resolve => {
    let done = false;
    form.onsubmit = async event => {
      event.preventDefault();
      done = await signIn(form).catch(() => false);
      problem.hidden = done;
      if (done) dialog.close(); else $<HTMLInputElement>('#session-password')?.select();
    };
    dialog.onclose = () => { $<HTMLInputElement>('#session-password')!.value = ''; resolve(done); };
  });
}

/** A form that somebody has filled in is sent only while the session holds: the answer takes the page's place, and what was typed with it. */
function guardForms(): void {
  const looking = new WeakSet<HTMLFormElement>();
  const good = new WeakSet<HTMLFormElement>();
  document.addEventListener('submit', async event => {
    const form = event.target as HTMLFormElement;
    if (!form.matches('form[data-guard], form[data-keep]:not([data-public])') || form.method !== 'post' || event.defaultPrevented) return;
    if (good.delete(form)) return;
    event.preventDefault();
    event.stopImmediatePropagation(); // nothing has been sent yet: no button shall look busy, no guard lie down
    if (looking.has(form)) return;
    looking.add(form);
    const state = await holds();
    if (state === 'unknown') toast({ text: say('offline'), tone: 'care' });
    const going = state === 'yes' || (state === 'no' && await askForSession());
    looking.delete(form);
    if (!going) return;
    good.add(form);
    form.requestSubmit((event as SubmitEvent).submitter);
    good.delete(form);
  }, true);
}

export function startSession(): void {
  guardForms();
  onSessionOver(() => {
    asking ??= ask().finally(() => { asking = null; });
    return asking;
  });
}
