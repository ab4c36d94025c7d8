// Handles on a chart: dragged by mouse or finger, moved by arrow keys, and telling a screen reader what they stand for.
import type { RefObject } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { speak } from '../base/speak';
import { t } from '../designer/state';
import { held } from './server';

export interface Knob {
  key: string; value: number; x: number; label: string; text: string; least: number; greatest: number; kind: 'cut' | 'moved' | 'old' | 'keep';
  /** How far up the grip stands, of the height of the plot. */
  height?: number; fixed?: boolean;
}
export interface Acts {
  valueAt: (x: number) => number; step: number;
  move: (key: string, value: number, grip?: string) => void;
  /** Somebody types digits: where the number is typed. */
  type?: (key: string) => void;
  remove?: (key: string) => void;
}

let grips = 0;

interface Drag { key: string; start: number; apart: number; grip: string; pointer: number }

/** Handlers for the drawing. The nearest handle is taken, so that two that stand close can both be reached. */
export function useKnobs(drawing: RefObject<SVGSVGElement | null>, knobs: Knob[], acts: Acts) {
  const drag = useRef<Drag | null>(null);
  const [dragged, setDragged] = useState<string | null>(null);
  const place = (event: PointerEvent): number => event.clientX - drawing.current!.getBoundingClientRect().left;
  const end = () => {
    if (!drag.current) return;
    drag.current = null;
    held.value = false;
    setDragged(null);
  };
  useEffect(() => () => { if (drag.current) held.value = false; }, []);
  const down = (event: PointerEvent) => {
    if (event.button || drag.current) return;
    const x = place(event);
    const reach = event.pointerType === 'touch' ? 26 : 12;
    const near = knobs.filter(each => !each.fixed && each.kind !== 'old').map(each => ({ each, far: Math.abs(each.x - x) })).sort((a, b) => a.far - b.far)[0];
    if (!near || near.far > reach) return;
    event.preventDefault();
    drag.current = { key: near.each.key, start: near.each.value, apart: near.each.x - x, grip: `grip-${grips += 1}`, pointer: event.pointerId };
    held.value = true;
    setDragged(near.each.key);
    drawing.current!.setPointerCapture(event.pointerId);
    drawing.current!.querySelector<SVGGElement>(`[data-knob="${CSS.escape(near.each.key)}"]`)?.focus();
  };
  const move = (event: PointerEvent) => {
    const now = drag.current;
    if (now && event.pointerId === now.pointer) acts.move(now.key, acts.valueAt(place(event) + now.apart), now.grip);
  };
  const keys = (event: KeyboardEvent, knob: Knob) => {
    if (event.key === 'Escape' && drag.current) { event.preventDefault(); acts.move(knob.key, drag.current.start, drag.current.grip); end(); return; }
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const big = event.shiftKey || event.key.startsWith('Page') ? 10 : 1;
    const by = ['ArrowRight', 'ArrowUp', 'PageUp'].includes(event.key) ? 1 : ['ArrowLeft', 'ArrowDown', 'PageDown'].includes(event.key) ? -1 : 0;
    if (by) { event.preventDefault(); acts.move(knob.key, knob.value + by * big * acts.step); return; }
    if (event.key === 'Delete' && acts.remove) { event.preventDefault(); acts.remove(knob.key); speak(t('removed')); return; }
    if (/^\d$/.test(event.key) || event.key === 'Enter') acts.type?.(knob.key);
    if (event.key === 'Enter') event.preventDefault();
  };
  return { dragged, on: { onPointerDown: down, onPointerMove: move, onPointerUp: end, onPointerCancel: end }, keys };
}

/** How wide a flag has to be for its text. */
const widthOf = (text: string): number => 12 + [...text].reduce((sum, each) => sum + (/[\u2e80-\uffef]/.test(each) ? 12 : each === ',' || each === '.' || each === ' ' ? 4 : 7.2), 0);

interface DrawnProps { knobs: Knob[]; top: number; bottom: number; width: number; dragged: string | null; keys: (event: KeyboardEvent, knob: Knob) => void }

/** Flags that would lie on each other take a further line. */
export function flagLines(knobs: Knob[]): Map<string, number> {
  const ends: number[] = [];
  const found = new Map<string, number>();
  for (const each of [...knobs].sort((a, b) => a.x - b.x)) {
    const half = widthOf(each.text) / 2;
    const free = ends.findIndex(end => each.x - half > end + 2);
    const line = free < 0 ? ends.length : free;
    ends[line] = each.x + half;
    found.set(each.key, line);
  }
  return found;
}

export function DrawnKnobs({ knobs, top, bottom, width, dragged, keys }: DrawnProps) {
  const lines = flagLines(knobs);
  return <>{knobs.map(each => {
    const flag = widthOf(each.text);
    const at = Math.min(Math.max(each.x, flag / 2), width - flag / 2);
    const y = 1 + (lines.get(each.key) ?? 0) * 22;
    const grip = top + (bottom - top) * (each.height ?? 0.55);
    const still = each.fixed || each.kind === 'old';
    const slider = still ? {} : { role: 'slider' as const, tabindex: 0, 'data-knob': each.key, 'aria-label': each.label, 'aria-valuemin': each.least, 'aria-valuemax': each.greatest, 'aria-valuenow': each.value, 'aria-valuetext': each.text,
      'aria-orientation': 'horizontal' as const, onKeyDown: (event: KeyboardEvent) => keys(event, each) };
    return <g class={`td-knob td-knob-${each.kind}${still ? ' td-knob-still' : ''}${each.key === dragged ? ' td-knob-held' : ''}`} key={each.key} {...slider}>
      <line x1={each.x} x2={each.x} y1={y + 19} y2={bottom + (still ? 0 : 6)} />
      <rect class="td-flag" x={at - flag / 2} y={y} width={flag} height="19" rx="4" />
      <text x={at} y={y + 14}>{each.text}</text>
      {!still && <rect class="td-grip" x={each.x - 6} y={grip - 10} width="12" height="20" rx="4" />}
      {!still && <rect class="td-reach" x={each.x - 12} y={y} width="24" height={bottom - y} />}
    </g>;
  })}</>;
}
