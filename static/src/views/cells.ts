// Values changed in the cells of a list: double click or Enter opens the field's own control beside the cell, Esc takes back. A click still opens the record.
import { $, $$, eachNow, make } from '../base/dom';
import { request } from '../base/http';
import { speak } from '../base/speak';
import { say } from '../base/texts';
import { toast } from '../base/toasts';

const WAIT = 240;
interface Answer { version: number; cells: Record<string, string>; gone: boolean; changed: boolean; detail?: string; theirs?: string; mine?: string }

const heads = (list: Element) => $$<HTMLElement>('thead th', list);
const keyOf = (list: Element, cell: HTMLTableCellElement) => heads(list)[cell.cellIndex]?.dataset.key;
const canEdit = (list: Element, cell: HTMLTableCellElement) => heads(list)[cell.cellIndex]?.dataset.editable !== undefined;
const columns = (list: Element) => heads(list).map(each => each.dataset.key).filter(Boolean) as string[];

let box: HTMLElement | null = null;
let owner: HTMLTableCellElement | null = null;

function close(focus = true): void {
  const cell = owner;
  box?.remove();
  box = owner = null;
  if (focus && cell?.isConnected) stand(cell);
}

function stand(cell: HTMLTableCellElement): void {
  for (const each of $$('[data-cell]')) { each.removeAttribute('tabindex'); each.removeAttribute('data-cell'); }
  cell.tabIndex = 0;
  cell.dataset.cell = '';
  cell.focus({ preventScroll: true });
  cell.scrollIntoView({ block: 'nearest', inline: 'nearest' });
}

function putBeside(cell: HTMLElement): void {
  const at = cell.getBoundingClientRect(), own = box!.getBoundingClientRect();
  box!.style.setProperty('left', `${Math.max(12, Math.min(at.left, innerWidth - own.width - 12))}px`);
  box!.style.setProperty('top', `${Math.max(12, Math.min(at.top - 4, innerHeight - own.height - 12))}px`);
}

async function open(list: HTMLElement, cell: HTMLTableCellElement): Promise<void> {
  const key = keyOf(list, cell), row = cell.closest<HTMLElement>('[data-row-key]');
  if (!key || !row || !canEdit(list, cell)) return;
  close(false);
  const answer = await request(`${list.dataset.base}/${row.dataset.rowKey}/cell/${key}`, { headers: { Accept: 'text/html', 'HX-Request': 'true' } });
  if (!answer.ok) {
    toast({ text: say(answer.status === 403 ? 'not_allowed' : 'fault'), tone: 'bad' });
    return;
  }
  owner = cell;
  box = make('div', { class: 'tl-cell-box', role: 'dialog', 'aria-label': heads(list)[cell.cellIndex]!.textContent!.trim() });
  box.innerHTML = await answer.text(); // our own page part, escaped by the server
  document.body.append(box);
  document.dispatchEvent(new CustomEvent('htmx:load', { detail: { elt: box.firstElementChild ?? box } }));
  putBeside(cell);
  const form = $<HTMLFormElement>('[data-cell-form]', box)!;
  form.addEventListener('submit', event => { event.preventDefault(); void save(list, cell, form); });
  $('[data-cell-cancel]', box)!.addEventListener('click', () => close());
  box.addEventListener('keydown', event => {
    event.stopPropagation();
    if (event.key === 'Escape' && !$('.ts-wrapper.dropdown-active', box!)) { event.preventDefault(); close(); }
    if (event.key === 'Enter' && (event.target as Element).matches('select')) { event.preventDefault(); form.requestSubmit(); }
    if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) { event.preventDefault(); form.requestSubmit(); }
  });
  const control = $<HTMLElement>('input:checked, .ts-control input, select:not([hidden]):not(.tomselected), textarea, input:not([type=hidden])', form);
  control?.focus();
  if (control instanceof HTMLInputElement && control.type === 'text') control.select();
}

async function save(list: HTMLElement, cell: HTMLTableCellElement, form: HTMLFormElement): Promise<void> {
  const row = cell.closest<HTMLTableRowElement>('[data-row-key]')!;
  const sent = new FormData(form);
  sent.set('columns', columns(list).join(','));
  const button = $<HTMLButtonElement>('[data-cell-save]', form);
  if (button) button.disabled = true;
  try {
    const answer = await request(form.action, { method: 'POST', body: sent });
    const said = await answer.json().catch(() => ({})) as Answer;
    if (answer.ok) {
      draw(list, row, said);
      if (said.changed) { cell.classList.add('tl-cell-saved'); setTimeout(() => cell.classList.remove('tl-cell-saved'), 1300); }
      speak(say('saved'));
      close();
    } else if (answer.status === 409 && said.theirs !== undefined) {
      conflict(form, said);
    } else {
      tell(form, said.detail ?? say(answer.status === 403 ? 'not_allowed' : 'fault'));
    }
  } catch {
    tell(form, say('fault'));
  } finally {
    if (button) button.disabled = false;
  }
}

