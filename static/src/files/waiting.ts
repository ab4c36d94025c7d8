// A form is not sent while one of its files is still on the way; it goes by itself once the last has arrived. Nor is one sent, except as a draft,
// in which a file did not arrive: it would be missing without a word.
import { toast } from '../base/toasts';

const waiting = new Map<HTMLFormElement, { under: number; wanted: HTMLElement | null | undefined }>();

function stateOf(form: HTMLFormElement, sentence: string) {
  const known = waiting.get(form);
  if (known) return known;
  const state: { under: number; wanted: HTMLElement | null | undefined } = { under: 0, wanted: undefined };
  waiting.set(form, state);
  form.addEventListener('submit', event => {
    if (!state.under) {
      const left = (event.submitter as HTMLButtonElement | null)?.formNoValidate ? null : form.querySelector<HTMLElement>('[data-file-left]');
      if (!left) return;
      event.preventDefault();
      event.stopImmediatePropagation();
      toast({ text: left.dataset.fileLeft!, tone: 'care' });
      left.querySelector('button')?.focus();
      return;
    }
    event.preventDefault();
    event.stopImmediatePropagation();
    state.wanted = event.submitter;
    toast({ text: sentence, tone: 'care' });
  }, true);
  return state;
}

/** Says that something is on its way; gives what to call when it has arrived (true) or was given up (false). */
export function underWay(form: HTMLFormElement | null, sentence: string): (arrived: boolean) => void {
  if (!form) return () => {};
  const state = stateOf(form, sentence);
  state.under += 1;
  return arrived => {
    state.under -= 1;
    if (!arrived) state.wanted = undefined;
    if (state.under || state.wanted === undefined) return;
    const by = state.wanted;
    state.wanted = undefined;
    form.requestSubmit(by);
  };
}
