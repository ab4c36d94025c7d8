// The rules of a form, followed while somebody types: what is shown, needed, locked, checked and computed, as the server will see it.
import { $, $$, make } from '../base/dom';
import { lock, namesOf, requireField, showError, showField } from '../base/fields';
import { speak } from '../base/speak';
import { say } from '../base/texts';
import { displayed } from './display';
import type { Program } from './interpreter';
import type { Raw } from './reading';
import { type Carried, type Outcome, type Page, type Paths, type Rule, type Standing, LiveRecord, Programs, prepared } from './record';
import { type Run, type Value, CannotCompute, NotInBrowser } from './values';

/** The server's answer to the state of a form. */
export interface Heard { rules?: Standing[]; paths?: Paths; values?: Record<string, string> }
interface Follow { rule: Rule; when: Program | null; check: Program | null; stands: Standing }

const PREFIX = 'f_';
const RANK = { clear: 0, keep: 1, recompute: 2 };

export class LiveForm {
  private readonly programs: Programs;
  private readonly rules: Follow[];
  private readonly page: Page;
  private readonly began = performance.now();
  private readonly left = new Set<string>();
  private readonly leftOut: HTMLInputElement;
  private readonly treatments = new Map<string, keyof typeof RANK>();
  private shown = new Set<string>();
  private needed = new Set<string>();
  private locked = new Set<string>();
  private said: Record<string, string> = {};
  private quiet = true;

  constructor(private readonly form: HTMLFormElement, private readonly carried: Carried) {
    this.programs = new Programs(carried);
    this.rules = carried.rules.map(rule => ({ rule, when: prepared(rule.when), check: prepared(rule.check), stands: rule.stands }));
    this.page = { raw: key => this.rawOf(PREFIX + key), rows: subform => this.rowsOf(subform) };
    for (const { show, hidden_value = 'clear' } of carried.rules) for (const key of show ?? []) this.treatments.set(key, hidden_value);
    this.leftOut = make('input', { type: 'hidden', name: '_left_out', 'data-not-kept': '' });
    form.prepend(this.leftOut);
    this.takeOver();
    this.follow();
    this.quiet = false;
  }

  /** Sentences of checks that the server has put beside fields are ours from now on. */
  private takeOver(): void {
    for (const { rule } of this.rules) {
      for (const key of rule.fields ?? []) {
        const words = $('[data-error] span', this.fieldOf(key) ?? undefined);
        if (!rule.message || !words?.textContent?.includes(rule.message)) continue;
        this.left.add(key);
        showError(this.fieldOf(key)!, words.textContent.replace(rule.message, '').trim());
      }
    }
  }

  /** What the server says counts where the browser cannot tell. */
  hear(answer: Heard): void {
    answer.rules?.forEach((stands, number) => { if (this.rules[number]) this.rules[number].stands = stands; });
    for (const [name, known] of Object.entries(answer.paths ?? {})) {
      Object.assign((this.carried.paths[name] ??= { type: known.type, values: {} }).values, known.values);
    }
    this.said = answer.values ?? this.said;
    this.follow();
  }

  /** Somebody has left a field: its checks may speak from now on. */
  leave(name: string): void {
    this.left.add(name.startsWith(PREFIX) ? name.slice(PREFIX.length).replace(/-\d+-.*$/, '') : name);
    this.follow(true);
  }

  /** Brings the page up to what is typed now. `aloud`: computed values are read out too. */
  follow(aloud = false): void {
    const run = this.run();
    const { record, standing } = this.settled(run);
    this.showFields(standing);
    this.needFields(standing);
    this.lockFields(standing, record);
    this.sayChecks(standing);
    this.showComputed(record, run, aloud);
  }

  private run(): Run {
    const { now, ...rest } = this.carried.run;
    return { ...rest, now: BigInt(now) + BigInt(Math.round((performance.now() - this.began) * 1000)), asOf: false };
  }

  // -- how the rules stand ------------------------------------------------------------------------------------------------------
  /** What a hidden field was may decide about the next, so it goes round until nothing changes: runtime/records/entries.py does the same. */
  private settled(run: Run): { record: LiveRecord; standing: Standing[] } {
    let hidden = new Map<string, keyof typeof RANK>();
    for (let round = 0; ; round++) {
      const record = new LiveRecord(this.carried, this.programs, this.page, run, hidden);
      const standing = this.rules.map(each => this.standingOf(each, record, run));
      const now = this.hiddenBy(standing);
      if (round > this.treatments.size || same(now, hidden)) return { record, standing };
      hidden = now;
    }
  }

