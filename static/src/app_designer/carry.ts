// Where entries and blocks can be carried to: lists are [data-carry-list], their things [data-carry] in order.
import { carry, type Place } from '../base/carry';
import { $$ } from '../base/dom';
import { t } from './state';
import type { Spot } from './model';

export interface Cargo { label: string; from: Spot | null; drop: (to: Spot) => void }
interface Target extends Place { spot: Spot }

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
  carry<Target>(event, () => {
    const { label, drop } = cargo();
    return {
      label, find: (x, y) => find(kind, x, y), drop: place => drop(place.spot), pane: () => document.querySelector('.td-middle'),
      said: { dropped: t('dropped', { what: label }), left: t('cancelled') },
    };
  }, { grip });
}
