// Dragging with mouse, pen and finger: pointer events, a shadow of what is carried, and a mark where it would land. No layout moves meanwhile.
import { signal } from '@preact/signals';
import { $$ } from '../base/dom';
import { speak } from '../base/speak';
import { t } from '../designer/state';
import { columnKinds, fieldOf, fieldToColumn, focusOn, insertColumn, insertField, moveColumn, moveFields, moveSection, nameOf, only, type Spot } from './model';

export type Cargo = { is: 'new'; type: string } | { is: 'fields'; keys: readonly string[] } | { is: 'section'; n: number } | { is: 'column'; subform: string; key: string };
type Target = { is: 'spot'; spot: Spot; mark: Element; side: string } | { is: 'column'; subform: string; index: number; mark: Element; side: string } | { is: 'section'; to: number; mark: Element; side: string };
export interface Carried { cargo: Cargo; label: string; icon: string }

export const carried = signal<Carried | null>(null);
const NEAR = 5;
const HOLD = 280;
let target: Target | null = null;
let shadow: HTMLElement | null = null;

function mark(next: Target | null): void {
  if (target?.mark === next?.mark && target?.side === next?.side) { target = next; return; }
  target?.mark.removeAttribute('data-drop');
  next?.mark.setAttribute('data-drop', next.side);
  target = next;
}

/** Where among boxes that flow line by line a point falls: before the box at the index, the last of all at their count. */
export function indexAt(boxes: readonly DOMRect[], x: number, y: number, whole: number): number {
  const found = boxes.findIndex(box => y < box.top || (y <= box.bottom && (box.width > whole * 0.8 ? y < box.top + box.height / 2 : x < box.left + box.width / 2)));
  return found < 0 ? boxes.length : found;
}

function amongColumns(box: Element, x: number): Target {
  const columns = $$('[data-column]', box);
  const index = columns.findIndex(each => { const { left, width } = each.getBoundingClientRect(); return x < left + width / 2; });
  const place = index < 0 ? columns.length : index;
  return { is: 'column', subform: (box as HTMLElement).dataset.subform!, index: place, mark: columns[place] ?? columns.at(-1) ?? box, side: columns[place] ? 'before' : columns.length ? 'after' : 'into' };
}

function amongFields(section: HTMLElement, x: number, y: number): Target {
  const list = $$('[data-fd]', section);
  const index = indexAt(list.map(each => each.getBoundingClientRect()), x, y, section.clientWidth);
  return { is: 'spot', spot: { section: Number(section.dataset.section), index }, mark: list[index] ?? list.at(-1) ?? section, side: list[index] ? 'before' : list.length ? 'after' : 'into' };
}

function amongSections(y: number): Target | null {
  const all = $$('[data-section]');
  const index = all.findIndex(each => { const { top, height } = each.getBoundingClientRect(); return y < top + height / 2; });
  const place = index < 0 ? all.length : index;
  const beside = all[place] ?? all.at(-1);
  return beside ? { is: 'section', to: place, mark: beside, side: all[place] ? 'above' : 'below' } : null;
}

function fitsColumn(cargo: Cargo, subform: string): boolean {
  if (cargo.is === 'new') return cargo.type in columnKinds;
  if (cargo.is === 'column') return cargo.subform === subform;
  return cargo.is === 'fields' && cargo.keys.length === 1 && cargo.keys[0] !== subform && String(fieldOf(cargo.keys[0]!)?.type) in columnKinds;
}

function find(cargo: Cargo, x: number, y: number): Target | null {
  const under = document.elementFromPoint(x, y);
  if (cargo.is === 'section') return under?.closest('.fd-canvas') ? amongSections(y) : null;
  const rows = under?.closest('[data-subform]');
  if (rows && fitsColumn(cargo, (rows as HTMLElement).dataset.subform!)) return amongColumns(rows, x);
  if (cargo.is === 'column') return null;
  const section = under?.closest<HTMLElement>('[data-section]');
  if (section) return amongFields(section, x, y);
  const last = under?.closest('.fd-canvas') ? $$('[data-section]').findLast(each => each.getBoundingClientRect().top < y) : undefined;
  return last ? amongFields(last, x, y) : null;
}

