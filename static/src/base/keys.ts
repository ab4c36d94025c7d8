// Keys of the whole page. Single letters count only where nobody is writing and no layer is open.
import { $, isWriting } from './dom';
import { openJump } from './jump';

let waiting = 0;

function follow(address: string | undefined): void { if (address) location.assign(address); }

/** g h, g t, g c: home, to-dos, first form. */
function second(key: string): void {
  waiting = 0;
  const { home, first } = document.documentElement.dataset;
  follow(key === 'h' ? home ?? '/' : key === 't' ? '/tasks' : key === 'c' ? first : undefined);
}

const ACTS: Record<string, () => boolean> = {
  '/': () => { const box = $<HTMLInputElement>('[data-search]'); box?.focus(); box?.select(); return !!box; },
  '?': () => { $<HTMLDialogElement>('#keys')?.showModal(); return true; },
  f: () => press('[data-add-condition]'),
  '[': () => press('[data-previous]'),
  ']': () => press('[data-next]'),
  g: () => { waiting = Date.now(); return true; },
};

function press(selector: string): boolean {
  const found = $(selector);
  found?.focus();
  found?.click();
  return !!found;
}

export function startKeys(): void {
  document.addEventListener('keydown', event => {
    if (event.isComposing || event.defaultPrevented) return;
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 'k') {
      if (openJump()) event.preventDefault();
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey || isWriting(event.target) || $('dialog[open]')) return;
    if (waiting && Date.now() - waiting < 1500) { event.preventDefault(); second(event.key); return; }
    if (ACTS[event.key]?.()) event.preventDefault();
  });
  document.addEventListener('click', event => {
    if ((event.target as Element).closest('[data-keys]')) $<HTMLDialogElement>('#keys')?.showModal();
  });
}
