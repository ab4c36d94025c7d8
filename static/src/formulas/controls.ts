// What stands in the controls of a form. Finding a control takes longer than reading it, so each is looked for once; of rows only those are
// read anew in which something changed.
import { $, $$ } from '../base/dom';
import type { Raw } from './reading';
import type { Page } from './record';

const PREFIX = 'f_';
type Input = HTMLInputElement;

export class Controls implements Page {
  private readonly named = new Map<string, Input[]>();
  private readonly fields = new Map<string, HTMLElement>();
  private readonly boxes = new Map<string, HTMLElement | null>();
  private inRows = new WeakMap<HTMLElement, Map<string, Input[]>>();
  private cells = new WeakMap<HTMLElement, Map<string, HTMLElement | null>>();
  private read = new WeakMap<HTMLElement, Record<string, Raw>>();

  constructor(private readonly form: HTMLFormElement) {}

  /** Something has changed in a row; without one: in any of them. */
  forget(row?: HTMLElement | null): void {
    if (row) { this.read.delete(row); this.inRows.delete(row); } else { this.read = new WeakMap(); this.inRows = new WeakMap(); this.named.clear(); }
  }

  field(key: string): HTMLElement | null {
    const known = this.fields.get(key);
    if (known?.isConnected) return known;
    const found = $(`[data-field="${CSS.escape(PREFIX + key)}"]`, this.form);
    if (found) this.fields.set(key, found);
    return found;
  }

  controls(key: string): Input[] {
    let known = this.named.get(key);
    if (!known?.length || !known[0].isConnected) {
      known = $$<Input>(`[name="${CSS.escape(PREFIX + key)}"]`, this.form);
      this.named.set(key, known);
    }
    return known;
  }

  raw(key: string): Raw | undefined { return rawIn(this.controls(key)); }

  rows(subform: string): Record<string, Raw>[] | undefined {
    const rows = this.rowsOf(subform);
    return rows?.map(row => {
      let found = this.read.get(row);
      if (!found) {
        found = Object.fromEntries([...this.controlsOf(row)].map(([key, each]) => [key, rawIn(each) ?? null]));
        this.read.set(row, found);
      }
      return found;
    });
  }

  rowsOf(subform: string): HTMLElement[] | undefined {
    let box = this.boxes.get(subform);
    if (!box?.isConnected) this.boxes.set(subform, box = $(`[data-rows="${CSS.escape(PREFIX + subform)}"] tbody`, this.form));
    return box ? ([...box.children] as HTMLElement[]).filter(row => row.dataset.row !== undefined) : undefined;
  }

  /** The field of a row, or the place where a computed value of it stands. */
  inRow(row: HTMLElement, key: string, what: 'field' | 'computed'): HTMLElement | null {
    const known = this.cells.get(row) ?? new Map<string, HTMLElement | null>();
    this.cells.set(row, known);
    const name = `${what} ${key}`;
    if (!known.has(name)) known.set(name, $(`[data-${what}$="-${CSS.escape(PREFIX + key)}"]`, row));
    return known.get(name)!;
  }

  controlsOf(row: HTMLElement): Map<string, Input[]> {
    let known = this.inRows.get(row);
    if (!known) {
      known = new Map();
      for (const control of $$<Input>('input[name], select[name], textarea[name]', row)) {
        const key = control.name.replace(/^.*-\d+-f_/, '');
        known.set(key, [...known.get(key) ?? [], control]);
      }
      this.inRows.set(row, known);
    }
    return known;
  }
}

export function rawIn(controls: Input[]): Raw | undefined {
  const [first] = controls;
  if (!first) return undefined;
  const typed = controls.filter(each => each.type === 'text');
  if (first.type === 'radio') return typed.at(-1)?.value || (controls.find(each => each.checked)?.value ?? null);
  if (typed.length && controls.length > 1) return controls.map(each => each.value);
  if (first instanceof HTMLSelectElement) return first.multiple ? [...first.selectedOptions].map(each => each.value) : first.value;
  if (first.type === 'checkbox') return first.value === 'true' && controls.length === 1 ? first.checked : controls.filter(each => each.checked).map(each => each.value);
  return first.value;
}
