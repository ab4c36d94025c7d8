// Adding steps: by a + between two cards, from the palette, and by dragging out of it.
import { signal } from '@preact/signals';
import { useEffect, useRef, useState } from 'preact/hooks';
import { carry } from '../base/carry';
import { pane } from '../designer/frame';
import { Icon } from '../designer/icon';
import { t, wide, type Path } from '../designer/state';
import { findSpot, type Spot } from './cards';
import { freshStep, insert, more, pathOf, placeOf, selected, stepKinds, stepsAt, TOP, type Family, type Kind } from './model';
import { fillAlone } from './offers';

/** Where the list of kinds is open: the list and the place in it. */
export const openAt = signal('');
const idOf = (list: Path, index: number): string => `${placeOf(list)}#${index}`;

function put(type: string, list: Path, index: number): void {
  insert(freshStep(type), list, index);
  fillAlone([...list, index], stepKinds[type]);
}

function matching(wanted: string): Family[] {
  const plain = wanted.trim().toLowerCase();
  return more.palette.map(each => ({ ...each, kinds: each.kinds.filter(kind => !plain || kind.label.toLowerCase().includes(plain) || kind.type.includes(plain) || kind.also.includes(plain)) })).filter(each => each.kinds.length);
}

export function Plus({ list, index, label }: { list: Path; index: number; label?: string }) {
  const id = idOf(list, index), isOpen = openAt.value === id;
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (!isOpen) return;
    const away = (event: PointerEvent) => { if (!box.current?.contains(event.target as Node)) openAt.value = ''; };
    document.addEventListener('pointerdown', away);
    return () => document.removeEventListener('pointerdown', away);
  }, [isOpen]);
  return <div class={`ax-plus${label ? ' ax-plus-wide' : ''}`} ref={box}>
    <button class="ax-plus-button" type="button" aria-expanded={isOpen} aria-label={label ?? t('add_here')} title={label ?? t('add_here')} data-plus={id} onClick={() => { openAt.value = isOpen ? '' : id; }}><Icon name="plus" />{label && <span>{label}</span>}</button>
    {isOpen && <Kinds onPick={type => { openAt.value = ''; put(type, list, index); if (!wide.peek()) pane.value = 'right'; }} onClose={() => { openAt.value = ''; }} />}
  </div>;
}

function Kinds({ onPick, onClose }: { onPick: (type: string) => void; onClose: () => void }) {
  const [wanted, setWanted] = useState('');
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => { box.current?.querySelector('input')?.focus(); box.current?.scrollIntoView({ block: 'nearest' }); }, []);
  const found = matching(wanted);
  const keys = (event: KeyboardEvent) => {
    if (event.key === 'Escape') { event.stopPropagation(); onClose(); }
    if (event.key === 'Enter' && (event.target as HTMLElement).tagName === 'INPUT' && found[0]) { event.preventDefault(); onPick(found[0].kinds[0]!.type); }
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      event.preventDefault();
      const all = [...box.current!.querySelectorAll<HTMLElement>('input, button')];
      all[all.indexOf(document.activeElement as HTMLElement) + (event.key === 'ArrowDown' ? 1 : -1)]?.focus();
    }
  };
  return <div class="ax-kinds" role="group" aria-label={t('add_step')} ref={box} onKeyDown={keys}>
    <input class="form-control" type="search" aria-label={t('search_steps')} placeholder={t('search_steps')} autocomplete="off" value={wanted} onInput={event => setWanted(event.currentTarget.value)} />
    {found.map(family => <div key={family.family}><div class="ax-family">{family.label}</div>{family.kinds.map(kind => <button class="dropdown-item" type="button" onClick={() => onPick(kind.type)} key={kind.type}><Icon name={kind.icon} />{kind.label}</button>)}</div>)}
    {!found.length && <p class="tl-quiet">{t('nothing_found')}</p>}
  </div>;
}

// -- the palette ----------------------------------------------------------------------------------------------------------------------
/** Behind the chosen step, else at the end. */
function place(): { list: Path; index: number } {
  const path = selected.value.startsWith('steps/') ? pathOf(selected.value) : null;
  return path ? { list: path.slice(0, -1), index: Number(path.at(-1)) + 1 } : { list: TOP, index: stepsAt(TOP).length };
}

function Piece({ kind }: { kind: Kind }) {
  const add = () => { const to = place(); put(kind.type, to.list, to.index); if (!wide.peek()) pane.value = 'right'; };
  const grab = (event: PointerEvent) => carry<Spot>(event, () => ({
    label: kind.label, pane: () => document.querySelector('.td-middle'), find: (x, y) => findSpot(x, y), drop: spot => put(kind.type, spot.list, spot.index),
    said: { lifted: t('lifted', { what: kind.label }), dropped: t('dropped', { what: kind.label }), left: t('cancelled') },
  }));
  return <button class="ax-piece" type="button" data-piece={kind.type} onClick={add} onPointerDown={grab}><Icon name={kind.icon} /><span>{kind.label}</span></button>;
}

export function Palette() {
  const [wanted, setWanted] = useState('');
  const found = matching(wanted);
  return <section aria-labelledby="ax-palette"><div class="td-left-head"><h2 id="ax-palette">{t('steps')}</h2></div>
    <div class="ax-search"><Icon name="search" /><input class="form-control" type="search" aria-label={t('search_steps')} placeholder={t('search_steps')} autocomplete="off" value={wanted} onInput={event => setWanted(event.currentTarget.value)} /></div>
    {found.map(family => <div class="ax-pieces" key={family.family}><h3 class="ax-family">{family.label}</h3>{family.kinds.map(kind => <Piece kind={kind} key={kind.type} />)}</div>)}
    {!found.length && <p class="tl-quiet">{t('nothing_found')}</p>}</section>;
}
