// The drawing: cards and lines that can be panned, zoomed, dragged and walked along with the arrow keys.
import { computed, effect, signal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { carry, type Place } from '../base/carry';
import { speak } from '../base/speak';
import { Icon } from '../designer/icon';
import { pane } from '../designer/frame';
import { shown, t, undo, wide } from '../designer/state';
import { conditionWords, readConditions } from '../form_designer/conditions';
import { Plus } from './adding';
import { drawn, pathOf, type Box, type Direction } from './layout';
import { canEnd, connect, duplicate, faultsOfLine, faultsOfNode, fromOf, insertAfter, insertAt, insertOn, keyOf, kindIcon, kindName, lifted, lines, nameOf, nodeOf, nodes, numbersIn, numbersOut, onBring, passingOf, putAt, remove, removeLine, resultOf, resultsOf, selected, tidy, toOf, whenOf } from './model';
import { followed, saidOf, visits, visitsOf } from './words';

// -- where everything stands --------------------------------------------------------------------------------------------------------------
const WIDTH = 224, LINE = 18;
export const direction = signal<Direction | null>(null);
const room = signal({ w: 0, h: 0 });
const heading = computed<Direction>(() => direction.value ?? (room.value.w > 1150 && room.value.w > room.value.h * 1.9 ? 'right' : 'down'));
const moving = signal<{ key: string; dx: number; dy: number } | null>(null);
const wire = signal<{ from: string; x: number; y: number } | null>(null);

/** What a card says below its name: who, until when; while simulated by name who would be asked; the first thing that is wrong. */
export function linesOf(key: string): { text: string; tone: '' | 'who' | 'bad' }[] {
  const found = (saidOf(key)?.lines ?? []).map(text => ({ text, tone: '' as const }));
  const seen = visitsOf(key);
  const names = seen.flatMap(each => [...each.people.map(one => one.name), ...each.told, ...(each.until ? [each.until] : [])]);
  const fault = faultsOfNode(key)[0];
  return [...found, ...(names.length ? [{ text: [...new Set(names)].join(t('comma')), tone: 'who' as const }] : []), ...(fault ? [{ text: fault, tone: 'bad' as const }] : [])];
}

const drawing = computed(() => {
  const sizes = nodes.value.map(each => {
    const key = keyOf(each), at = Array.isArray(each.at) && each.at.length === 2 && each.at.every(one => typeof one === 'number') ? each.at as [number, number] : null;
    const from = moving.value?.key === key && at ? [at[0] + moving.value.dx, at[1] + moving.value.dy] as [number, number] : at;
    return { key, w: WIDTH, h: linesOf(key).length ? 34 + LINE * linesOf(key).length : 40, at: from };
  });
  return drawn(sizes, lines.value.map(each => ({ from: fromOf(each), to: toOf(each) })), heading.value);
});
const boxOf = (key: string): Box => drawing.value.boxes.get(key) ?? { x: 0, y: 0, w: WIDTH, h: 52 };

// -- looking ------------------------------------------------------------------------------------------------------------------------------
export const view = signal({ x: 40, y: 24, z: 1 });
/** Smaller than this nothing is drawn unasked. */
const READABLE = 0.6;
const clamp = (z: number): number => Math.min(1.6, Math.max(0.25, z));
export function zoom(by: number, x = room.peek().w / 2, y = room.peek().h / 2): void {
  const { x: vx, y: vy, z } = view.peek(), next = clamp(z * by);
  view.value = { x: x - (x - vx) * next / z, y: y - (y - vy) * next / z, z: next };
}
export function fit(least = 0.25): void {
  const { width, height } = drawing.peek(), left = Math.min(0, ...drawing.peek().routes.flatMap(each => each?.points.map(one => one[0]) ?? []));
  const { w, h } = room.peek();
  if (!w || !h) return;
  const z = clamp(Math.max(least, Math.min(1, (w - 48) / Math.max(1, width - left), (h - 76) / Math.max(1, height))));
  view.value = { x: (w - (width + left) * z) / 2, y: Math.max(52, (h - height * z) / 2), z };
}
/** From the window to the drawing. */
function spot(x: number, y: number): [number, number] {
  const box = document.querySelector('.wx-canvas')!.getBoundingClientRect(), { x: vx, y: vy, z } = view.peek();
  return [(x - box.left - vx) / z, (y - box.top - vy) / z];
}
/** Brings a card into sight. */
function reveal(key: string): void {
  const box = boxOf(key), { x, y, z } = view.peek(), { w, h } = room.peek();
  const [left, top] = [box.x * z + x, box.y * z + y];
  const dx = left < 10 ? 30 - left : left + box.w * z > w - 10 ? w - 30 - left - box.w * z : 0, dy = top < 56 ? 70 - top : top + box.h * z > h - 10 ? h - 30 - top - box.h * z : 0;
  if (dx || dy) view.value = { x: x + dx, y: y + dy, z };
}

// -- adding by dragging ---------------------------------------------------------------------------------------------------------------------
export interface Spot extends Place { line?: number; node?: string; at: [number, number] }
/** What of the drawing lies under a point: a line, a card, or the ground. */
export function findSpot(x: number, y: number): Spot | null {
  const found = document.elementFromPoint(x, y), canvas = found?.closest('.wx-canvas');
  if (!canvas) return null;
  const line = found!.closest<HTMLElement | SVGElement>('[data-line]'), node = found!.closest<HTMLElement>('[data-node]');
  if (line) return { mark: canvas.querySelector(`.wx-mark[data-line="${line.dataset.line}"]`) ?? line, side: 'into', line: Number(line.dataset.line), at: spot(x, y) };
  if (node) return { mark: node, side: 'into', node: node.dataset.node!, at: spot(x, y) };
  return { mark: canvas, side: 'into', at: spot(x, y) };
}
export function put(type: string, on: Spot): void {
  if (on.line !== undefined) insertOn(on.line, type);
  else if (on.node !== undefined) insertAfter(on.node, type);
  else {
    const here = new Map([...drawing.peek().boxes].map(([key, each]) => [key, each]));
    insertAt(type, on.at[0] - WIDTH / 2, on.at[1] - 26, nodes.value.map(each => { const box = here.get(keyOf(each)); return box && !Array.isArray(each.at) ? { ...each, at: [Math.max(0, box.x), Math.max(0, box.y)] } : each; }));
  }
}

// -- moving, connecting -----------------------------------------------------------------------------------------------------------------------
function grab(event: PointerEvent, key: string): void {
  const [x0, y0] = [event.clientX, event.clientY];
  carry<Spot>(event, () => {
    const before = new Map(drawing.peek().boxes);
    return {
      label: null,
      find: (x, y) => { const z = view.peek().z, own = before.get(key)!; moving.value = { key, dx: (x - x0) / z, dy: (y - y0) / z }; return { mark: document.querySelector('.wx-canvas')!, side: 'into', at: [own.x + (x - x0) / z, own.y + (y - y0) / z] }; },
      drop: on => { moving.value = null; putAt(new Map([...before, [key, { ...before.get(key)!, x: on.at[0], y: on.at[1] }]])); },
      lift: () => { if (nodes.peek().some(each => !Array.isArray(each.at))) putAt(before); },
      settle: () => { moving.value = null; },
    };
  }, { grip: false });
}

function pull(event: PointerEvent, key: string): void {
  event.stopPropagation();
  carry<Spot>(event, () => ({
    label: null,
    find: (x, y) => { const [wx, wy] = spot(x, y); wire.value = { from: key, x: wx, y: wy }; const found = findSpot(x, y); return found?.node && canEnd(key, found.node) ? found : null; },
    drop: on => { wire.value = null; connect(key, on.node!); speak(t('connected', { from: nameOf(key), to: nameOf(on.node!) })); },
    settle: () => { wire.value = null; },
  }), { grip: true });
}

// -- keys ---------------------------------------------------------------------------------------------------------------------------------------
let moves = 0;
const ARROWS: Record<string, [number, number]> = { ArrowUp: [0, -1], ArrowDown: [0, 1], ArrowLeft: [-1, 0], ArrowRight: [1, 0] };

/** The neighbour along a line, or beside it on a line from the same node, that lies in the direction of an arrow. */
function neighbour(key: string, [dx, dy]: [number, number]): string | null {
  const own = boxOf(key), ways = [...numbersOut(key).map(n => toOf(lines.value[n])), ...numbersIn(key).map(n => fromOf(lines.value[n]))];
  const beside = numbersIn(key).flatMap(n => numbersOut(fromOf(lines.value[n])).map(m => toOf(lines.value[m])));
  const among = [...new Set([...ways, ...beside])].filter(each => each !== key && nodeOf(each)).map(each => {
    const box = boxOf(each), [x, y] = [box.x + box.w / 2 - own.x - own.w / 2, box.y + box.h / 2 - own.y - own.h / 2];
    return { key: each, along: x * dx + y * dy, off: Math.abs(x * dy) + Math.abs(y * dx) };
  }).filter(each => each.along > 10).sort((a, b) => a.off + a.along / 2 - b.off - b.along / 2);
  if (among.length) return among[0]!.key;
  const forward = heading.value === 'right' ? dx > 0 : dy > 0, back = heading.value === 'right' ? dx < 0 : dy < 0;
  return forward ? ways[0] ?? null : back && numbersIn(key).length ? fromOf(lines.value[numbersIn(key)[0]!]) : null;
}

export function openPanel(): void {
  if (!wide.peek()) { pane.value = 'right'; scrollTo(0, 0); }
  requestAnimationFrame(() => setTimeout(() => document.querySelector<HTMLElement>('.wx-panel input, .wx-panel select, .wx-panel button')?.focus()));
}

function keysOf(event: KeyboardEvent, key: string): void {
  const stop = () => { event.preventDefault(); event.stopPropagation(); };
  const arrow = ARROWS[event.key];
  if (event.key === ' ') {
    stop();
    if (lifted.value) { lifted.value = ''; speak(t('dropped', { what: nameOf(key) })); } else { lifted.value = key; moves = 0; speak(t('lifted', { what: nameOf(key) })); }
  } else if (lifted.value && event.key === 'Escape') {
    stop();
    for (; moves > 0; moves -= 1) undo();
    lifted.value = '';
    speak(t('cancelled'));
  } else if (arrow && lifted.value === key) {
    stop();
    const before = drawing.peek().boxes, own = before.get(key)!;
    putAt(new Map([...before, [key, { ...own, x: own.x + arrow[0] * 20, y: own.y + arrow[1] * 20 }]]));
    moves += 1;
  } else if (arrow) {
    stop();
    const next = neighbour(key, arrow);
    if (next) { selected.value = `n:${next}`; reveal(next); document.getElementById(`wx-${next}`)?.focus(); }
  } else if (event.key === 'Enter') { stop(); selected.value = `n:${key}`; openPanel();
  } else if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 'd') { stop(); duplicate(key);
  } else if (event.key === 'Delete' || event.key === 'Backspace') { stop(); const name = nameOf(key); if (nodeOf(key)?.type !== 'start') { remove(key); speak(t('deleted', { what: name })); } }
}

