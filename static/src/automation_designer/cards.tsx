// One card of the flow: what it is, what it says, its menu, and what is wrong with it.
import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { carry, type Place } from '../base/carry';
import { speak } from '../base/speak';
import { Layer, pane } from '../designer/frame';
import { Icon } from '../designer/icon';
import { at, isObject, t, undo, wide, type Path } from '../designer/state';
import { Chips, ConditionChips, inWords } from './chips';
import { duplicate, everyList, faultsAt, focusOn, holdsSteps, kindIcon, kindName, lanesOf, lifted, move, pathOf, placeOf, remove, selected, stepsAt, TOP, trigger, triggerIcon } from './model';
import { said, words } from './words';
import { titleOf } from '../designer/fields';
import { triggerName } from './trigger_name';

let moves = 0;

export function choose(place: string): void {
  selected.value = place;
  if (!wide.peek()) { pane.value = 'right'; scrollTo(0, 0); }
}

export const stepName = (path: Path): string => { const step = at(path); return isObject(step) ? inWords(said(path) ?? kindName(step.type)) : ''; };
export const listName = (list: Path): string => {
  if (list.length === 1) return t('main_line');
  const owner = pathOf(placeOf(list)).slice(0, lanesOwner(list));
  return t('arm_of', { arm: laneTitle(list), step: kindName((at(owner) as { type?: string } | undefined)?.type) });
};
const lanesOwner = (list: Path): number => { for (let length = list.length - 1; length > 0; length -= 1) if (lanesOf(list.slice(0, length)).some(each => placeOf(each.list) === placeOf(list))) return length; return 1; };
const laneTitle = (list: Path): string => lanesOf(list.slice(0, lanesOwner(list))).find(each => placeOf(each.list) === placeOf(list)) ? titleOf(String(list.at(-1))) : String(list.at(-1));

// -- carrying by hand -----------------------------------------------------------------------------------------------------------------
export interface Spot extends Place { list: Path; index: number }

/** The place in the flow under a point: between two cards, or in an empty arm. */
export function findSpot(x: number, y: number, without?: string): Spot | null {
  const list = document.elementFromPoint(x, y)?.closest<HTMLElement>('[data-arm]');
  if (!list || (without && `${list.dataset.arm}/`.startsWith(`${without}/`))) return null;
  const steps = [...list.children].filter((each): each is HTMLElement => each instanceof HTMLElement && each.dataset.step !== undefined);
  const path = pathOf(list.dataset.arm!);
  const index = steps.findIndex(each => { const { top, height } = each.querySelector('.ax-card')!.getBoundingClientRect(); return y < top + height / 2; });
  if (!steps.length) return { mark: list, side: 'into', list: path, index: 0 };
  return index < 0 ? { mark: steps.at(-1)!, side: 'below', list: path, index: steps.length } : { mark: steps[index]!, side: 'above', list: path, index };
}

const flow = (): Element | null => document.querySelector('.td-middle');

function grab(event: PointerEvent, path: Path): void {
  const label = stepName(path);
  carry<Spot>(event, () => ({
    label, pane: flow, find: (x, y) => findSpot(x, y, placeOf(path)), drop: spot => { const place = move(path, spot.list, spot.index); if (place) focusOn(place); },
    said: { lifted: t('lifted', { what: label }), dropped: t('dropped', { what: label }), left: t('cancelled') },
  }), { grip: !!(event.target as Element).closest('.ax-grip') });
}

