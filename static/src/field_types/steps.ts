// A place or an option of a tree, chosen step by step: one list for each step, each with what lies below the choice before it.
import { $, make } from '../base/dom';
import { fetchJson } from '../base/http';

/** A node: what it is called, what it stands for, and what lies below. */
interface Node { label: string; value: string; below: Node[] }
type Named = [string, Named[]];
type Control = HTMLInputElement | HTMLSelectElement;

/** Draws the lists beside a control, which from now on holds the value and is not seen. */
function draw(control: Control, top: Node[], names: string[], pick: string, depth: number): void {
  const box = control.parentElement!;
  const lists = Array.from({ length: depth }, (_each, number) => {
    const list = make('select', { class: 'form-select', 'aria-label': names[number] });
    list.addEventListener('change', event => { event.stopPropagation(); choose(number); });
    return list;
  });
  const way = (value: string, nodes: Node[]): Node[] => {
    for (const node of nodes) {
      if (node.value === value) return [node];
      const rest = way(value, node.below);
      if (rest.length) return [node, ...rest];
    }
    return [];
  };
  /** Lists before `from` stay as they are: somebody may be walking through one with the arrow keys. */
  const show = (from = 0) => {
    const chosen = way(control.value, top);
    let nodes = top;
    lists.forEach((list, number) => {
      const now = chosen[number];
      if (number < from) { nodes = now?.below ?? []; return; }
      const options = nodes.map(node => new Option(node.label, node.value, false, node === now));
      list.replaceChildren(new Option(`${names[number]} · ${pick}`, ''), ...options);
      if (!number && control.value && !now) list.append(new Option(control.value, control.value, false, true));  // what the tree does not know stays
      list.value = now?.value ?? (number || !control.value ? '' : control.value);
      list.hidden = number > 0 && !nodes.length;
      nodes = now?.below ?? [];
    });
  };
  const choose = (number: number) => {
    const value = lists[number].value || (number ? lists[number - 1].value : '');
    control.value = value;
    show(number + 1);
    control.dispatchEvent(new Event('input', { bubbles: true }));
    control.dispatchEvent(new Event('change', { bubbles: true }));
  };
  takePlace(control, lists);
  box.append(...lists);
  control.form?.addEventListener('tierloom:restored', () => show());
  new MutationObserver(() => lists.forEach(list => follow(control, list))).observe(control, { attributes: true, attributeFilter: ['disabled', 'readonly', 'aria-invalid', 'aria-describedby'] });
  lists.forEach(list => follow(control, list));
  show();
}

/** The first list answers to the label, and to the links of the list of problems. */
function takePlace(control: Control, lists: HTMLSelectElement[]): void {
  const label = control.id && $(`label[for="${CSS.escape(control.id)}"]`);
  lists[0].id = control.id;
  control.removeAttribute('id');
  control.hidden = true;
  if (!label) return;
  const words = label.firstChild?.textContent?.trim() ?? '';
  for (const list of lists) list.setAttribute('aria-label', `${words} ${list.getAttribute('aria-label') ?? ''}`.trim());
}

function follow(control: Control, list: HTMLSelectElement): void {
  list.disabled = control.disabled || (control instanceof HTMLInputElement && control.readOnly);
  for (const name of ['aria-invalid', 'aria-describedby']) {
    const value = control.getAttribute(name);
    if (value) list.setAttribute(name, value); else list.removeAttribute(name);
  }
}

let regions: Promise<Named[]> | null = null;

function places(found: Named[], above: string, depth: number): Node[] {
  if (!depth) return [];
  return found.map(([name, below]) => {
    const value = above ? `${above}/${name}` : name;
    return { label: name, value, below: places(below, value, depth - 1) };
  });
}

export async function startRegion(input: HTMLInputElement): Promise<void> {
  regions ??= fetchJson<Named[]>(input.dataset.region!);
  let found: Named[];
  try { found = await regions; } catch { regions = null; return; }  // without the list the place is typed
  if (!input.isConnected) return;
  const depth = Number(input.dataset.depth);
  draw(input, places(found, '', depth), input.dataset.steps!.split('|'), input.dataset.pick!, depth);
}

export function startSteps(select: HTMLSelectElement): void {
  const top: Node[] = [];
  const open: Node[][] = [top];
  let deepest = 1;
  for (const option of select.options) {
    const depth = Number(option.dataset.depth);
    if (!depth) continue;
    const node = { label: option.dataset.label!, value: option.value, below: [] };
    open[depth - 1].push(node);
    open[depth] = node.below;
    deepest = Math.max(deepest, depth);
  }
  const names = Array.from({ length: deepest }, (_each, number) => select.dataset.step!.replace('{number}', String(number + 1)));
  draw(select, top, names, select.dataset.pick!, deepest);
}
