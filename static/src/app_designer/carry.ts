// Carrying entries and blocks: with mouse, pen and finger, and by keyboard. Lists are [data-carry-list], their things [data-carry] in order.
import { $$ } from '../base/dom';
import { speak } from '../base/speak';
import { t } from './state';
import type { Spot } from './model';

export interface Cargo { label: string; from: Spot | null; drop: (to: Spot) => void }
const NEAR = 5, HOLD = 260;

interface Target { spot: Spot; mark: Element; side: string }

function find(kind: string, x: number, y: number): Target | null {
  const list = document.elementFromPoint(x, y)?.closest<HTMLElement>(`[data-carry-list][data-carry-kind="${kind}"]`);
  if (!list) return null;
  const all = $$('[data-carry]', list);
  const index = all.findIndex(each => { const { top, height } = each.getBoundingClientRect(); return y < top + height / 2; });
  const spot = { list: list.dataset.carryList!, index: index < 0 ? all.length : index };
  return { spot, mark: index < 0 ? all.at(-1) ?? list : all[index]!, side: index < 0 ? all.length ? 'below' : 'into' : 'above' };
}

/** To be called when a pointer goes down on something that can be carried to a list of this kind. */
export function press(event: PointerEvent, kind: string, cargo: () => Cargo, grip = false): void {
  if (event.button !== 0) return;
  const [x, y, id, isTouch] = [event.clientX, event.clientY, event.pointerId, event.pointerType === 'touch'];
  let shadow: HTMLElement | null = null, target: Target | null = null, held: Cargo | null = null, timer = 0;
  const mark = (next: Target | null) => { target?.mark.removeAttribute('data-drop'); next?.mark.setAttribute('data-drop', next.side); target = next; };
  const follow = (px: number, py: number) => { shadow?.style.setProperty('left', `${px + 10}px`); shadow?.style.setProperty('top', `${py + 8}px`); };
  const begin = () => {
    held = cargo();
    shadow = document.createElement('div');
    shadow.className = 'ad-shadow';
    shadow.textContent = held.label;
    document.body.append(shadow);
    getSelection()?.removeAllRanges();
    follow(x, y);
  };
  const move = (next: PointerEvent) => {
    if (next.pointerId !== id) return;
    if (!held) {
      if (Math.hypot(next.clientX - x, next.clientY - y) <= NEAR) return;
      if (isTouch && !grip) { end(); return; }
      begin();
    }
    next.preventDefault();
    follow(next.clientX, next.clientY);
    if (next.clientY > innerHeight - 60) scrollBy(0, 12); else if (next.clientY < 110) scrollBy(0, -12);
    mark(find(kind, next.clientX, next.clientY));
  };
  const end = () => {
    clearTimeout(timer);
    removeEventListener('pointermove', move);
    removeEventListener('pointerup', up);
    removeEventListener('pointercancel', end);
    removeEventListener('keydown', escape, true);
    document.removeEventListener('touchmove', hold);
    shadow?.remove();
    mark(null);
    held = null;
  };
  const up = (next: PointerEvent) => {
    if (next.pointerId !== id) return;
    const [now, where] = [held, target?.spot];
    end();
    if (!now) return;
    const swallow = (click: Event) => { click.preventDefault(); click.stopPropagation(); };
    addEventListener('click', swallow, { capture: true, once: true });
    setTimeout(() => removeEventListener('click', swallow, true), 50);
    if (where) { now.drop(where); speak(t('dropped', { what: now.label })); }
  };
  const escape = (key: KeyboardEvent) => { if (key.key === 'Escape' && held) { key.stopPropagation(); end(); speak(t('cancelled')); } };
  const hold = (touch: TouchEvent) => { if (held) touch.preventDefault(); };
  if (isTouch && !grip) timer = window.setTimeout(begin, HOLD);
  addEventListener('pointermove', move, { passive: false });
  addEventListener('pointerup', up);
  addEventListener('pointercancel', end);
  addEventListener('keydown', escape, true);
  document.addEventListener('touchmove', hold, { passive: false });
}
