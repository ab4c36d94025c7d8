// The rules of a form, followed while somebody types: what is shown, needed, locked, checked, offered and computed, as the server will see it.
import { $, $$, make } from '../base/dom';
import { lock, namesOf, offer, requireField, showError, showField } from '../base/fields';
import { type Put, putInto, takenFrom } from '../base/putting';
import { speak } from '../base/speak';
import { say } from '../base/texts';
import { toast } from '../base/toasts';
import { Controls } from './controls';
import { displayed } from './display';
import { type Carried, type LiveRecord, type Outcome, type Paths, type Standing } from './record';
import { type Said, type Settled, Rules, placeOf } from './rules';
import { typedAs } from './typing';
import { type Run, type Value, NotInBrowser } from './values';

/** The server's answer to the state of a form. */
export interface Heard {
  rules?: Standing[]; rows_stand?: Record<string, Standing[][]>; paths?: Paths; values?: Record<string, string>; waits?: Record<string, string>; filled?: Record<string, Put>;
}

const PREFIX = 'f_';

export class LiveForm {
  private readonly rules: Rules;
  private readonly controls: Controls;
  private readonly began = performance.now();
  private readonly left = new Set<string>();
  private readonly leftOut: HTMLInputElement;
  /** Fields that follow the formula of their default, because nobody has written into them. */
  private readonly following = new Set<string>();
  /** What a choice has filled in counts as no change of anybody's. */
  private readonly filledIn = new Map<string, string>();
  private shown = new Set<string>();
  private needed = new Set<string>();
  private locked = new Set<string>();
  private said = Object.create(null) as Record<string, string>;
  /** Computed fields that have no value now, each with what it waits for. */
  private waits = Object.create(null) as Record<string, string>;
  /** The fields into which somebody has written since the server was heard. */
  private readonly written = new Set<string>();
  private quiet = true;

  constructor(private readonly form: HTMLFormElement, private readonly carried: Carried) {
    this.rules = new Rules(carried);
    this.controls = new Controls(form);
    this.leftOut = make('input', { type: 'hidden', name: '_left_out', 'data-not-kept': '' });
    form.prepend(this.leftOut);
    this.takeOver();
    this.followDefaults();
    this.follow();
    this.quiet = false;
  }

  /** Sentences of checks that the server has put beside fields are ours from now on. */
  private takeOver(): void {
    for (const rule of this.rules.rules) {
      for (const key of rule.fields ?? []) {
        const words = $('[data-error] span', this.controls.field(key) ?? undefined);
        if (!rule.message || !words?.textContent?.includes(rule.message)) continue;
        this.left.add(key);
        showError(this.controls.field(key)!, words.textContent.replace(rule.message, '').trim());
      }
    }
  }

  /** What the server says counts where the browser cannot tell. */
  hear(answer: Heard): void {
    this.rules.hear(answer.rules, answer.rows_stand);
    for (const [name, known] of Object.entries(answer.paths ?? {})) {
      Object.assign((this.carried.paths[name] ??= { type: known.type, values: {} }).values, known.values);
    }
    if (answer.values) { this.said = answer.values; this.waits = answer.waits ?? {}; this.written.clear(); }
    if (answer.filled) this.fill(answer.filled);
    this.follow();
  }

  /** Puts what a choice fills in into its fields; it can be taken back. */
  private fill(filled: Record<string, Put>): void {
    const before = new Map<HTMLElement, Put>();
    for (const [name, put] of Object.entries(filled)) {
      const field = $(`[data-field="${CSS.escape(name)}"]`, this.form);
      const controls = field ? $$<HTMLInputElement>(`[name="${CSS.escape(name)}"]`, field) : [];
      if (!field || !controls.length || takenFrom(controls).texts.join('\n') === put.texts.join('\n')) continue;
      before.set(field, takenFrom(controls));
      putInto(controls, put);
      this.filledIn.set(name, put.texts.join('\n'));
      this.following.delete(name.slice(PREFIX.length));
      showError(field, '');
    }
    if (!before.size) return;
    this.restored();
    const fields = [...before.keys()].sort((a, b) => (a.compareDocumentPosition(b) & Node.DOCUMENT_POSITION_FOLLOWING ? -1 : 1));
    toast({ text: say('filled_in', { names: namesOf(fields) }), takeBack: () => {
      for (const [field, put] of before) putInto($$<HTMLInputElement>(`[name="${CSS.escape(field.dataset.field!)}"]`, field), put);
      this.restored();
    } });
  }

