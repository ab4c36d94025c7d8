// A question before what cannot be undone: names the number, may want it typed.
import { $ } from './dom';
import { say } from './texts';

export interface Question { title: string; text?: string; action: string; word?: string }

/** Asks in a dialog; true when the person went on. */
export function confirmed({ title, text = '', action, word }: Question): Promise<boolean> {
  const dialog = $<HTMLDialogElement>('#confirm')!;
  const button = $<HTMLButtonElement>('[data-action]', dialog)!;
  const input = $<HTMLInputElement>('#confirm-word', dialog)!;
  $('#confirm-title', dialog)!.textContent = title;
  $('[data-text]', dialog)!.textContent = text;
  button.textContent = action;
  input.value = '';
  $('[data-type]', dialog)!.hidden = !word;
  $('label', dialog)!.textContent = word ? say('confirm_type', { word }) : '';
  const check = () => { button.disabled = word !== undefined && input.value.trim() !== word; };
  input.oninput = check;
  check();
  dialog.returnValue = '';
  dialog.showModal();
  return new Promise(resolve => { dialog.onclose = () => resolve(dialog.returnValue === 'yes'); });
}

export function startConfirm(): void {
  const agreed = new WeakSet<Event['target'] & object>();
  document.addEventListener('submit', event => {
    const form = event.target as HTMLFormElement;
    const submitter = (event as SubmitEvent).submitter as HTMLElement | null;
    const asked = submitter?.dataset.confirm ? submitter : form.dataset.confirm ? form : null;
    if (!asked || agreed.delete(form)) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    const { confirm, confirmText, confirmAction, confirmType } = asked.dataset;
    void confirmed({ title: confirm!, text: confirmText, action: confirmAction ?? submitter?.textContent ?? '', word: confirmType })
      .then(yes => { if (yes) { agreed.add(form); form.requestSubmit(submitter as HTMLButtonElement | null); } });
  }, true);
  document.addEventListener('htmx:confirm', event => {
    const { elt, issueRequest } = (event as CustomEvent<{ elt: HTMLElement; issueRequest: (skip: boolean) => void }>).detail;
    if (elt instanceof HTMLFormElement || !elt.dataset.confirm) return;
    event.preventDefault();
    void confirmed({ title: elt.dataset.confirm, text: elt.dataset.confirmText, action: elt.dataset.confirmAction ?? elt.textContent ?? '', word: elt.dataset.confirmType })
      .then(yes => { if (yes) issueRequest(true); });
  });
}