function drop(cargo: Cargo, where: Target): void {
  if (cargo.is === 'section' && where.is === 'section') moveSection(cargo.n, where.to > cargo.n ? where.to - 1 : where.to);
  if (cargo.is === 'new' && where.is === 'spot') insertField(cargo.type, where.spot);
  if (cargo.is === 'new' && where.is === 'column') insertColumn(where.subform, cargo.type, where.index);
  if (cargo.is === 'fields' && where.is === 'spot') moveFields(cargo.keys, where.spot);
  if (cargo.is === 'fields' && where.is === 'column') fieldToColumn(cargo.keys[0]!, where.subform, where.index);
  if (cargo.is === 'column' && where.is === 'column') {
    const from = $$(`[data-subform="${CSS.escape(cargo.subform)}"] [data-column]`).findIndex(each => each.dataset.column === cargo.key);
    moveColumn(cargo.subform, cargo.key, where.index > from ? where.index - 1 : where.index);
  }
  speak(t('dropped', { what: carried.peek()?.label ?? '' }));
  if (only.peek()) focusOn(only.peek());
}

function follow(x: number, y: number): void {
  if (shadow) { shadow.style.setProperty('left', `${x + 10}px`); shadow.style.setProperty('top', `${y + 8}px`); }
}

function scrollNear(y: number): void {
  const pane = document.querySelector('.td-middle');
  const box = pane?.getBoundingClientRect();
  const [top, bottom] = [Math.max(box?.top ?? 0, 0), Math.min(box?.bottom ?? innerHeight, innerHeight)];
  const by = y < top + 48 ? -14 : y > bottom - 48 ? 14 : 0;
  if (!by) return;
  if (pane && pane.scrollHeight > pane.clientHeight + 1) pane.scrollBy(0, by); else scrollBy(0, by);
}

/** To be called when a pointer goes down on something that can be carried. A finger has to rest first, unless it is on a grip. */
export function press(event: PointerEvent, what: () => Carried, grip = false): void {
  if (event.button !== 0 || carried.peek() || event.ctrlKey || event.metaKey || event.shiftKey) return;
  const [x, y, id] = [event.clientX, event.clientY, event.pointerId];
  const isTouch = event.pointerType === 'touch';
  let timer = 0;
  const begin = (): void => {
    const found = what();
    carried.value = found;
    getSelection()?.removeAllRanges();
    shadow = document.createElement('div');
    shadow.className = 'fd-shadow';
    shadow.textContent = found.label;
    document.body.append(shadow);
    document.documentElement.classList.add('fd-dragging');
    follow(x, y);
    speak(t('lifted', { what: found.label }));
  };
  const move = (next: PointerEvent): void => {
    if (next.pointerId !== id) return;
    if (!carried.peek()) {
      const far = Math.hypot(next.clientX - x, next.clientY - y) > NEAR;
      if (isTouch && !grip) { if (far) end(); return; }
      if (!far) return;
      begin();
    }
    next.preventDefault();
    follow(next.clientX, next.clientY);
    scrollNear(next.clientY);
    mark(find(carried.peek()!.cargo, next.clientX, next.clientY));
  };
  const end = (): void => {
    clearTimeout(timer);
    removeEventListener('pointermove', move);
    removeEventListener('pointerup', up);
    removeEventListener('pointercancel', end);
    removeEventListener('keydown', escape, true);
    shadow?.remove();
    shadow = null;
    mark(null);
    document.documentElement.classList.remove('fd-dragging');
    carried.value = null;
  };
  const up = (next: PointerEvent): void => {
    if (next.pointerId !== id) return;
    const [now, where] = [carried.peek(), target];
    if (now && where) drop(now.cargo, where);
    if (now) addEventListener('click', swallow, { capture: true, once: true });
    if (now) setTimeout(() => removeEventListener('click', swallow, true), 50);
    end();
  };
  const escape = (key: KeyboardEvent): void => { if (key.key === 'Escape' && carried.peek()) { key.stopPropagation(); speak(t('cancelled')); end(); } };
  const swallow = (click: Event): void => { click.preventDefault(); click.stopPropagation(); };
  if (isTouch && !grip) timer = window.setTimeout(begin, HOLD);
  addEventListener('pointermove', move, { passive: false });
  addEventListener('pointerup', up);
  addEventListener('pointercancel', end);
  addEventListener('keydown', escape, true);
}

/** While something is carried the page must not scroll under the finger. */
export function startDragging(): void {
  document.addEventListener('touchmove', event => { if (carried.peek()) event.preventDefault(); }, { passive: false });
  document.addEventListener('contextmenu', event => { if (carried.peek()) event.preventDefault(); });
}

export const carryField = (key: string, keys: readonly string[], icon: string): Carried => {
  const all = keys.includes(key) ? keys : [key];
  return { cargo: { is: 'fields', keys: all }, label: all.length > 1 ? t('n_fields', { n: all.length }) : nameOf(fieldOf(key)), icon };
};