  /** Whoever draws a control of his own looks at it again. */
  private restored(): void {
    this.form.dispatchEvent(new CustomEvent('tierloom:restored', { detail: { filled: true } }));
  }

  /** Somebody has written into a field. */
  write(field: HTMLElement | null, row: HTMLElement | null): void {
    if (row) this.controls.forget(row);
    const name = field?.dataset.field;
    if (!name) return;
    this.following.delete(name.slice(PREFIX.length));
    this.written.add(name.slice(PREFIX.length).replace(/-\d+-.*$/, ''));
  }

  /** Everything may be different now. */
  again(byPerson: boolean): void {
    this.controls.forget();
    if (byPerson) this.followDefaults();
    this.follow();
  }

  /** Somebody has left a field: its checks may speak from now on. */
  leave(name: string): void {
    this.left.add(name.startsWith(PREFIX) ? name.slice(PREFIX.length).replace(/-\d+-.*$/, '') : name);
    this.left.add(name);
    this.follow(true);
  }

  /** Brings the page up to what is typed now. `aloud`: computed values are read out too. */
  follow(aloud = false): void {
    const run = this.run();
    let settled = this.rules.settle(this.controls, run);
    for (let round = 0; round < 3 && (this.writeDefaults(settled, run) || this.offerOptions(settled)); round++) settled = this.rules.settle(this.controls, run);
    this.showFields(settled);
    this.needFields(settled);
    this.lockFields(settled);
    this.sayChecks(settled);
    this.ruleRows(settled);
    this.showComputed(settled.record, run, aloud);
  }

  private run(): Run {
    const { now, ...rest } = this.carried.run;
    return { ...rest, now: BigInt(now) + BigInt(Math.round((performance.now() - this.began) * 1000)), asOf: false };
  }

  /** The fields of a new record that hold what their default gives; whatever else stands in one, somebody has written it. */
  private followDefaults(): void {
    this.following.clear();
    if (!this.carried.fresh) return;
    const run = this.run(), { record, hidden } = this.rules.settle(this.controls, run);
    for (const key of Object.keys(this.carried.defaults)) {
      const outcome = this.carried.fields[key] ? record.byDefault(key) : null;
      if (!outcome || outcome.unknown) continue;
      const texts = hidden.has(key) ? typedAs(this.carried.fields[key], outcome.value, outcome.scale, run.zone) : null;  // its control may hold what was typed before
      const stands = texts ? takenFrom(this.controls.controls(key)).texts.join('\n') === texts.join('\n') : plain(outcome.value) === plain(valueOf(record, key));
      if (stands) this.following.add(key);
    }
  }

  // -- what it writes itself --------------------------------------------------------------------------------------------------
  /** Fields that nobody has written into follow their default; whether one of them has changed. */
  private writeDefaults({ record, hidden }: Settled, run: Run): boolean {
    let written = false;
    for (const key of this.following) {
      const controls = this.controls.controls(key);
      const outcome = hidden.has(key) || !controls.length || !this.carried.fields[key] ? null : record.byDefault(key);
      if (!outcome || outcome.unknown) continue;
      const texts = typedAs(this.carried.fields[key], outcome.value, outcome.scale, run.zone);
      if (!texts || plain(outcome.value) === plain(valueOf(record, key))) continue;
      putInto(controls, { texts });
      written = true;
    }
    return written;
  }

  /** Takes options away that are not on offer; whether one of them had been chosen. */
  private offerOptions({ offered, rows, hidden }: Settled): boolean {
    let changed = false;
    for (const rule of this.rules.rules) {
      for (const key of rule.limit ?? []) {
        const field = this.controls.field(key);
        if (field) changed = offer(field, offered.get(key), !this.quiet && !hidden.has(key)) || changed;
      }
    }
    for (const [subform, said] of rows) {
      const limited = new Set(this.rules.rulesOfRows(subform).flatMap(rule => rule.limit ?? []));
      if (!limited.size) continue;
      this.controls.rowsOf(subform)?.forEach((row, number) => {
        for (const key of limited) {
          const field = this.controls.inRow(row, key, 'field');
          if (!field || !offer(field, said[number]?.offered.get(key), !this.quiet)) continue;
          this.controls.forget(row);
          changed = true;
        }
      });
    }
    return changed;
  }