// -- carrying by keyboard ---------------------------------------------------------------------------------------------------------------
/** Where an arrow key takes a lifted step: along its list, into the step beside it, or out of the one around it. */
function next(path: Path, key: string): { list: Path; index: number } | null {
  const list = path.slice(0, -1), n = Number(path.at(-1)), last = stepsAt(list).length - 1;
  const around = list.length > 1 ? pathOf(placeOf(list)).slice(0, lanesOwner(list)) : null;
  if (key === 'ArrowUp') return n > 0 ? { list, index: n - 1 } : around && { list: around.slice(0, -1), index: Number(around.at(-1)) };
  if (key === 'ArrowDown') return n < last ? { list, index: n + 2 } : around && { list: around.slice(0, -1), index: Number(around.at(-1)) + 1 };
  if (key === 'ArrowRight') {
    const lanes = around ? lanesOf(around) : [];
    const here = lanes.findIndex(each => placeOf(each.list) === placeOf(list));
    if (here >= 0 && lanes[here + 1]) return { list: lanes[here + 1]!.list, index: stepsAt(lanes[here + 1]!.list).length };
    const into = n > 0 ? lanesOf([...list, n - 1])[0] : undefined;
    return into ? { list: into.list, index: stepsAt(into.list).length } : null;
  }
  const lanes = around ? lanesOf(around) : [];
  const here = lanes.findIndex(each => placeOf(each.list) === placeOf(list));
  if (here > 0) return { list: lanes[here - 1]!.list, index: stepsAt(lanes[here - 1]!.list).length };
  return around && { list: around.slice(0, -1), index: Number(around.at(-1)) + 1 };
}

function shift(path: Path, to: { list: Path; index: number } | null, name: string): string | null {
  const place = to && move(path, to.list, to.index);
  if (!place) return null;
  const now = pathOf(place);
  speak(t('moved', { what: name, place: listName(now.slice(0, -1)), n: Number(now.at(-1)) + 1 }));
  focusOn(place);
  return place;
}

const neighbour = (place: string, by: number): void => {
  const all = [...document.querySelectorAll<HTMLElement>('.ax-flow [data-card]')];
  all[all.findIndex(each => each.dataset.card === place) + by]?.focus();
};