function tell(form: HTMLFormElement, text: string): HTMLElement {
  const place = $('[data-cell-say]', form)!;
  place.hidden = false;
  place.replaceChildren(text);
  if (owner) putBeside(owner);
  return place;
}

/** Both values side by side; mine is sent again as a change of what they wrote. */
function conflict(form: HTMLFormElement, said: Answer): void {
  const place = tell(form, said.detail ?? '');
  const side = (label: string, value: string, act: () => void) => {
    const button = make('button', { class: 'btn', type: 'button' }, make('span', { class: 'tl-meta tl-second' }, label), make('b', {}, value));
    button.addEventListener('click', act);
    return button;
  };
  const theirs = side(say('keep_theirs'), said.theirs!, () => { if (owner) void refresh(form); });
  const mine = side(say('keep_mine'), said.mine!, () => { $<HTMLInputElement>('[name=version]', form)!.value = String(said.version); form.requestSubmit(); });
  place.append(make('div', { class: 'tl-both' }, theirs, mine));
  if (owner) putBeside(owner);
  theirs.focus();
}

/** Shows the row as it is now, with what somebody else wrote. */
async function refresh(form: HTMLFormElement): Promise<void> {
  const list = owner!.closest<HTMLElement>('[data-list]')!, row = owner!.closest<HTMLTableRowElement>('[data-row-key]')!;
  const answer = await request(`${list.dataset.base}/${row.dataset.rowKey}/cells?columns=${columns(list).join(',')}`);
  if (answer.ok) draw(list, row, await answer.json() as Answer);
  close();
}

function draw(list: HTMLElement, row: HTMLTableRowElement, said: Answer): void {
  if (said.gone) { row.remove(); return; }
  for (const cell of row.cells) {
    const key = keyOf(list, cell);
    if (!key || !(key in said.cells)) continue;
    const title = $('.tl-row-title > b', cell);
    if (title) { const made = make('span'); made.innerHTML = said.cells[key]!; title.textContent = made.textContent; }
    else cell.innerHTML = said.cells[key]!;
  }
}

function startCells(list: HTMLElement): void {
  let timer = 0;
  list.addEventListener('click', event => {
    const cell = (event.target as Element).closest<HTMLTableCellElement>('td');
    if (!cell || !canEdit(list, cell) || (event.target as Element).closest('a, button, input, label') || event.ctrlKey || event.metaKey || String(getSelection())) return;
    event.stopImmediatePropagation(); // a second click may follow: then it is a change and not a way to the record
    clearTimeout(timer);
    if (event.detail === 1) timer = window.setTimeout(() => { const href = cell.closest<HTMLElement>('[data-row-key]')?.dataset.href; if (href && !box) location.assign(href); }, WAIT);
  }, true);
  list.addEventListener('dblclick', event => {
    const cell = (event.target as Element).closest<HTMLTableCellElement>('td');
    if (!cell || !canEdit(list, cell)) return;
    event.preventDefault();
    clearTimeout(timer);
    getSelection()?.removeAllRanges();
    void open(list, cell);
  });
  list.addEventListener('keydown', event => {
    const row = (event.target as Element).closest<HTMLTableRowElement>('[data-row-key]'), cell = (event.target as Element).closest<HTMLTableCellElement>('td[data-cell]');
    if (!row || event.ctrlKey || event.metaKey || event.altKey) return;
    const all = [...row.cells].filter(each => keyOf(list, each));
    if (!cell) {
      if (event.target === row && event.key === 'ArrowRight' && all.length) { event.preventDefault(); event.stopPropagation(); stand(all[0]!); }
      return;
    }
    const next = (step: number) => all[all.indexOf(cell) + step];
    const above = (step: number) => { let other = row; do other = (step > 0 ? other.nextElementSibling : other.previousElementSibling) as HTMLTableRowElement; while (other && !other.dataset.rowKey); return other?.cells[cell.cellIndex]; };
    const acts: Record<string, () => void> = {
      ArrowRight: () => { const to = next(1); if (to) stand(to); },
      ArrowLeft: () => { const to = next(-1); if (to) stand(to); else row.focus(); },
      ArrowDown: () => { const to = above(1); if (to) stand(to); },
      ArrowUp: () => { const to = above(-1); if (to) stand(to); },
      Enter: () => { if (canEdit(list, cell)) void open(list, cell); else location.assign(row.dataset.href!); },
      F2: () => void open(list, cell),
      Escape: () => row.focus(),
    };
    const act = acts[event.key];
    if (act) { event.preventDefault(); event.stopPropagation(); act(); }
  });
}

export function startEditing(): void {
  eachNow<HTMLElement>('[data-list]', list => { if ($('th[data-editable]', list)) startCells(list); });
  document.addEventListener('pointerdown', event => {
    const target = event.target as Element;
    if (box && !box.contains(target) && !target.closest('.ts-dropdown, dialog, .tl-toast')) close(false);
  });
  addEventListener('resize', () => { if (owner) putBeside(owner); });
}