  // -- what the page shows of the rules ---------------------------------------------------------------------------------------
  private showFields({ hidden }: Settled): void {
    const shown = new Set([...this.rules.treatments.keys()].filter(key => !hidden.has(key)));
    for (const key of this.rules.treatments.keys()) {
      const field = this.controls.field(key);
      if (field) showField(field, PREFIX + key, shown.has(key));
    }
    this.announce('now_shown', shown, this.shown);
    this.announce('now_hidden', this.shown, shown);
    this.shown = shown;
  }

  private needFields({ needed }: Said): void {
    for (const key of new Set([...needed, ...this.needed])) {
      const field = this.controls.field(key);
      if (field) requireField(field, field.dataset.must !== undefined || needed.has(key));
    }
    this.announce('now_needed', needed, new Set([...this.needed, ...[...needed].filter(key => this.isHidden(key))]));
    this.needed = needed;
  }

  /** A value that has been changed before stays open, with the sentence that saving it would give. */
  private lockFields({ locked: wanted, record }: Settled): void {
    const locked = new Set([...wanted].filter(key => !this.changed(record, key)));
    for (const key of new Set([...wanted, ...this.locked])) {
      const field = this.controls.field(key);
      if (!field || this.isHidden(key)) continue;
      lock(field, locked.has(key));
      showError(field, wanted.has(key) && !locked.has(key) ? say('locked') : '', 'lock');
    }
    this.announce('now_locked', locked, this.locked);
    this.locked = locked;
    const asleep = [...this.rules.treatments.keys()].filter(key => this.isHidden(key));
    this.leftOut.value = [...new Set([...asleep, ...locked])].map(key => PREFIX + key).join(' ');
  }

  /** Whether what is typed is another value than the record has, and than a choice has filled in. */
  private changed(record: LiveRecord, key: string): boolean {
    if (!this.carried.fields[key]) return false;
    const filled = this.filledIn.get(PREFIX + key);
    if (filled !== undefined && filled === takenFrom(this.controls.controls(key)).texts.join('\n')) return false;
    try { return plain(record.field(key)) !== plain(record.before(key)); } catch (error) {
      if (error instanceof NotInBrowser) return true;
      throw error;
    }
  }

