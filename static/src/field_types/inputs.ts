// A slider beside its figure, a colour beside its name, an answer of one's own beside the options.
import { $, $$, make } from '../base/dom';

const said = (input: HTMLElement, name: string) => input.dispatchEvent(new Event(name, { bubbles: true }));
const labelOf = (input: HTMLInputElement) => $(`label[for="${CSS.escape(input.id)}"]`)?.firstChild?.textContent?.trim() ?? '';

/** The other control is disabled and locked with the first. */
function together(input: HTMLInputElement, other: HTMLInputElement): void {
  const follow = () => { other.disabled = input.disabled || input.readOnly; };
  new MutationObserver(follow).observe(input, { attributes: true, attributeFilter: ['disabled', 'readonly'] });
  follow();
}

/** Dragging fills in the figure; a blank figure stays blank until somebody drags. */
export function startSlider(box: HTMLElement): void {
  const input = $<HTMLInputElement>('input', box)!;
  const { min, max, step } = box.dataset;
  const range = make('input', { class: 'form-range', type: 'range', min, max, step, 'aria-label': labelOf(input) });
  const show = () => {
    range.value = input.value.trim() || min!;
    range.classList.toggle('tl-unset', !input.value.trim());
    range.setAttribute('aria-valuetext', input.value.trim() || '–');
  };
  range.addEventListener('input', event => { event.stopPropagation(); input.value = range.value; show(); said(input, 'input'); });
  range.addEventListener('change', event => { event.stopPropagation(); said(input, 'change'); });
  input.addEventListener('input', show);
  input.form?.addEventListener('tierloom:restored', show);
  box.prepend(range);
  together(input, range);
  show();
}

/** The browser's own colour picker; it cannot be blank, so the text is what counts. */
export function startColor(box: HTMLElement): void {
  const input = $<HTMLInputElement>('input', box)!;
  const picker = make('input', { class: 'form-control tl-color-pick', type: 'color', 'aria-label': `${labelOf(input)} · ${box.dataset.label}` });
  const show = () => {
    const known = /^#[0-9a-f]{6}$/i.test(input.value.trim());
    picker.value = known ? input.value.trim().toLowerCase() : '#000000';
    picker.classList.toggle('tl-unset', !known);
  };
  picker.addEventListener('input', event => { event.stopPropagation(); input.value = picker.value.toUpperCase(); show(); said(input, 'input'); });
  picker.addEventListener('change', event => { event.stopPropagation(); said(input, 'change'); });
  input.addEventListener('input', show);
  input.form?.addEventListener('tierloom:restored', show);
  box.append(picker);
  together(input, picker);
  show();
}

/** Writing another answer chooses “Other”; choosing an option takes the other answer away. */
export function startOther(box: HTMLElement): void {
  const own = $<HTMLInputElement>('input[type=text]', box)!;
  const list = $<HTMLSelectElement>('select', box);
  const radios = $$<HTMLInputElement>('input[type=radio]', box);
  const other = radios.at(-1);
  const chosen = () => (list ? list.value : radios.find(each => each.checked && each !== other)?.value ?? '');
  box.addEventListener('change', event => {
    if (event.target !== own && chosen()) own.value = '';
    if (event.target === other && other!.checked) own.focus();
  });
  own.addEventListener('input', () => {
    if (!own.value.trim()) return;
    if (list) list.value = ''; else if (other) other.checked = true;
  });
}
