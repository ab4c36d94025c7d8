// The small things around a view: which settings a layout has, its link, and the form that changes many records.
import { $, $$, eachNow } from '../base/dom';
import { say } from '../base/texts';
import { toast } from '../base/toasts';

function followLayout(form: HTMLFormElement): void {
  const show = () => {
    const now = $<HTMLInputElement>('[name=as]:checked', form)?.value ?? 'list';
    for (const each of $$('[data-only-for]', form)) {
      each.hidden = !each.dataset.onlyFor!.split(' ').includes(now);
      for (const control of $$<HTMLSelectElement>('select', each)) control.disabled = each.hidden;
    }
  };
  form.addEventListener('change', show);
  show();
}

async function copyLink(button: HTMLElement): Promise<void> {
  try {
    await navigator.clipboard.writeText(new URL(button.dataset.copyLink!, location.origin).href);
    toast({ text: say('copied') });
  } catch {
    toast({ text: say('not_copied'), tone: 'care' });
  }
}

/** A number that was counted holds for what was counted: another value, field or choice of records has to be counted anew. */
function followBulk(form: HTMLFormElement): void {
  const spoil = () => { for (const each of $$('[data-bulk-counted]', form)) each.remove(); };
  form.addEventListener('input', spoil);
  form.addEventListener('change', event => {
    spoil();
    if ((event.target as Element).matches('[data-bulk-field]')) form.submit();
  });
}

export function startDialogs(): void {
  eachNow<HTMLFormElement>('[data-lay-out]', followLayout);
  eachNow<HTMLFormElement>('[data-bulk-edit]', followBulk);
  document.addEventListener('click', event => {
    const button = (event.target as Element).closest<HTMLElement>('[data-copy-link]');
    if (button) void copyLink(button);
  });
}