  private sayChecks({ standing }: Said): void {
    const messages = new Map<string, string[]>();
    this.rules.rules.forEach((rule, number) => {
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
      const field = key ? this.controls.field(key) : null;
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

  // -- rows -------------------------------------------------------------------------------------------------------------------
  private ruleRows(settled: Settled): void {
    for (const [subform, said] of settled.rows) {
      const rules = this.rules.rulesOfRows(subform);
      const keys = (purpose: 'show' | 'require' | 'read_only') => new Set(rules.flatMap(rule => rule[purpose] ?? []));
      const [shows, requires, locks] = [keys('show'), keys('require'), keys('read_only')];
      const live = settled.record.rows(subform);
      this.controls.rowsOf(subform)?.forEach((row, number) => {
        if (!said[number]) return;
        const field = (key: string) => this.controls.inRow(row, key, 'field');
        for (const key of shows) showInRow(field(key), !settled.hidden.has(placeOf(subform, number, key)));
        for (const key of requires) { const found = field(key); if (found) requireField(found, found.dataset.must !== undefined || said[number].needed.has(key)); }
        for (const key of locks) { const found = field(key); if (found && !settled.hidden.has(placeOf(subform, number, key))) lock(found, said[number].locked.has(key)); }
        this.checkRow(subform, rules, said[number], row, live?.[number]?.empty ?? true);
      });
    }
  }

  private checkRow(subform: string, rules: ReturnType<Rules['rulesOfRows']>, said: Said, row: HTMLElement, empty: boolean): void {
    const messages = new Map<HTMLElement, Set<string>>();
    rules.forEach((rule, which) => {
      if (rule.check === undefined) return;
      for (const key of rule.fields?.length ? rule.fields : (rule.reads ?? []).slice(0, 1)) {
        const field = this.controls.inRow(row, key, 'field');
        if (!field) continue;
        const given = messages.get(field) ?? new Set();
        if (!said.standing[which].check && !empty && (this.left.has(field.dataset.field!) || this.left.has(`${subform}/all`))) given.add(rule.message!);
        messages.set(field, given);
      }
    });
    for (const [field, given] of messages) showError(field, [...given].join(' '), 'rule');
  }

  // -- computed values ----------------------------------------------------------------------------------------------------------
  private showComputed(record: LiveRecord, run: Run, aloud: boolean): void {
    for (const { key, shown } of this.carried.computed) {
      this.show(this.place(PREFIX + key), PREFIX + key, record.computed(key), shown, run, aloud);
    }
    for (const [subform, { computed }] of Object.entries(this.carried.subforms)) {
      if (!computed.length) continue;
      const elements = this.controls.rowsOf(subform) ?? [];
      record.rows(subform)?.forEach((row, number) => {
        for (const { key, shown } of computed) {
          this.show(this.controls.inRow(elements[number], key, 'computed'), `${PREFIX}${subform}-${number}-${PREFIX}${key}`, row.computed(key), shown, run, false);
        }
      });
    }
  }

  private readonly places = new Map<string, HTMLElement | null>();
  private place(name: string): HTMLElement | null {
    if (!this.places.has(name)) this.places.set(name, $(`[data-computed="${CSS.escape(name)}"]`, this.form));
    return this.places.get(name)!;
  }

  private show(place: HTMLElement | null, name: string, outcome: Outcome, shown: Carried['computed'][0]['shown'], run: Run, aloud: boolean): void {
    if (!place) return;
    const waits = outcome.unknown ? this.waitsFor(name, outcome.cause) : undefined;
    const text = waits !== undefined ? '' : outcome.unknown ? this.said[name] : displayed(shown, outcome.value, outcome.scale, run);
    place.dataset.first ??= place.textContent!.trim();
    if (text === undefined && place.dataset.text === undefined) return;
    if (text === undefined) { delete place.dataset.text; place.textContent = place.dataset.first; return; }  // as it came, since nothing it reads has changed
    if (place.dataset.text === text && (place.dataset.waits ?? '') === (waits ?? '')) return;
    const before = place.dataset.text;
    place.dataset.text = text;
    place.dataset.waits = waits ?? '';
    place.replaceChildren(text || make('span', { class: 'tl-quiet' }, waits ?? '–'));
    if (aloud && before !== undefined && text && !this.quiet) speak(say('is_now', { name: namesOf([place.closest<HTMLElement>('[data-field]')!]), value: text }));
  }

  /** What stands for a value that was never known, or holds no longer: never a number that is wrong by now. */
  private waitsFor(name: string, cause: string | undefined): string | undefined {
    if (cause !== undefined && this.written.has(cause.split(/[./]/)[0])) return cause.includes('.') ? '…' : say('after_mending');
    return this.waits[name];
  }

  private announce(sentence: string, now: Set<string>, before: Set<string>): void {
    const fields = [...now].filter(key => !before.has(key)).map(key => this.controls.field(key)).filter(field => field !== null);
    if (fields.length && !this.quiet) speak(say(sentence, { names: namesOf(fields) }));
  }

  private isHidden(key: string): boolean {
    return this.rules.treatments.has(key) && !this.shown.has(key);
  }
}

/** In a row a field goes, its cell stays. */
function showInRow(field: HTMLElement | null, visible: boolean): void {
  if (field) showField(field, field.dataset.field!, visible);
}

function valueOf(record: LiveRecord, key: string): Value {
  try { return record.field(key); } catch (error) {
    if (error instanceof NotInBrowser) return null;
    throw error;
  }
}

const plain = (value: Value): string => (value === null || value === '' ? '' : Array.isArray(value) ? [...value].sort().join('\n') : String(value));

/** Controls that a rule locks in rows are sent all the same: their row would lose the value. */
function sendLocked(form: HTMLFormElement): void {
  form.addEventListener('formdata', event => {
    for (const control of $$<HTMLInputElement>('[data-row] [data-locked] :is(input, select, textarea):disabled', form)) {
      if (!control.name) continue;
      for (const text of takenFrom([control]).texts) event.formData.append(control.name, text);
    }
  });
}

/** Follows a form that carries rules. */
export function startLive(form: HTMLFormElement, carried: Carried): LiveForm {
  const live = new LiveForm(form, carried);
  const written = (event: Event) => {
    const target = event.target as Element;
    live.write(target.closest<HTMLElement>('[data-field]'), target.closest<HTMLElement>('[data-row]'));
  };
  form.addEventListener('input', event => { written(event); live.follow(); });
  form.addEventListener('change', event => {
    written(event);
    const field = (event.target as Element).closest<HTMLElement>('[data-field]');
    if (field) live.leave(field.dataset.field!); else live.follow();
  });
  form.addEventListener('tierloom:restored', event => live.again(!(event as CustomEvent<{ filled?: boolean } | null>).detail?.filled));
  sendLocked(form);
  return live;
}