  private standingOf({ rule, when, check, stands }: Follow, record: LiveRecord, run: Run): Standing {
    const holds = rule.always || truth(when, record, run, stands.when);
    const passes = rule.check === undefined || !holds || truth(check, record, run, stands.check);
    return { when: holds, check: passes };
  }

  private hiddenBy(standing: Standing[]): Map<string, keyof typeof RANK> {
    const shown = this.keys(standing, 'show');
    return new Map([...this.treatments].filter(([key]) => !shown.has(key)));
  }

  private keys(standing: Standing[], purpose: 'show' | 'require' | 'read_only'): Set<string> {
    return new Set(this.rules.flatMap(({ rule }, number) => (standing[number].when ? rule[purpose] ?? [] : [])));
  }

  // -- what the page shows of it --------------------------------------------------------------------------------------------------
  private showFields(standing: Standing[]): void {
    const shown = this.keys(standing, 'show');
    for (const key of this.treatments.keys()) {
      const field = this.fieldOf(key);
      if (field) showField(field, PREFIX + key, shown.has(key));
    }
    this.announce('now_shown', shown, this.shown);
    this.announce('now_hidden', this.shown, shown);
    this.shown = shown;
  }

  private needFields(standing: Standing[]): void {
    const needed = this.keys(standing, 'require');
    for (const key of new Set([...needed, ...this.needed])) {
      const field = this.fieldOf(key);
      if (field) requireField(field, field.dataset.must !== undefined || needed.has(key));
    }
    this.announce('now_needed', needed, new Set([...this.needed, ...[...needed].filter(key => this.isHidden(key))]));
    this.needed = needed;
  }

  /** A value that has been changed before stays open, with the sentence that saving it would give. */
  private lockFields(standing: Standing[], record: LiveRecord): void {
    const wanted = this.keys(standing, 'read_only');
    const locked = new Set([...wanted].filter(key => !changed(record, key)));
    for (const key of new Set([...wanted, ...this.locked])) {
      const field = this.fieldOf(key);
      if (!field || this.isHidden(key)) continue;
      lock(field, locked.has(key));
      showError(field, wanted.has(key) && !locked.has(key) ? say('locked') : '', 'lock');
    }
    this.announce('now_locked', locked, this.locked);
    this.locked = locked;
    const asleep = [...this.treatments.keys()].filter(key => this.isHidden(key));
    this.leftOut.value = [...new Set([...asleep, ...locked])].map(key => PREFIX + key).join(' ');
  }

  private sayChecks(standing: Standing[]): void {
    const messages = new Map<string, string[]>();
    this.rules.forEach(({ rule }, number) => {
      if (rule.check === undefined) return;
      const broken = !standing[number].check;
      for (const key of rule.fields?.length ? rule.fields : ['']) {
        const given = messages.get(key) ?? [];
        const due = key ? this.left.has(key) : !!rule.reads?.length && rule.reads.every(each => this.left.has(each));
        if (broken && due && !given.includes(rule.message!)) given.push(rule.message!);
        messages.set(key, given);
      }
    });
    for (const [key, given] of messages) {
      const field = key ? this.fieldOf(key) : null;
      if (field) showError(field, given.join(' '), 'rule'); else this.sayForAll(given);
    }
  }

  /** Checks of the whole form stand above its buttons. */
  private sayForAll(messages: string[]): void {
    let note = $('[data-rule-note]', this.form);
    if (!note && messages.length) {
      note = make('div', { class: 'tl-note tl-note-care', role: 'status', 'data-rule-note': '' });
      ($('.tl-save', this.form) ?? this.form.lastElementChild)!.before(note);
    }
    if (!note || note.textContent === messages.join(' ')) return;
    note.textContent = messages.join(' ');
    note.hidden = !messages.length;
  }

  private showComputed(record: LiveRecord, run: Run, aloud: boolean): void {
    for (const { key, shown } of this.carried.computed) this.write(PREFIX + key, record.computed(key), shown, run, aloud);
    for (const [subform, { computed }] of Object.entries(this.carried.subforms)) {
      record.rows(subform)?.forEach((row, number) => {
        for (const { key, shown } of computed) this.write(`${PREFIX}${subform}-${number}-${PREFIX}${key}`, row.computed(key), shown, run, false);
      });
    }
  }

