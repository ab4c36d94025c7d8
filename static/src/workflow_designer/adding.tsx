// Adding nodes: by the + on a line, from the palette by click, and by dragging out of it.
import { signal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { carry } from '../base/carry';
import { Icon } from '../designer/icon';
import { t } from '../designer/state';
import { findSpot, openPanel, put, type Spot } from './canvas';
import { insertAfter, insertOn, keyOf, more, nodes, numbersIn, selectedLine, selectedNode, type Kind } from './model';

const openAt = signal('');
/** A workflow has one start, and it has it from the beginning. */
export const offers = (): Kind[] => more.palette.filter(each => each.type !== 'start');

export function Plus({ id, label, onPick, wide = false }: { id: string; label: string; onPick: (type: string) => void; wide?: boolean }) {
  const isOpen = openAt.value === id;
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (!isOpen) return;
    const away = (event: PointerEvent) => { if (!box.current?.contains(event.target as Node)) openAt.value = ''; };
    document.addEventListener('pointerdown', away, true);
    box.current?.querySelector<HTMLElement>('.wx-kinds button')?.focus();
    return () => document.removeEventListener('pointerdown', away, true);
  }, [isOpen]);
  const keys = (event: KeyboardEvent) => {
    if (event.key === 'Escape') { event.stopPropagation(); openAt.value = ''; box.current?.querySelector<HTMLElement>('button')?.focus(); }
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      event.preventDefault();
      const all = [...box.current!.querySelectorAll<HTMLElement>('button')];
      all[all.indexOf(document.activeElement as HTMLElement) + (event.key === 'ArrowDown' ? 1 : -1)]?.focus();
    }
  };
  return <div class={`wx-plus${wide ? ' wx-plus-wide' : ''}`} ref={box} onKeyDown={isOpen ? keys : undefined}>
    <button class="wx-plus-button" type="button" aria-expanded={isOpen} aria-label={label} title={label} data-plus={id} onClick={() => { openAt.value = isOpen ? '' : id; }}><Icon name="plus" />{wide && <span>{t('add_here')}</span>}</button>
    {isOpen && <div class="wx-kinds" role="group" aria-label={label}>{offers().map(each => <button class="dropdown-item" type="button" data-kind={each.type} onClick={() => { openAt.value = ''; onPick(each.type); }} key={each.type}><Icon name={each.icon} />{each.label}</button>)}</div>}
  </div>;
}

/** On the chosen line, behind the chosen node, else before the first end. */
function add(type: string): void {
  const line = selectedLine.value, node = selectedNode.value;
  const end = nodes.value.find(each => each.type === 'end'), last = end ? numbersIn(keyOf(end))[0] : undefined;
  if (line !== null) insertOn(line, type);
  else if (node !== null) insertAfter(node, type);
  else if (last !== undefined) insertOn(last, type);
  else insertAfter(keyOf(nodes.value.at(-1)), type);
}

function Piece({ kind }: { kind: Kind }) {
  const grab = (event: PointerEvent) => carry<Spot>(event, () => ({
    label: kind.label, find: findSpot, drop: spot => put(kind.type, spot), said: { lifted: t('lifted', { what: kind.label }), dropped: t('dropped', { what: kind.label }), left: t('cancelled') },
  }));
  return <button class="wx-piece" type="button" data-piece={kind.type} onClick={() => { add(kind.type); openPanel(); }} onPointerDown={grab}><Icon name={kind.icon} /><span>{kind.label}</span></button>;
}

export function Palette() {
  return <section class="wx-palette" aria-labelledby="wx-palette"><div class="td-left-head"><h2 id="wx-palette">{t('palette')}</h2></div>
    {offers().map(each => <Piece kind={each} key={each.type} />)}
    <p class="wx-keys tl-meta tl-quiet">{t('keys')}</p></section>;
}