// -- parts ------------------------------------------------------------------------------------------------------------------------------------------
export const toneOf = (type: unknown): string => type === 'start' || type === 'copy' ? 'good' : type === 'end' ? 'ink' : type === 'approval' || type === 'handle' ? 'accent' : 'potential';

function Card({ number }: { number: number }) {
  const node = nodes.value[number]!, key = keyOf(node), box = boxOf(key), faults = faultsOfNode(key), seen = visitsOf(key), said = saidOf(key);
  const faded = visits.value.length > 0 && !seen.length;
  const name = nameOf(key), ends = passingOf(node) === 'ends';
  return <div class={`wx-card wx-${toneOf(node.type)}${selected.value === `n:${key}` ? ' active' : ''}${faults.length ? ' wx-faulty' : ''}${seen.length ? ' wx-seen' : ''}${faded ? ' wx-faded' : ''}${lifted.value === key ? ' wx-lifted' : ''}`} data-node={key}
    style={{ left: `${box.x}px`, top: `${box.y}px`, width: `${box.w}px`, minHeight: `${box.h}px` }}>
    <button class="wx-hit" type="button" id={`wx-${key}`} aria-pressed={selected.value === `n:${key}`} aria-label={[kindName(node.type), name, ...linesOf(key).map(each => each.text)].join(', ')}
      onClick={() => { selected.value = `n:${key}`; if (!wide.peek()) openPanel(); }} onFocus={event => { if (event.currentTarget.matches(':focus-visible')) reveal(key); }} onKeyDown={event => keysOf(event, key)} onPointerDown={event => grab(event, key)} />
    <span class="wx-name"><Icon name={kindIcon(node.type)} /><b class="tl-cut">{name}</b>{said?.people != null && <span class="tl-meta tl-quiet tl-push">{t(said.people === 1 ? 'people_one' : 'people_n', { n: said.people })}</span>}</span>
    {linesOf(key).map((each, n) => <span class={`wx-line-text tl-cut${each.tone ? ` wx-text-${each.tone}` : ''}`} title={each.text} key={n}>{each.text}</span>)}
    {!ends && <span class="wx-handle" data-handle={key} title={t('pull')} aria-hidden="true" onPointerDown={event => pull(event, key)} />}
  </div>;
}

