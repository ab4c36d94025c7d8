// When the session is over: a small sign-in box over the page. What was typed stays, the request is sent again afterwards.
import { $ } from './dom';
import { onSessionOver, setCsrf } from './http';

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
  if (!answer.ok) return false;
  await freshToken();
  return true;
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

export function startSession(): void {
  onSessionOver(() => {
    asking ??= ask().finally(() => { asking = null; });
    return asking;
  });
}
