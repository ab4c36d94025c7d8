// What of a form can be carried, and where it would land.
import { carry, type Place } from '../base/carry';
import { $$ } from '../base/dom';
import { t } from '../designer/state';
import { columnKinds, fieldOf, fieldToColumn, focusOn, insertColumn, insertField, moveColumn, moveFields, moveSection, nameOf, only, type Spot } from './model';

export type Cargo = { is: 'new'; type: string } | { is: 'fields'; keys: readonly string[] } | { is: 'section'; n: number } | { is: 'column'; subform: string; key: string };
type Target = Place & ({ is: 'spot'; spot: Spot } | { is: 'column'; subform: string; index: number } | { is: 'section'; to: number });
export interface Carried { cargo: Cargo; label: string }


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
  if (only.peek()) focusOn(only.peek());
}

/** To be called when a pointer goes down on something that can be carried. With a key held it selects instead. */
export function press(event: PointerEvent, what: () => Carried, grip = false): void {
  if (event.ctrlKey || event.metaKey || event.shiftKey) return;
  carry<Target>(event, () => {
    const { cargo, label } = what();
    return {
      label, find: (x, y) => find(cargo, x, y), drop: place => drop(cargo, place), pane: () => document.querySelector('.td-middle'),
      said: { lifted: t('lifted', { what: label }), dropped: t('dropped', { what: label }), left: t('cancelled') },
    };
  }, { grip });
}

export const carryField = (key: string, keys: readonly string[]): Carried => {
  const all = keys.includes(key) ? keys : [key];
  return { cargo: { is: 'fields', keys: all }, label: all.length > 1 ? t('n_fields', { n: all.length }) : nameOf(fieldOf(key)) };
};