/** A line in words: its own name, its condition, or “otherwise”. */
export function lineText(n: number): string {
  const line = lines.value[n];
  if (!line) return '';
  const own = shown(line.label), when = whenOf(line);
  if (own) return own;
  if (line.otherwise === true) return t('otherwise');
  const result = resultsOf(fromOf(line)).find(each => each.key === resultOf(line));
  if (result) return when?.trim() ? `${t('result_is', { result: result.label })}, ${readConditions(when) ? conditionWords(when) : when}` : t('result_is', { result: result.label });
  return when === null ? '' : when.trim() === '' ? t('no_condition') : readConditions(when) ? conditionWords(when) : when;
}

function Line({ number }: { number: number }) {
  const route = drawing.value.routes[number];
  if (!route) return null;
  const on = followed.value.has(number), active = selected.value === `l:${number}`;
  const d = pathOf(route.points);
  return <g class={`wx-line${on ? ' wx-on' : ''}${active ? ' active' : ''}${faultsOfLine(number).length ? ' wx-faulty' : ''}${visits.value.length && !on ? ' wx-faded' : ''}`}>
    <path d={d} class="wx-reach" data-line={number} onClick={() => { selected.value = `l:${number}`; if (!wide.peek()) openPanel(); }} />
    <path d={d} class="wx-mark" data-line={number} marker-end={`url(#wx-tip${active ? '-active' : on ? '-on' : ''})`} />
  </g>;
}

