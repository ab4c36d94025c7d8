// What a script may do to a field of a form: say what is wrong with it, show, demand or lock it.
import { $, $$, make } from './dom';
import { language, say } from './texts';

type Control = HTMLInputElement & { tomselect?: { enable(): void; disable(): void; sync(): void; clear(silent?: boolean): void } };
type By = 'field' | 'rule' | 'lock' | 'offer' | 'unfit';
const sentences = new WeakMap<HTMLElement, Map<By, string>>();

/** Puts a sentence beside a field, or takes it away. Each speaker has a sentence of its own. */
export function showError(field: HTMLElement, text: string, by: By = 'field'): void {
  const line = $(':scope > [data-error]', field);
  if (!line) return;
  const words = $('span', line)!;
  const said = sentences.get(field) ?? new Map<By, string>([['field', words.textContent ?? '']]);
  sentences.set(field, said.set(by, text));
  const whole = [...said.values()].filter(Boolean).join(' ');
  if (words.textContent === whole && line.hidden === !whole) return;
  words.textContent = whole;
  line.hidden = !whole;
  for (const control of field.matches('fieldset') ? [field] : $$('input, select, textarea', field)) describe(control, line.id, whole);
}

function describe(control: HTMLElement, id: string, text: string): void {
  if (text) control.setAttribute('aria-invalid', 'true'); else control.removeAttribute('aria-invalid');
  const others = (control.getAttribute('aria-describedby') ?? '').split(' ').filter(each => each && each !== id);
  const ids = text ? [id, ...others] : others;
  if (ids.length) control.setAttribute('aria-describedby', ids.join(' ')); else control.removeAttribute('aria-describedby');
}

function disable(control: Control, off: boolean): void {
  control.disabled = off;
  if (off) control.tomselect?.disable(); else control.tomselect?.enable();
}

/** A hidden field sends nothing and is not reached by Tab; a wrapper of its own (tl-contents) comes and goes with it. */
export function showField(field: HTMLElement, name: string, visible: boolean): void {
  if (field.dataset.visible === String(visible)) return;
  field.dataset.visible = String(visible);
  const wrapper = field.parentElement;
  if (wrapper?.dataset.ruleField === name) wrapper.hidden = !visible;
  field.hidden = !visible;
  for (const control of $$<Control>('input, select, textarea', field)) disable(control, !visible);
}

/** A locked field can be read and not changed. */
export function lock(field: HTMLElement, locked: boolean): void {
  if ((field.dataset.locked !== undefined) === locked) return;
  if (locked) field.dataset.locked = ''; else delete field.dataset.locked;
  for (const control of $$<Control>('input:not([type=hidden]), select, textarea, button', field)) {
    if (control.matches('textarea, input:not([type=radio], [type=checkbox], [data-search-url])')) control.readOnly = locked;
    else disable(control, locked);
  }
}

/** Leaves only some options of a choice on offer; all where there are none given. One that is chosen and not on offer is taken back
 * (`clear`), which is what this tells; else it stays with a sentence beside it. */
export function offer(field: HTMLElement, options: Set<string> | undefined, clear: boolean): boolean {
  const state = `${options ? [...options].sort().join(' ') : '*'} ${field.dataset.visible ?? ''} ${field.dataset.locked ?? ''}`;
  const same = field.dataset.offered === state;
  field.dataset.offered = state;
  let taken = false, wrong = false;
  const select = $<Control>('select', field);
  const choices = select ? [...(select as unknown as HTMLSelectElement).options] : $$<HTMLInputElement>('input[type=radio], input[type=checkbox]', field);
  for (const each of choices) {
    const on = !each.value || !options || options.has(each.value);
    const chosen = each instanceof HTMLOptionElement ? each.selected : each.checked;
    if (chosen && !on && clear) { if (each instanceof HTMLOptionElement) each.selected = false; else each.checked = false; taken = true; }
    if (chosen && !on && !clear) wrong = true;
    if (same && !taken) continue;
    const stays = on || (chosen && !clear);
    if (each instanceof HTMLOptionElement) { each.hidden = !stays; each.disabled = !stays; } else {
      const label = each.closest('label');
      if (label) label.hidden = !stays;
      each.disabled = !stays || field.dataset.visible === 'false' || field.dataset.locked !== undefined;
    }
  }
  if (select && (!same || taken)) { if (taken && !select.multiple) select.value = ''; select.tomselect?.sync(); }
  showError(field, wrong ? say('not_on_offer') : '', 'offer');
  return taken;
}

const labelOf = (field: HTMLElement) => $('.form-label, .tl-check-line > span', field);

export function requireField(field: HTMLElement, must: boolean): void {
  if (field.dataset.needs === String(must)) return;
  field.dataset.needs = String(must);
  const label = labelOf(field);
  const marks = label ? $$(':scope > .tl-required, :scope > .tl-required + .visually-hidden', label) : [];
  if (label && must && !marks.length) {
    label.append(make('span', { class: 'tl-required', 'aria-hidden': 'true' }, ' *'), make('span', { class: 'visually-hidden' }, ` ${say('required_mark')}`));
  }
  if (!must) for (const mark of marks) mark.remove();
  if (field.matches('fieldset')) return;
  for (const control of $$<HTMLInputElement>('input:not([type=hidden]), select, textarea', field)) control.required = must;
}

/** The labels of fields, for saying them. */
export function namesOf(fields: HTMLElement[]): string {
  const names = fields.map(field => {
    const label = labelOf(field)?.cloneNode(true) as HTMLElement | undefined;
    for (const mark of label ? $$('.tl-required, .visually-hidden', label) : []) mark.remove();
    return label?.textContent?.trim() ?? '';
  });
  return names.filter(Boolean).join(language === 'zh' ? '、' : ', ');
}
