// Texts put into the controls of a field, as if somebody had typed them.
import { $$ } from './dom';

export type Control = HTMLInputElement & { tomselect?: TomSelected };
interface TomSelected { setValue(value: string | string[], silent: boolean): void; addOption(option: Record<string, string>): void; sync(): void }
/** What stands in a field: a text for each of its controls, those of what is ticked, and the title of what was searched for. */
export interface Put { texts: string[]; title?: string }

export const isTyped = (control: HTMLInputElement): boolean => !/^(radio|checkbox|hidden|submit|button|file|password)$/.test(control.type) && !/^select/.test(control.type);

/** Puts texts into all controls of one name. */
export function putInto(controls: Control[], { texts, title }: Put): void {
  const typed = controls.filter(isTyped);
  for (const control of controls) {
    if (/^(submit|button|file|password)$/.test(control.type)) continue;
    if (control.type === 'checkbox' || control.type === 'radio') control.checked = texts.includes(control.value);
    else if (control instanceof HTMLSelectElement) for (const option of control.options) option.selected = texts.includes(option.value);
    else if (isTyped(control)) control.value = texts.slice(-typed.length)[typed.indexOf(control)] ?? '';
    if (title && texts[0]) {
      control.dataset.title = title;
      control.tomselect?.addOption({ value: texts[0], title });
    }
    control.tomselect?.setValue(texts, true);
  }
}

export const controlsIn = (field: ParentNode): Control[] => $$<Control>('input[name], select[name], textarea[name]', field);

/** What stands in controls now, so that it can be put back. */
export function takenFrom(controls: Control[]): Put {
  const texts = controls.flatMap(control => {
    if (control.type === 'checkbox' || control.type === 'radio') return control.checked ? [control.value] : [];
    if (control instanceof HTMLSelectElement) return [...control.selectedOptions].map(each => each.value);
    return [control.value];
  });
  const titles = controls.map(each => (each.tomselect as unknown as { options?: Record<string, { title?: string }> } | undefined)?.options?.[each.value]?.title ?? each.dataset.title);
  return { texts, title: titles.find(Boolean) };
}