function Label({ number }: { number: number }) {
  const line = lines.value[number], route = drawing.value.routes[number];
  if (!line || !route) return null;
  const text = lineText(number), faults = faultsOfLine(number), name = t('line_name', { from: nameOf(fromOf(line)), to: nameOf(toOf(line)) });
  const keys = (event: KeyboardEvent) => {
    if (event.key === 'Delete' || event.key === 'Backspace') { event.preventDefault(); event.stopPropagation(); removeLine(number); speak(t('deleted', { what: name })); }
    const arrow = ARROWS[event.key];
    if (arrow) { event.preventDefault(); const to = arrow[0] + arrow[1] > 0 ? toOf(line) : fromOf(line); selected.value = `n:${to}`; reveal(to); document.getElementById(`wx-${to}`)?.focus(); }
    if (event.key === 'Enter') { event.preventDefault(); selected.value = `l:${number}`; openPanel(); }
  };
  return <div class={`wx-label${followed.value.has(number) ? ' wx-on' : ''}${visits.value.length && !followed.value.has(number) ? ' wx-faded' : ''}`} data-line={number} style={{ left: `${route.label[0]}px`, top: `${route.label[1]}px` }}>
    {(text || selected.value === `l:${number}`) && <button class={`wx-chip${selected.value === `l:${number}` ? ' active' : ''}${faults.length ? ' wx-faulty' : ''}`} type="button" id={`wl-${number}`} data-line={number} title={[text, ...faults].join('\n')} aria-label={`${name}${text ? `: ${text}` : ''}`} aria-pressed={selected.value === `l:${number}`}
      onClick={() => { selected.value = `l:${number}`; if (!wide.peek()) openPanel(); }} onKeyDown={keys}>{faults.length > 0 && <Icon name="alert-circle" />}<span class="tl-cut">{text || t('always')}</span></button>}
    <Plus id={`l:${number}`} label={t('add_on', { from: nameOf(fromOf(line)), to: nameOf(toOf(line)) })} onPick={type => insertOn(number, type)} />
  </div>;
}

