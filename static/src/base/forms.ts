// Forms: the list of problems jumps, leaving a field checks it, the save bar counts changes, the file zone takes drops.
import type { Carried } from '../formulas/record';
import type { LiveForm } from '../formulas/live';
import { $, $$, eachNow, make } from './dom';
import { requireField, showError, showField } from './fields';
import { request } from './http';
import { say } from './texts';
import { toast } from './toasts';

interface Checked {
  errors?: Record<string, string>;
  /** Linked choices that do not fit what stands beside them. */
  unfit?: Record<string, string>;
  hidden?: string[]; required?: string[]; values?: Record<string, string>;
  duplicates?: Duplicate[];
  /** What limits across forms will say when it is saved. */
  limits?: string[];
}
interface Duplicate { title: string; href: string; fields?: string[] }

function apply(form: HTMLFormElement, answer: Checked, left: string, live: LiveForm | null): void {
  for (const field of $$('[data-field]', form)) {
    const name = field.dataset.field!;
    if (answer.errors && (name === left || name in answer.errors)) showError(field, answer.errors[name] ?? '');
  }
  if (answer.unfit) sayUnfit(form, answer.unfit, left);
  sayLimits(form, answer.limits ?? []);
  if (live) live.hear(answer); else applyRules(form, answer);
  if (answer.duplicates) showDuplicates(form, left, answer.duplicates);
}

/** A linked choice keeps what was chosen; that it fits no more stands beside it until it does, or another is chosen. */
function sayUnfit(form: HTMLFormElement, unfit: Record<string, string>, left: string): void {
  for (const control of $$<HTMLInputElement>('[data-asks]', form)) {
    const field = control.closest<HTMLElement>('[data-field]')!;
    const said = unfit[control.name] ?? '';
    const source = control.dataset.asks!.split(' ').some(key => left === `f_${key.replace('parent.', '')}` || left.endsWith(`-f_${key}`));
    if (said || source) showError(field, '');
    showError(field, said, 'unfit');
  }
}

/** What a limit across forms will say stands above the buttons until it is no more so. */
function sayLimits(form: HTMLFormElement, said: string[]): void {
  let note = $('[data-limit-note]', form);
  if (!note && said.length) {
    note = make('div', { class: 'tl-note tl-note-care', role: 'status', 'data-limit-note': '' });
    ($('.tl-save', form) ?? form.lastElementChild)!.before(note);
  }
  if (!note || note.textContent === said.join(' ')) return;
  note.textContent = said.join(' ');
  note.hidden = !said.length;
}

/** What the server says of hidden, needed and computed fields, where the page does not know it by itself. */
function applyRules(form: HTMLFormElement, answer: Checked): void {
  for (const field of $$('[data-field]', form)) {
    const name = field.dataset.field!;
    if (answer.hidden) showField(field, name, !answer.hidden.includes(name));
    if (answer.required) requireField(field, field.dataset.must !== undefined || answer.required.includes(name));
  }
  for (const [name, text] of Object.entries(answer.values ?? {})) {
    const shown = $(`[data-computed="${CSS.escape(name)}"]`, form);
    if (shown) shown.textContent = text;
  }
}

/** A form that carries its rules follows them itself; the script for it is fetched then. */
async function liveOf(form: HTMLFormElement): Promise<LiveForm | null> {
  const carried = $('script[data-live-rules]', form)?.textContent;
  if (!carried) return null;
  const { startLive } = await import('../formulas/live');
  return startLive(form, JSON.parse(carried) as Carried);
}

/** Beside the field that somebody is typing into: the records that have it already. “Still a new one” is not asked again for the same value. */
function showDuplicates(form: HTMLFormElement, left: string, found: Duplicate[]): void {
  const field = $(`[data-field="${CSS.escape(left)}"]`, form) ?? form;
  const value = JSON.stringify(found.map(each => each.href));
  const old = $('[data-duplicates]', field);
  if (!found.length || field.dataset.stillNew === value) { old?.remove(); return; }
  if (old?.dataset.duplicates === value) return;
  old?.remove();
  const still = make('button', { class: 'btn btn-sm btn-ghost', type: 'button' }, say('still_new'));
  const lines = found.map(each => make('div', {}, `${say('duplicate', { title: each.title })} `, make('a', { class: 'btn btn-sm', href: each.href, target: '_blank', rel: 'noopener' }, say('open'))));
  const box = make('div', { class: 'tl-note tl-note-care tl-duplicates', role: 'status', 'data-duplicates': value }, make('div', {}, ...lines, still));
  still.addEventListener('click', () => { field.dataset.stillNew = value; box.remove(); $<HTMLElement>('input, textarea', field)?.focus(); });
  if (field === form) form.prepend(box); else field.append(box);
}

/** Asks while somebody is still typing, once they pause. */
function startDuplicates(form: HTMLFormElement): void {
  const watched = new Set(form.dataset.watched!.split(' '));
  let timer = 0;
  let pending: AbortController | null = null;
  form.addEventListener('input', event => {
    const field = (event.target as Element).closest<HTMLElement>('[data-field]');
    clearTimeout(timer);
    pending?.abort();
    if (!field || !watched.has(field.dataset.field!) || (event.target as HTMLInputElement).value.length < 2) return;
    timer = window.setTimeout(async () => {
      pending = new AbortController();
      const body = new FormData(form);
      body.set('_field', field.dataset.field!);
      try {
        const answer = await request(form.dataset.checkUrl!.replace(/check$/, 'duplicates'), { method: 'POST', body, signal: pending.signal });
        if (answer.ok) showDuplicates(form, field.dataset.field!, (await answer.json() as Checked).duplicates ?? []);
      } catch { /* leaving the field asks again */ }
    }, 450);
  });
}

