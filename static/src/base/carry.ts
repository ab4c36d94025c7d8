// Carrying something to another place with mouse, pen or finger: the one way in which anything of ours is dragged.
//
//   thing.addEventListener('pointerdown', event => carry(event, () => ({
//     label: 'Visit Ms Li',                                 // said by the shadow under the pointer; null: no shadow, such as for stretching an edge
//     find: (x, y) => { const day = …; return day && { mark: day, side: 'into', day }; },   // the place under this point of the window, if it is one
//     drop: place => void moveTo(place.day),                // once, where it is let go over a place
//     pane: () => scroller,                                 // what scrolls while the pointer rests near its edge; without it the window, up and down
//     lift: () => thing.classList.add('tl-lifted'), settle: () => thing.classList.remove('tl-lifted'),   // settle follows each lift, dropped or not
//     said: { lifted: …, dropped: …, left: … },             // spoken by the live region; leave out what somebody else says
//   }), { grip: onItsGrip }));
//
// The rules: a mouse carries after 5 px; a finger has to rest first, so that the page can still be scrolled with it, unless it is on a grip
// (`touch-action: none` in its CSS). The place found last has `data-spot="<side>"` on its `mark`, which is what the CSS of a list paints; nothing moves
// meanwhile. Escape, a second finger or a cancelled pointer put everything back. The click that ends a carrying is nobody's click.
// Whoever uses this also offers the same by keyboard (Space lifts, arrows move, Space drops, Escape puts back) and by a menu.
import { make } from './dom';
import { speak } from './speak';

export interface Place { mark: Element; side: 'before' | 'after' | 'above' | 'below' | 'into' }

export interface Carrying<P extends Place> {
  label: string | null;
  find: (x: number, y: number) => P | null;
  drop: (place: P) => void;
  pane?: () => Element | null;
  lift?: () => void;
  settle?: () => void;
  said?: { lifted?: string; dropped?: string; left?: string };
}

const NEAR = 5, HOLD = 260, EDGE = 48, STEP = 14;
/** The bar over the page covers so much of the window. */
const TOP = 60;
let busy = false;
// While something is carried the page must not scroll under the finger; a listener added once a touch has begun is not heeded everywhere.
document.addEventListener('touchmove', event => { if (busy && event.cancelable) event.preventDefault(); }, { passive: false });
document.addEventListener('contextmenu', event => { if (busy) event.preventDefault(); });

const towards = (at: number, from: number, to: number): number => at < from + EDGE ? -STEP : at > to - EDGE ? STEP : 0;
const canScroll = (pane: Element): boolean => pane.scrollHeight > pane.clientHeight + 1 || pane.scrollWidth > pane.clientWidth + 1;

/** Scrolls what is near its edge by one step, and says whether anything moved. */
function scrollNear(pane: Element | null, x: number, y: number): boolean {
  if (!pane || !canScroll(pane)) {
    const before = scrollY;
    scrollBy(0, towards(y, TOP, innerHeight));
    return scrollY !== before;
  }
  const box = pane.getBoundingClientRect(), before = [pane.scrollLeft, pane.scrollTop];
  pane.scrollBy(towards(x, Math.max(box.left, 0), Math.min(box.right, innerWidth)), towards(y, Math.max(box.top, 0), Math.min(box.bottom, innerHeight)));
  return pane.scrollLeft !== before[0] || pane.scrollTop !== before[1];
}

function swallowClick(): void {
  const swallow = (click: Event): void => { click.preventDefault(); click.stopPropagation(); };
  addEventListener('click', swallow, { capture: true, once: true });
  setTimeout(() => removeEventListener('click', swallow, true), 50);
}

/** To be called when a pointer goes down on something that can be carried; `what` is asked only once it is really lifted. */
export function carry<P extends Place>(event: PointerEvent, what: () => Carrying<P>, { grip = false } = {}): void {
  if (event.button !== 0 || busy) return;
  const { pointerId: id, pointerType, clientX, clientY } = event;
  const rests = pointerType === 'touch' && !grip;
  const gone = new AbortController(), listen = { signal: gone.signal };
  let held: Carrying<P> | null = null, shadow: HTMLElement | null = null, place: P | null = null, x = clientX, y = clientY, timer = 0, frame = 0;

  const mark = (next: P | null): void => {
    if (place && (place.mark !== next?.mark || place.side !== next.side)) place.mark.removeAttribute('data-spot');
    next?.mark.setAttribute('data-spot', next.side);
    place = next;
  };
  const follow = (): void => {
    shadow?.style.setProperty('left', `${x + 10}px`);
    shadow?.style.setProperty('top', `${y + 8}px`);
    mark(held!.find(x, y));
  };
  const everyFrame = (): void => {
    if (scrollNear(held!.pane?.() ?? null, x, y)) mark(held!.find(x, y));
    frame = requestAnimationFrame(everyFrame);
  };
  const lift = (): void => {
    if (busy) { settle(); return; }
    busy = true;
    held = what();
    getSelection()?.removeAllRanges();
    document.documentElement.classList.add('tl-carrying');
    if (held.label !== null) document.body.append(shadow = make('div', { class: 'tl-carried' }, held.label));
    held.lift?.();
    if (held.said?.lifted) speak(held.said.lifted);
    follow();
    frame = requestAnimationFrame(everyFrame);
  };
  const settle = (): void => {
    clearTimeout(timer);
    cancelAnimationFrame(frame);
    gone.abort();
    if (!held) return;
    busy = false;
    shadow?.remove();
    mark(null);
    document.documentElement.classList.remove('tl-carrying');
    held.settle?.();
    held = null;
  };
  const leave = (): void => { const said = held?.said?.left; settle(); if (said) speak(said); };
  const move = (next: PointerEvent): void => {
    if (next.pointerId !== id) return;
    const far = Math.hypot(next.clientX - clientX, next.clientY - clientY) > NEAR;
    if (!held && (rests || !far)) { if (far) settle(); return; }
    [x, y] = [next.clientX, next.clientY];
    if (!held) lift();
    if (!held) return;
    next.preventDefault();
    follow();
  };
  const up = (next: PointerEvent): void => {
    if (next.pointerId !== id) return;
    const [what, where] = [held, place];
    settle();
    if (!what) return;
    swallowClick();
    if (where) what.drop(where);
    const said = where ? what.said?.dropped : what.said?.left;
    if (said) speak(said);
  };
  if (rests) timer = window.setTimeout(lift, HOLD);
  addEventListener('pointermove', move, { ...listen, passive: false });
  addEventListener('pointerup', up, listen);
  addEventListener('pointercancel', next => { if (next.pointerId === id) leave(); }, listen);
  addEventListener('pointerdown', next => { if (next.pointerId !== id) leave(); }, listen);
  addEventListener('keydown', key => { if (key.key === 'Escape' && held) { key.preventDefault(); key.stopPropagation(); leave(); } }, { ...listen, capture: true });
}