/** The line that is being pulled out of a card. */
function Wire() {
  const found = wire.value;
  if (!found) return null;
  const box = boxOf(found.from);
  return <path class="wx-wire" d={`M ${box.x + box.w / 2} ${box.y + box.h} L ${found.x} ${found.y}`} />;
}

const Tip = ({ id }: { id: string }) => <marker id={id} viewBox="0 0 10 10" refX="9" refY="5" markerWidth="8" markerHeight="8" markerUnits="userSpaceOnUse" orient="auto-start-reverse"><path d="M 0 0 L 10 5 L 0 10 z" /></marker>;

export function Canvas() {
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const own = box.current!;
    const watch = new ResizeObserver(() => { room.value = { w: own.clientWidth, h: own.clientHeight }; if (!touched) fit(READABLE); });
    watch.observe(own);
    const away = looking(own);
    // cards get their size with their first words; after that nothing moves unasked
    let sized = false;
    const again = effect(() => { if (!sized && saidOf(keyOf(nodes.value[0]))) { sized = true; if (!touched) queueMicrotask(() => fit(READABLE)); } });
    onBring(key => { if (!touched) fit(READABLE); reveal(key); });
    return () => { watch.disconnect(); away(); again(); };
  }, []);
  const { x, y, z } = view.value;
  return <div class={`wx-canvas${wire.value ? ' wx-pulling' : ''}`} ref={box} role="group" aria-label={t('drawing')}>
    <div class="wx-world" style={{ transform: `translate(${x}px, ${y}px) scale(${z})` }}>
      <svg class="wx-lines" width="1" height="1" aria-hidden="true"><defs><Tip id="wx-tip" /><Tip id="wx-tip-on" /><Tip id="wx-tip-active" /></defs>{lines.value.map((_, n) => <Line number={n} key={n} />)}<Wire /></svg>
      {nodes.value.map((each, n) => <Card number={n} key={keyOf(each) || n} />)}
      {lines.value.map((_, n) => <Label number={n} key={n} />)}
    </div>
    <div class="wx-tools" role="group" aria-label={t('view')}>
      <button class="btn btn-ghost btn-icon btn-sm" type="button" aria-label={t('zoom_out')} title={t('zoom_out')} onClick={() => zoom(1 / 1.2)}><Icon name="minus" /></button>
      <button class="btn btn-ghost btn-sm tl-num" type="button" title={t('zoom_full')} aria-label={`${t('zoom_full')}: ${Math.round(z * 100)}%`} onClick={() => zoom(1 / z)}>{Math.round(z * 100)}%</button>
      <button class="btn btn-ghost btn-icon btn-sm" type="button" aria-label={t('zoom_in')} title={t('zoom_in')} onClick={() => zoom(1.2)}><Icon name="plus" /></button>
      <button class="btn btn-ghost btn-icon btn-sm" type="button" aria-label={t('fit')} title={t('fit')} onClick={() => fit()}><Icon name="maximize" /></button>
      <button class="btn btn-ghost btn-icon btn-sm" type="button" aria-label={t('tidy')} title={t('tidy')} onClick={() => { tidy(); requestAnimationFrame(() => requestAnimationFrame(() => fit())); }}><Icon name="wand" /></button>
      <button class="btn btn-ghost btn-icon btn-sm" type="button" aria-label={t(heading.value === 'down' ? 'turn_right' : 'turn_down')} title={t(heading.value === 'down' ? 'turn_right' : 'turn_down')} onClick={() => { direction.value = heading.value === 'down' ? 'right' : 'down'; tidy(); requestAnimationFrame(() => requestAnimationFrame(() => fit())); }}><Icon name={heading.value === 'down' ? 'arrow-right' : 'arrow-down'} /></button>
    </div>
  </div>;
}
let touched = false;

