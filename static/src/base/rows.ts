// Rows of a sub-form: add from the template, remove, number anew. Names are items-0-price; order is what is sent.
import { $, $$, eachNow } from './dom';
import { speak } from './speak';
import { say } from './texts';

const NAMING = ['name', 'id', 'for', 'aria-describedby', 'aria-labelledby', 'data-field', 'data-computed'];

function renumber(box: HTMLElement): void {
  const key = box.dataset.rows!;
  const pattern = new RegExp(`\\b${key.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}-(\\d+|__row__)-`, 'g');
  $$('tbody > [data-row]', box).forEach((row, index) => {
    for (const element of [row, ...$$('*', row)]) {
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
  renumber(box);
  box.dispatchEvent(new Event('change', { bubbles: true }));
}

/** Puts an empty row at the end; returns it. */
export function addRow(box: HTMLElement): HTMLElement | null {
  const template = $<HTMLTemplateElement>(':scope > template', box);
  const body = $('tbody', box);
  if (!template || !body) return null;
  body.append(template.content.cloneNode(true));
  renumber(box);
  const row = body.lastElementChild as HTMLElement;
  document.dispatchEvent(new CustomEvent('htmx:load', { detail: { elt: row } }));
  return row;
}

function startRows(box: HTMLElement): void {
  box.addEventListener('click', event => {
    const target = event.target as Element;
    if (target.closest('[data-row-add]')) {
      const row = addRow(box);
      if (row) { changed(box); $<HTMLElement>('input:not([type=hidden]), select, textarea', row)?.focus(); }
    }
    const remove = target.closest('[data-row-remove]');
    if (!remove) return;
    const row = remove.closest<HTMLElement>('[data-row]')!;
    const next = (row.nextElementSibling ?? row.previousElementSibling) as HTMLElement | null;
    row.remove();
    changed(box);
    speak(say('row_removed'));
    ($('[data-row-remove]', next ?? box) ?? $('[data-row-add]', box))?.focus();
  });
}

export function startSubforms(): void { eachNow('[data-rows]', startRows); }