function keysOf(event: KeyboardEvent, own: Path | null, at: string, called: string): void {
  // what is lifted gets the keys, also while the focus is still on its way to it
  const place = lifted.value || at, isLifted = lifted.value !== '';
  const path = isLifted ? pathOf(place) : own, name = isLifted ? stepName(pathOf(place)) : called;
  const stop = () => { event.preventDefault(); event.stopPropagation(); };
  if (event.key === ' ' && path) {
    stop();
    if (isLifted) { lifted.value = ''; speak(t('dropped', { what: name })); } else { lifted.value = place; selected.value = place; moves = 0; speak(t('lifted', { what: name })); }
  } else if (isLifted && event.key === 'Escape') {
    stop();
    for (; moves > 0; moves -= 1) undo();
    lifted.value = '';
    speak(t('cancelled'));
  } else if (isLifted && path && event.key.startsWith('Arrow')) {
    stop();
    const to = shift(path, next(path, event.key), name);
    if (to) { moves += 1; lifted.value = to; }
  } else if (event.key === 'ArrowDown' || event.key === 'ArrowUp') { stop(); neighbour(place, event.key === 'ArrowDown' ? 1 : -1);
  } else if (path && (event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 'd') { stop(); duplicate(path);
  } else if (path && (event.key === 'Delete' || event.key === 'Backspace')) { stop(); remove(path); speak(t('deleted', { what: name })); }
}

// -- the menu -------------------------------------------------------------------------------------------------------------------------
function Menu({ path, name }: { path: Path; name: string }) {
  const list = path.slice(0, -1), n = Number(path.at(-1)), own = placeOf(path);
  const others = everyList(TOP).filter(each => placeOf(each) !== placeOf(list) && !placeOf(each).startsWith(`${own}/`));
  const item = (label: string, icon: string, act: () => void, close: () => void, off = false) => <button class="dropdown-item" type="button" disabled={off} onClick={() => { close(); act(); }} key={label}><Icon name={icon} />{label}</button>;
  return <Layer class="btn btn-ghost btn-icon btn-sm ax-more" label={t('more_of', { what: name })} button={<Icon name="dots" />}>{close => <div class="td-menu">
    {item(t('move_up'), 'arrow-up', () => shift(path, { list, index: n - 1 }, name), close, n === 0)}
    {item(t('move_down'), 'arrow-down', () => shift(path, { list, index: n + 2 }, name), close, n >= stepsAt(list).length - 1)}
    {others.map(each => item(t('move_to', { place: listName(each) }), 'arrows-move', () => shift(path, { list: each, index: stepsAt(each).length }, name), close))}
    {item(t('duplicate'), 'copy', () => duplicate(path), close)}
    {item(t('delete'), 'trash', () => { remove(path); speak(t('deleted', { what: name })); }, close)}
  </div>}</Layer>;
}

// -- cards ----------------------------------------------------------------------------------------------------------------------------
interface CardProps { place: string; path: Path | null; icon: string; tone: string; kind: string; children: ComponentChildren; name: string }

function Card({ place, path, icon, tone, kind, children, name }: CardProps) {
  const button = useRef<HTMLButtonElement>(null);
  const faults = faultsAt(place), isLifted = lifted.value === place;
  useEffect(() => { if (isLifted) button.current?.focus(); }, [isLifted]);
  return <div class={`ax-card${selected.value === place ? ' active' : ''}${faults.length ? ' ax-faulty' : ''}${isLifted ? ' ax-lifted' : ''}`}>
    <button class="ax-hit" type="button" id={`ax-${place}`} data-card={place} ref={button} aria-pressed={selected.value === place} aria-label={name} aria-describedby={[path ? 'ax-lift-help' : '', faults.length ? `ax-faults-${place}` : ''].join(' ').trim() || undefined}
      onClick={() => choose(place)} onKeyDown={event => keysOf(event, path, place, name)} onPointerDown={event => { if (path) grab(event, path); }} />
    <span class={`ax-icon ax-${tone}`} aria-hidden="true"><Icon name={icon} /></span>
    <div class="ax-words" aria-hidden="true"><span class="ax-kind">{kind}</span><span class="ax-said">{children}</span></div>
    {path && <span class="ax-grip" aria-hidden="true" onPointerDown={event => grab(event, path)}><Icon name="grip-vertical" /></span>}
    {path && <Menu path={path} name={name} />}
    {faults.length > 0 && <ul class="ax-faults" id={`ax-faults-${place}`}>{faults.slice(0, 3).map(each => <li key={each}><Icon name="alert-circle" /><span>{each}</span></li>)}</ul>}
  </div>;
}

export function TriggerCard() {
  const text = words.found.value?.trigger;
  const name = triggerName(trigger.value.type);
  return <Card place="trigger" path={null} icon={triggerIcon(trigger.value.type)} tone="care" kind={`${t('trigger')} · ${name}`} name={`${t('trigger')}: ${text ?? name}`}>{text ? <Chips text={text} /> : <span class="tl-quiet">{t('incomplete')}</span>}</Card>;
}

export function WhenCard() {
  const when = at(['when']);
  const text = typeof when === 'string' ? when : '';
  return <Card place="when" path={null} icon="filter" tone="potential" kind={t('when')} name={`${t('when')}: ${text ? inWords(text) : t('no_when')}`}>{text ? <ConditionChips text={text} /> : <span class="tl-quiet">{t('no_when')}</span>}</Card>;
}

/** A step that holds others says what it asks; the others say themselves. */
function Said({ path }: { path: Path }) {
  const step = at(path);
  if (!isObject(step)) return null;
  const when = step.when;
  if (holdsSteps(step.type) && typeof when === 'string') return when ? <ConditionChips text={when} /> : <span class="tl-quiet">{t('incomplete')}</span>;
  const text = said(path);
  return text ? <Chips text={holdsSteps(step.type) ? text.replace(/\s*[（(].*$/s, '') : text} /> : <span class="tl-quiet">{t('incomplete')}</span>;
}

export function StepCard({ path, label }: { path: Path; label: string }) {
  const step = at(path);
  if (!isObject(step)) return null;
  const name = `${label} ${stepName(path)}`;
  return <Card place={placeOf(path)} path={path} icon={kindIcon(step.type)} tone={holdsSteps(step.type) ? 'potential' : /mail|notify|send|webhook|http/.test(String(step.type)) ? 'good' : 'accent'} kind={`${label} · ${kindName(step.type)}`} name={name}><Said path={path} /></Card>;
}
