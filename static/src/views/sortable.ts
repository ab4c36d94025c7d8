// A list whose lines are put in order: dragged by their grip with mouse, pen or finger, or moved with Alt and the arrow keys.
import { $$, eachNow } from '../base/dom';
import { speak } from '../base/speak';
import { say } from '../base/texts';

const items = (list: Element) => [...list.children].filter((each): each is HTMLElement => each instanceof HTMLElement && each.matches('[data-sort-item]'));
const told = (list: Element) => list.dispatchEvent(new CustomEvent('tierloom:sorted', { bubbles: true }));
const nameOf = (item: Element) => item.textContent?.trim().replace(/\s+/g, ' ') ?? '';

function place(list: Element, item: HTMLElement, y: number): void {
  const others = items(list).filter(each => each !== item);
  const next = others.find(each => { const { top, height } = each.getBoundingClientRect(); return y < top + height / 2; });
  if (next ? next.previousElementSibling !== item : list.lastElementChild !== item) list.insertBefore(item, next ?? null);
}

function drag(list: HTMLElement, item: HTMLElement, event: PointerEvent): void {
  const before = item.nextElementSibling;
  const move = (next: PointerEvent) => { next.preventDefault(); place(list, item, next.clientY); };
  const end = (back: boolean) => {
    removeEventListener('pointermove', move);
    removeEventListener('pointerup', drop);
    removeEventListener('pointercancel', cancel);
    removeEventListener('keydown', escape, true);
    item.classList.remove('tl-lifted');
    if (back) list.insertBefore(item, before);
    else told(list);
  };
  const drop = () => { end(false); speak(say('moved_to', { what: nameOf(item), n: items(list).indexOf(item) + 1 })); };
  const cancel = () => end(true);
  const escape = (key: KeyboardEvent) => { if (key.key === 'Escape') { key.preventDefault(); key.stopPropagation(); end(true); } };
  event.preventDefault();
  item.classList.add('tl-lifted');
  addEventListener('pointermove', move, { passive: false });
  addEventListener('pointerup', drop);
  addEventListener('pointercancel', cancel);
  addEventListener('keydown', escape, true);
}

function byKey(list: HTMLElement, event: KeyboardEvent): void {
  const item = (event.target as Element).closest<HTMLElement>('[data-sort-item]');
  if (!event.altKey || !item || !['ArrowUp', 'ArrowDown'].includes(event.key)) return;
  const all = items(list), at = all.indexOf(item), to = at + (event.key === 'ArrowUp' ? -1 : 1);
  event.preventDefault();
  if (to < 0 || to >= all.length) return;
  const focus = document.activeElement as HTMLElement | null;
  list.insertBefore(item, event.key === 'ArrowUp' ? all[to]! : all[to]!.nextElementSibling);
  focus?.focus();
  told(list);
  speak(say('moved_to', { what: nameOf(item), n: to + 1 }));
}

export function startSortables(): void {
  eachNow<HTMLElement>('[data-sortable]', list => {
    list.addEventListener('pointerdown', event => {
      const grip = (event.target as Element).closest('[data-sort-grip]');
      const item = grip?.closest<HTMLElement>('[data-sort-item]');
      if (item && event.button === 0) drag(list, item, event);
    });
    list.addEventListener('keydown', event => byKey(list, event));
    for (const grip of $$('[data-sort-grip]', list)) grip.addEventListener('touchmove', event => event.preventDefault(), { passive: false });
  });
}
