// Buttons that put a text into a box: the one they name, else the one in which somebody wrote last.
import { say } from './texts';
import { speak } from './speak';

type Box = HTMLTextAreaElement | HTMLInputElement;
const BOXES = 'textarea, input[type=text]';
let last: Box | null = null;

function boxOf(name: string): Box | null {
  const named = document.getElementById(name);
  if (named?.matches(BOXES)) return named as Box;
  if (last?.isConnected) return last;
  return document.querySelector<Box>('form textarea') ?? document.querySelector<Box>('.tl-entry .form-control[type=text]');
}

function insert(box: Box, text: string): void {
  const start = box.selectionStart ?? box.value.length;
  const end = box.selectionEnd ?? start;
  box.focus();
  box.setRangeText(box instanceof HTMLTextAreaElement ? text : text.replace(/\s*\n\s*/g, ' '), start, end, 'end');
  box.dispatchEvent(new Event('input', { bubbles: true }));
  speak(say('inserted'));
}

export function startInserting(): void {
  document.addEventListener('focusin', event => {
    const box = event.target as HTMLElement;
    if (box.matches(BOXES) && !box.closest('dialog')) last = box as Box;
  });
  document.addEventListener('click', event => {
    const from = (event.target as Element).closest<HTMLElement>('[data-insert]');
    const box = from && boxOf(from.dataset.insert ?? '');
    if (!from || !box) return;
    from.closest('dialog')?.close();
    insert(box, from.dataset.text ?? '');
  });
}