function startChecks(form: HTMLFormElement): void {
  let pending: AbortController | null = null;
  const live = liveOf(form);
  form.addEventListener('change', async event => {
    const field = (event.target as Element).closest<HTMLElement>('[data-field]');
    if (!field) return;
    pending?.abort();
    const own = pending = new AbortController();
    await new Promise(resolve => setTimeout(resolve)); // where the focus goes comes first
    if (own.signal.aborted) return;
    const body = new FormData(form);
    body.set('_field', field.dataset.field!);
    try {
      const answer = await request(form.dataset.checkUrl!, { method: 'POST', body, signal: own.signal });
      if (answer.ok) apply(form, await answer.json() as Checked, field.dataset.field!, await live);
    } catch { /* a check that does not come is made again on saving */ }
  });
}

/** The browser's own bubbles would hide our sentences: required fields are said beside the field. */
function startNative(form: HTMLFormElement): void {
  form.addEventListener('invalid', event => {
    const control = event.target as HTMLInputElement;
    const field = control.closest<HTMLElement>('[data-field]');
    if (!field) return;
    event.preventDefault();
    showError(field, control.validity.valueMissing ? say('required') : control.validationMessage);
    if ($(':invalid', form) === control) control.focus();
  }, true);
  form.addEventListener('input', event => {
    const field = (event.target as Element).closest<HTMLElement>('[data-field]');
    if (field && $('[aria-invalid]', field) && (event.target as HTMLInputElement).validity.valid) showError(field, '');
  });
}

function startGuard(form: HTMLFormElement): void {
  const bar = $('[data-save-bar]', form) ?? $('[data-save-bar]');
  let sent = false;
  /** Fields that a rule hides or locks are no changes of anybody's. */
  const leftOut = () => ($<HTMLInputElement>('[name=_left_out]', form)?.value ?? '').split(' ');
  /** What stands in each field; all rows of a sub-form count as one. */
  const now = () => {
    const values = new Map<string, string>();
    const notAsked = leftOut();
    for (const [name, value] of new FormData(form)) {
      const key = name.replace(/-\d+-.*$/, '');
      if (name === 'csrf_token' || name === '_left_out' || notAsked.includes(key)) continue;
      values.set(key, `${values.get(key) ?? ''}${key === name ? '' : name}\n${value instanceof File ? value.name : value}`);
    }
    return values;
  };
  const before = now();
  const changes = () => {
    const values = now();
    const notAsked = leftOut();
    return [...new Set([...before.keys(), ...values.keys()])].filter(name => !notAsked.includes(name) && (before.get(name) ?? '').trim() !== (values.get(name) ?? '').trim()).length;
  };
  const show = () => {
    const n = changes();
    if (bar) bar.hidden = n === 0;
    const label = bar && ($('[data-save-count]', bar) ?? (bar.childElementCount ? null : bar));
    if (label) label.textContent = n === 1 ? say('unsaved_one') : say('unsaved', { n });
  };
  let timer = 0;
  const soon = () => { clearTimeout(timer); timer = window.setTimeout(show, 120); };
  form.addEventListener('input', soon);
  form.addEventListener('change', soon);
  form.addEventListener('tierloom:restored', show);
  form.addEventListener('submit', () => { sent = true; });
  addEventListener('beforeunload', event => { if (!sent && !form.dataset.keep && form.isConnected && changes()) event.preventDefault(); });
  show();
}

function startDrop(zone: HTMLElement): void {
  const input = $<HTMLInputElement>('input[type=file]', zone)!;
  const kinds = input.accept.split(',').map(kind => kind.trim().toLowerCase()).filter(Boolean);
  const fits = (file: File) => !kinds.length || kinds.some(kind => file.name.toLowerCase().endsWith(kind));
  for (const name of ['dragenter', 'dragover']) zone.addEventListener(name, event => { event.preventDefault(); zone.classList.add('over'); });
  for (const name of ['dragleave', 'drop']) zone.addEventListener(name, () => zone.classList.remove('over'));
  zone.addEventListener('drop', event => {
    event.preventDefault();
    const files = event.dataTransfer?.files;
    if (!files?.length) return;
    if (!fits(files[0])) { toast({ text: say('wrong_file', { kinds: kinds.join(', ') }), tone: 'care' }); return; }
    input.files = files;
    input.dispatchEvent(new Event('change', { bubbles: true }));
  });
}

export function startForms(): void {
  eachNow<HTMLElement>('[data-problems]', list => list.focus());
  eachNow<HTMLFormElement>('form[data-check-url]', startChecks);
  eachNow<HTMLFormElement>('form[data-watched]', startDuplicates);
  eachNow<HTMLFormElement>('form:not([method=dialog])', startNative);
  eachNow<HTMLFormElement>('form[data-guard]', startGuard);
  eachNow('[data-drop]', startDrop);
  document.addEventListener('click', event => {
    const link = (event.target as Element).closest<HTMLAnchorElement>('[data-problems] a[href^="#"]');
    const control = link && document.getElementById(link.hash.slice(1));
    if (!control) return;
    event.preventDefault();
    control.scrollIntoView({ block: 'center' });
    control.focus();
  });
}

