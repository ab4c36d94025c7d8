// Buttons that open and close <dialog>s, copy, choose the theme; selects that send their form.
import { $, eachNow } from './dom';
import { say } from './texts';
import { toast } from './toasts';

async function copy(text: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
    toast({ text: say('copied') });
  } catch {
    toast({ text: say('not_copied'), tone: 'care' });
  }
}

function chooseTheme(choice: string): void {
  try {
    if (choice === 'auto') localStorage.removeItem('tierloom.theme'); else localStorage.setItem('tierloom.theme', choice);
  } catch { /* storage may be switched off; the choice then lasts for this page */ }
  document.dispatchEvent(new CustomEvent('tierloom:theme'));
  showTheme();
}

function showTheme(): void {
  let choice = 'auto';
  try { choice = localStorage.getItem('tierloom.theme') ?? 'auto'; } catch { /* as above */ }
  for (const button of document.querySelectorAll<HTMLElement>('[data-theme-choice]')) {
    const chosen = button.dataset.themeChoice === choice;
    button.setAttribute('aria-pressed', String(chosen));
    button.classList.toggle('active', chosen);
  }
}

export function startDialogs(): void {
  document.addEventListener('click', event => {
    const from = (event.target as Element).closest<HTMLElement>('[data-dialog],[data-dialog-close],[data-copy],[data-theme-choice]');
    if (!from) {
      if (event.target instanceof HTMLDialogElement && event.target.matches('.tl-jump, #keys')) event.target.close();
      return;
    }
    const { dialog, copy: text, themeChoice } = from.dataset;
    if (dialog) $<HTMLDialogElement>(dialog)?.showModal();
    else if (text !== undefined) void copy(text);
    else if (themeChoice) chooseTheme(themeChoice);
    else from.closest('dialog')?.close();
  });
  document.addEventListener('change', event => {
    const control = (event.target as Element).closest<HTMLInputElement>('[data-submit]');
    control?.form?.requestSubmit();
  });
  document.addEventListener('submit', event => {
    const button = (event as SubmitEvent).submitter as HTMLButtonElement | null;
    if (!event.defaultPrevented && button?.dataset.busy !== undefined) setTimeout(() => { button.disabled = true; });
  });
  addEventListener('pageshow', () => { for (const button of document.querySelectorAll<HTMLButtonElement>('[data-busy]')) button.disabled = false; });
  eachNow('[data-theme-choice]', showTheme);
  const banner = $('[data-offline]');
  if (banner) {
    const show = () => { banner.hidden = navigator.onLine; };
    addEventListener('online', show);
    addEventListener('offline', show);
    show();
  }
}
