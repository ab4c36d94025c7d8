/* Lists: the dialog that adds a condition, the choice of columns, and the other ways in which a view shows its records. */
import './css/views.css';
import { startBoards } from './views/board';
import { startEditing } from './views/cells';
import { startCounts } from './views/counts';
import { startDays } from './views/days';
import { startDialogs } from './views/dialogs';
import { startSortables } from './views/sortable';
import { startWidths } from './views/widths';

startSortables();
startBoards();
startDays();
startEditing();
startCounts();
startWidths();
startDialogs();

interface Operator { key: string; label: string; value: boolean }
interface Pickable { key: string; label: string; kind: string; search?: string; options: { key: string; label: string }[]; operators: Operator[] }

const box = document.querySelector<HTMLElement>('[data-condition]');
if (box) followCondition(box);
for (const form of document.querySelectorAll<HTMLFormElement>('[data-columns]')) form.addEventListener('submit', () => collectColumns(form));

function followCondition(place: HTMLElement): void {
  const fields: Pickable[] = JSON.parse(place.querySelector('[data-condition-fields]')!.textContent || '[]');
  const field = place.querySelector<HTMLSelectElement>('[data-condition-field]')!;
  const operator = place.querySelector<HTMLSelectElement>('[data-condition-operator]')!;
  const value = place.querySelector<HTMLElement>('[data-condition-value]')!;
  const label = value.querySelector('label')!;
  const picked = () => fields.find(each => each.key === field.value) ?? fields[0];
  const showOperators = () => {
    operator.replaceChildren(...picked().operators.map(each => new Option(each.label, each.key)));
    showValue();
  };
  const showValue = () => {
    const now = picked(), how = now.operators.find(each => each.key === operator.value);
    value.hidden = !how?.value;
    const several = /^(any_of|has_any|has_all)$/.test(operator.value);
    const control = now.search && how?.value ? searched(now.search, several) : now.options.length && how?.value ? choices(now, several) : entry(now, operator.value);
    control.id = 'condition-value';
    (control as HTMLInputElement).name = 'value';
    value.replaceChildren(label, control);
    if (now.search) document.dispatchEvent(new CustomEvent('htmx:load', { detail: { elt: value, inside: true } }));
  };
  field.addEventListener('change', showOperators);
  operator.addEventListener('change', showValue);
  if (fields.length) showOperators();
}

/** People or records, searched for while typing: base/selects.ts draws the control. */
function searched(url: string, several: boolean): HTMLSelectElement | HTMLInputElement {
  const found = document.createElement(several ? 'select' : 'input');
  found.className = several ? 'form-select' : 'form-control';
  found.dataset.searchUrl = url;
  if (found instanceof HTMLSelectElement) found.multiple = true; else found.autocomplete = 'off';
  return found;
}

function choices(field: Pickable, several: boolean): HTMLSelectElement {
  const found = document.createElement('select');
  found.className = 'form-select';
  found.multiple = several;
  if (several) found.size = Math.min(field.options.length, 6);
  found.append(...field.options.map(each => new Option(each.label, each.key)));
  return found;
}

function entry(field: Pickable, operator: string): HTMLInputElement {
  const found = document.createElement('input');
  found.className = 'form-control';
  found.autocomplete = 'off';
  const days = operator === 'within' || operator === 'older';
  found.type = field.kind === 'date' && !days ? 'date' : 'text';
  if (days || field.kind === 'number' || field.kind === 'money') found.inputMode = 'decimal';
  return found;
}

/** The picked columns in the order in which they stand. */
function collectColumns(form: HTMLFormElement): void {
  const picked = [...form.querySelectorAll<HTMLInputElement>('[data-column]')].filter(each => each.checked).map(each => each.value);
  form.querySelector<HTMLInputElement>('[data-columns-value]')!.value = picked.join(',');
}
