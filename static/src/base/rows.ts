// Rows of a sub-form: add from the template, remove, number anew. Names are items-0-price; order is what is sent.
import { $, $$, eachNow } from './dom';
import { isTyped } from './putting';
import { speak } from './speak';
import { say } from './texts';

const NAMING = ['name', 'id', 'for', 'aria-describedby', 'aria-labelledby', 'data-field', 'data-computed', 'data-files'];
const NAMED = NAMING.map(name => `[${name}]`).join(',');

export const rowsOf = (box: HTMLElement): HTMLElement[] => $$('tbody > [data-row]', box);

/** Names rows by their places; those before `from` have their names already. */
function renumber(box: HTMLElement, from = 0): void {
  const key = box.dataset.rows!;
  const pattern = new RegExp(`\\b${key.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}-(\\d+|__row__)-`, 'g');
  rowsOf(box).forEach((row, index) => {
    if (index < from) return;
    for (const element of $$(NAMED, row)) {
      for (const attribute of NAMING) {
        const value = element.getAttribute(attribute);
        if (value) element.setAttribute(attribute, value.replace(pattern, `${key}-${index}-`));
      }
    }
    const number = $('[data-row-number]', row);
    if (number) number.textContent = String(index + 1);
  });
}

function changed(box: HTMLElement): void {
  box.dispatchEvent(new Event('change', { bubbles: true }));
}

/** How many rows may still be added. */
export const room = (box: HTMLElement): number => Math.max(0, Number(box.dataset.most ?? 1000) - rowsOf(box).length);

/** Puts empty rows at the end, as many as there is room for; gives the first. */
export function addRows(box: HTMLElement, count: number): HTMLElement | null {
  const template = $<HTMLTemplateElement>(':scope > template', box);
  const body = $('tbody', box);
  const most = Math.min(count, room(box));
  if (!template || !body || most < 1) return null;
  const before = rowsOf(box).length;
  const added = document.createDocumentFragment();
  for (let n = 0; n < most; n++) added.append(template.content.cloneNode(true));
  body.append(added);
  renumber(box, before);
  const rows = rowsOf(box).slice(before);
  for (const elt of rows) document.dispatchEvent(new CustomEvent('htmx:load', { detail: { elt, inside: true } }));
  return rows[0];
}

/** Takes away all rows from a place on. */
export function cutRows(box: HTMLElement, from: number): void {
  for (const row of rowsOf(box).slice(from)) row.remove();
}

const first = (row: HTMLElement) => $<HTMLElement>('input:not([type=hidden], :disabled), select:not(:disabled), textarea:not(:disabled)', row);

function append(box: HTMLElement): HTMLElement | null {
  const row = addRows(box, 1);
  if (row) changed(box); else speak(say('rows_full', { most: box.dataset.most ?? '' }));
  return row;
}

function remove(box: HTMLElement, row: HTMLElement): void {
  const next = (row.nextElementSibling ?? row.previousElementSibling) as HTMLElement | null;
  const number = rowsOf(box).indexOf(row);
  row.remove();
  renumber(box, number);
  changed(box);
  speak(say('row_removed'));
  ($('[data-row-remove]', next ?? box) ?? $('[data-row-add]', box))?.focus();
}

const saysSomething = (row: HTMLElement) => $$<HTMLInputElement>('input, select, textarea', row).some(each => (/checkbox|radio/.test(each.type) ? each.checked : each.value));

/** Enter goes to the same column of the next row, Shift Enter to that of the one before; Tab behind the last field of all begins a row. */
function onKey(box: HTMLElement, event: KeyboardEvent): void {
  const target = event.target as HTMLInputElement;
  const row = target.closest<HTMLElement>('[data-row]');
  if (!row || event.isComposing || event.ctrlKey || event.altKey || event.metaKey || target.closest('.ts-wrapper, [aria-expanded=true]')) return;
  if (event.key === 'Enter' && target instanceof HTMLInputElement && isTyped(target)) {
    event.preventDefault();
    const next = event.shiftKey ? row.previousElementSibling : row.nextElementSibling ?? append(box);
    const column = target.closest('td')?.cellIndex ?? 1;
    const cell = (next as HTMLTableRowElement | null)?.cells[column];
    if (cell) first(cell)?.focus();
  } else if (event.key === 'Tab' && !event.shiftKey && row === box.querySelector('tbody > [data-row]:last-child') && saysSomething(row)) {
    const all = $$<HTMLElement>('input:not([type=hidden], :disabled, [tabindex="-1"]), select:not(:disabled), textarea:not(:disabled)', row).filter(each => each.offsetParent);
    if (all.at(-1) !== target) return;
    const added = append(box);
    const control = added && first(added);
    if (control) { event.preventDefault(); control.focus(); }
  }
}

/** A table copied elsewhere: several cells at once. */
function onPaste(box: HTMLElement, event: ClipboardEvent): void {
  const text = event.clipboardData?.getData('text/plain') ?? '';
  const target = event.target as HTMLElement;
  if (!target.closest('[data-row]') || !/[\t]|[\r\n]+[^\r\n]/.test(text) || (target instanceof HTMLTextAreaElement && !text.includes('\t'))) return;
  event.preventDefault();
  void import('./paste').then(found => found.pasteRows(box, target, text));
}

function startRows(box: HTMLElement): void {
  box.addEventListener('click', event => {
    const target = event.target as Element;
    if (target.closest('[data-row-add]')) {
      const row = append(box);
      if (row) first(row)?.focus();
    }
    const row = target.closest('[data-row-remove]')?.closest<HTMLElement>('[data-row]');
    if (row) remove(box, row);
  });
  box.addEventListener('keydown', event => onKey(box, event));
  box.addEventListener('paste', event => onPaste(box, event));
}

export function startSubforms(): void { eachNow('[data-rows]', startRows); }