  private write(name: string, outcome: Outcome, shown: Carried['computed'][0]['shown'], run: Run, aloud: boolean): void {
    const place = $(`[data-computed="${CSS.escape(name)}"]`, this.form);
    const text = outcome.unknown ? this.said[name] : displayed(shown, outcome.value, outcome.scale, run);
    if (!place || text === undefined || place.dataset.text === text) return;
    const before = place.dataset.text;
    place.dataset.text = text;
    place.replaceChildren(text || make('span', { class: 'tl-quiet' }, '–'));
    if (aloud && before !== undefined && text && !this.quiet) speak(say('is_now', { name: namesOf([place.closest<HTMLElement>('[data-field]')!]), value: text }));
  }

  private announce(sentence: string, now: Set<string>, before: Set<string>): void {
    const fields = [...now].filter(key => !before.has(key)).map(key => this.fieldOf(key)).filter(field => field !== null);
    if (fields.length && !this.quiet) speak(say(sentence, { names: namesOf(fields) }));
  }

  // -- what stands in the controls ------------------------------------------------------------------------------------------------
  private fieldOf(key: string): HTMLElement | null {
    return $(`[data-field="${CSS.escape(PREFIX + key)}"]`, this.form);
  }

  private isHidden(key: string): boolean {
    return this.treatments.has(key) && !this.shown.has(key);
  }

  private rawOf(name: string): Raw | undefined {
    return rawIn($$<HTMLInputElement>(`[name="${CSS.escape(name)}"]`, this.form));
  }

  private rowsOf(subform: string): Record<string, Raw>[] | undefined {
    const box = $(`[data-rows="${CSS.escape(PREFIX + subform)}"]`, this.form);
    return box ? $$('tbody > [data-row]', box).map(rowIn) : undefined;
  }
}

function rowIn(row: HTMLElement): Record<string, Raw> {
  const controls = new Map<string, HTMLInputElement[]>();
  for (const control of $$<HTMLInputElement>('input[name], select[name], textarea[name]', row)) {
    const key = control.name.replace(/^.*-\d+-f_/, '');
    controls.set(key, [...controls.get(key) ?? [], control]);
  }
  return Object.fromEntries([...controls].map(([key, each]) => [key, rawIn(each) ?? null]));
}

function rawIn(controls: HTMLInputElement[]): Raw | undefined {
  const [first] = controls;
  if (!first) return undefined;
  const typed = controls.filter(each => each.type === 'text');
  if (first.type === 'radio') return typed.at(-1)?.value || (controls.find(each => each.checked)?.value ?? null);
  if (typed.length && controls.length > 1) return controls.map(each => each.value);
  if (first instanceof HTMLSelectElement) return first.multiple ? [...first.selectedOptions].map(each => each.value) : first.value;
  if (first.type === 'checkbox') return first.value === 'true' && controls.length === 1 ? first.checked : controls.filter(each => each.checked).map(each => each.value);
  return first.value;
}

function truth(program: Program | null, record: LiveRecord, run: Run, otherwise: boolean): boolean {
  if (!program) return otherwise;
  try { return program.run(record, run) === true; } catch (error) {
    if (error instanceof NotInBrowser) return otherwise;
    if (error instanceof CannotCompute) return false;
    throw error;
  }
}

/** Whether what is typed is another value than the record has. */
function changed(record: LiveRecord, key: string): boolean {
  if (!record.carried.fields[key]) return false;
  try { return plain(record.field(key)) !== plain(record.before(key)); } catch (error) {
    if (error instanceof NotInBrowser) return true;
    throw error;
  }
}

const plain = (value: Value): string => (value === null || value === '' ? '' : Array.isArray(value) ? [...value].sort().join('\n') : String(value));
const same = (a: Map<string, string>, b: Map<string, string>): boolean => a.size === b.size && [...a.keys()].every(key => b.has(key));

/** Follows a form that carries rules. */
export function startLive(form: HTMLFormElement, carried: Carried): LiveForm {
  const live = new LiveForm(form, carried);
  form.addEventListener('input', () => live.follow());
  form.addEventListener('change', event => {
    const field = (event.target as Element).closest<HTMLElement>('[data-field]');
    if (field) live.leave(field.dataset.field!); else live.follow();
  });
  form.addEventListener('tierloom:restored', () => live.follow());
  return live;
}