/** Moving the ground with the pointer, the wheel and two fingers. */
function looking(own: HTMLElement): () => void {
  const gone = new AbortController(), listen = { signal: gone.signal };
  const fingers = new Map<number, { x: number; y: number }>();
  const inside = (x: number, y: number): [number, number] => { const rect = own.getBoundingClientRect(); return [x - rect.left, y - rect.top]; };
  own.addEventListener('wheel', event => {
    event.preventDefault();
    touched = true;
    if (event.ctrlKey || event.metaKey) zoom(Math.exp(-event.deltaY / 300), ...inside(event.clientX, event.clientY));
    else view.value = { ...view.peek(), x: view.peek().x - (event.shiftKey ? event.deltaY : event.deltaX), y: view.peek().y - (event.shiftKey ? 0 : event.deltaY) };
  }, { ...listen, passive: false });
  own.addEventListener('pointerdown', event => {
    if ((event.target as Element).closest('.wx-card, .wx-label, .wx-tools, .wx-reach') || event.button > 1) return;
    fingers.set(event.pointerId, { x: event.clientX, y: event.clientY });
    own.setPointerCapture(event.pointerId);
    touched = true;
  }, listen);
  own.addEventListener('pointermove', event => {
    const before = fingers.get(event.pointerId);
    if (!before) return;
    const other = [...fingers].find(([id]) => id !== event.pointerId)?.[1];
    const [dx, dy] = [event.clientX - before.x, event.clientY - before.y];
    if (other) {
      const far = (x: number, y: number) => Math.hypot(x - other.x, y - other.y) || 1;
      zoom(far(event.clientX, event.clientY) / far(before.x, before.y), ...inside((event.clientX + other.x) / 2, (event.clientY + other.y) / 2));
    }
    const share = other ? 0.5 : 1;
    view.value = { ...view.peek(), x: view.peek().x + dx * share, y: view.peek().y + dy * share };
    fingers.set(event.pointerId, { x: event.clientX, y: event.clientY });
  }, listen);
  for (const each of ['pointerup', 'pointercancel'] as const) own.addEventListener(each, event => { fingers.delete(event.pointerId); }, listen);
  own.addEventListener('scroll', () => { own.scrollTo(0, 0); }, listen); // what gets the focus is revealed by moving the drawing
  own.addEventListener('click', event => { if (event.target === own && selected.peek()) selected.value = ''; }, listen);
  return () => gone.abort();
}
