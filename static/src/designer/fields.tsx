// The form made from a schema: one component a shape. Every control has the id f-<path>, so that a problem can lead to it.
import { useEffect, useState } from 'preact/hooks';
import type { ComponentChildren } from 'preact';
import { speak } from '../base/speak';
import { FormulaBox } from '../formula_editor/box';
import { Icon } from './icon';
import { kindsOf, shapeOf, beginning, turned, type Shape } from './schema';
import { adviceAt, at, change, given, isObject, open, problemsAt, shown, swapOpen, t, toggle, type Json, type Named, type Path, type Schema } from './state';

const COLORS = ['purple', 'yellow', 'gray', 'blue', 'green', 'teal', 'orange', 'red', 'pink', 'cyan', 'indigo', 'lime', 'azure'];
const HIDDEN = new Set(['kind', 'format']);
const FIELD_LISTS = new Set(['fields', 'quality', 'columns', 'sort', 'show', 'require', 'read_only']);

/** What a setting is called; a type of field may have a word of its own for it. */
export const titleOf = (name: string, path?: Path): string => {
  const owner = path ? at(path.slice(0, -1)) : null;
  return (isObject(owner) ? given.settings[`${String(owner.type)}.${name}`] : undefined) ?? given.settings[name] ?? given.titles[name] ?? name;
};
/** What a choice is called; a setting may have a word of its own for it. */
export const wordOf = (value: Json | undefined, of = ''): string => given.choices[`${of}.${String(value)}`] ?? given.choices[String(value)] ?? String(value ?? '');
const idOf = (path: Path): string => `f-${path.join('/')}`;

/** What is wrong at exactly this place, and advice about it. */
export function Problems({ path, hide = false }: { path: Path; hide?: boolean }) {
  const place = path.join('/');
  const found = hide ? [] : problemsAt.value.get(place) ?? [];
  const hint = adviceAt.value.get(place);
  return <div id={`p-${place}`}>
    {found.map(message => <div class="tl-error" key={message}><Icon name="alert-circle" /><span>{message}</span></div>)}
    {!found.length && hint && <div class="tb-advice"><Icon name="bulb" /><span>{hint}</span></div>}
  </div>;
}

interface Placed { path: Path; name: string; shape: Shape; required: boolean }

function Row({ path, name, required, children, hideProblems }: { path: Path; name: string; required: boolean; children: ComponentChildren; hideProblems?: boolean }) {
  return <div class="tl-field">
    <label class="form-label" for={idOf(path)}>{titleOf(name, path)}{required && <span class="tl-required" aria-hidden="true"> *</span>}</label>
    {children}
    <Problems path={path} hide={hideProblems} />
  </div>;
}

const isFaulty = (path: Path): boolean => problemsAt.value.has(path.join('/'));
const marks = (path: Path) => ({ id: idOf(path), 'aria-invalid': isFaulty(path) ? ('true' as const) : undefined, 'aria-describedby': `p-${path.join('/')}` });

// -- one value ------------------------------------------------------------------------------------------------------------------
export function NumberInput({ path, label, placeholder, small }: { path: Path; label?: string; placeholder?: string; small?: boolean }) {
  const value = at(path);
  const [text, setText] = useState(value === undefined || value === null ? '' : String(value));
  const parsed = text.trim() === '' ? undefined : Number.isFinite(Number(text.replace(',', '.'))) ? Number(text.replace(',', '.')) : text;
  useEffect(() => { if (value !== parsed && !(value === null && parsed === undefined)) setText(value === undefined || value === null ? '' : String(value)); }, [value]);
  const type = (next: string) => {
    setText(next);
    const plain = next.trim().replace(/，|,/g, '.');
    const last = path[path.length - 1];
    if (plain === '') change(path, typeof last === 'number' ? '' : undefined);
    else change(path, Number.isFinite(Number(plain)) ? Number(plain) : next);
  };
  return <input class={`form-control tl-num ${small ? 'tb-small' : ''}`} inputMode="decimal" autocomplete="off" value={text} placeholder={placeholder} aria-label={label}
    {...marks(path)} onInput={event => type(event.currentTarget.value)} />;
}

function StringInput({ path, name, shape }: Placed) {
  const value = at(path);
  const list = shape.is === 'who' ? 'known-who' : FIELD_LISTS.has(name) || name === 'field' || name === 'match' || name === 'event_date' || name === 'title' ? 'known-fields' : undefined;
  return <input class="form-control" value={typeof value === 'string' ? value : value === undefined || value === null ? '' : JSON.stringify(value)} list={list} autocomplete="off" spellcheck={false}
    placeholder={typeof shape.default === 'string' && shape.default ? t('as_default', { value: shape.default }) : undefined} readOnly={path.length === 1 && name === 'key'} {...marks(path)}
    onInput={event => change(path, event.currentTarget.value === '' && shape.optional ? undefined : event.currentTarget.value)} />;
}

/** The fields of the form that is edited. */
function ownFields(): Named[] {
  const fields = at(['fields']);
  return Array.isArray(fields) ? fields.filter(isObject).map(each => ({ key: String(each.key ?? ''), label: shown(each.label) })) : [];
}

const fieldsHere = () => { const found = at(['fields']); return (Array.isArray(found) ? found : []).filter(isObject); };
const ofTypes = (types: string[]): Named[] => fieldsHere().filter(each => types.includes(String(each.type))).map(each => ({ key: String(each.key), label: shown(each.label) || String(each.key) }));
const referencesHere = (): Named[] => ofTypes(['reference']);

const NOT_COMPARED = new Set(['subform', 'tags', 'section_text', 'query_panel', 'button', 'file', 'image', 'signature']);
/** The fields by which a linked choice or a query can be narrowed; in rows those of the row come first, and those of the form are called so. */
function narrowing(path: Path): Named[] {
  const own = path.slice(0, path.includes('pairs') ? -3 : -1);
  const itself = at([...own, 'key']);
  const named = (all: Record<string, Json>[], before = ''): Named[] => all.filter(each => !NOT_COMPARED.has(String(each.type)) && (before !== '' || each.key !== itself))
    .map(each => ({ key: `${before}${String(each.key)}`, label: shown(each.label) || String(each.key) }));
  const columns = own.length === 4 ? at(own.slice(0, 3)) : null;
  if (Array.isArray(columns)) return [...named(columns.filter(isObject)), ...named(fieldsHere(), 'parent.')];
  return [...named(fieldsHere()), ...(path.includes('pairs') ? [] : [{ key: 'record', label: t('this_record') }])];
}

/** The fields of the records, or the columns of the rows, that a rollup goes over. */
function rolledUp(relation: Json | undefined): Named[] | null {
  const rows = fieldsHere().find(each => each.key === relation && each.type === 'subform')?.fields;
  if (Array.isArray(rows)) return rows.filter(isObject).map(each => ({ key: String(each.key), label: shown(each.label) || String(each.key) }));
  return given.known.fields[given.relations.find(each => each.key === relation)?.form ?? ''] ?? null;
}

/** What the checks, the people and the settings of a form's fields name: always one of these, never a key to be typed. */
function namesOfForm(name: string, path: Path): Named[] | null {
  const beside = (other: string): Json | undefined => at([...path.slice(0, -1), other]);
  const [part] = path;
  if (part === 'quality' || part === 'duplicates' && name === 'field' || part === 'limits' && name === 'field') return ownFields();
  if (part === 'limits' && name === 'through') return referencesHere();
  if (part === 'pool' && name === 'owner') return ofTypes(['member']);
  if (name === 'workflow') return given.known.workflow;
  if (part !== 'fields') return null;
  if (name === 'automation') return given.known.automation;
  if (name === 'each' && beside('type') === 'serial') return ofTypes(['choice', 'cascading', 'text', 'date', 'region']);
  if (beside('type') !== 'rollup') return null;
  if (name === 'relation') return [...given.relations, ...ofTypes(['subform'])];
  return name === 'field' || name === 'on' ? rolledUp(beside('relation')) : null;
}

/** Names of which one has to be chosen, where they are known. */
function namesFor(name: string, path: Path): Named[] | null {
  const { known } = given;
  const ofForm = given.kind === 'form' ? namesOfForm(name, path) : null;
  if (ofForm) return ofForm;
  if (name === 'form' || name === 'tier_model' || name === 'tag_set' || name === 'app' || name === 'segment') return known[name];
  if (given.kind === 'form' && path.length === 1 && (name === 'title' || name === 'event_date')) return ownFields();
  if (given.kind === 'form' && path[0] === 'fields') {
    const form = at([...path.slice(0, -1), 'form']);
    const through = at([...path.slice(0, -1), 'reference']);
    if (name === 'match' || name === 'field' && form !== undefined) return known.fields[String(form ?? '')] ?? null;
    if (name === 'theirs') return known.fields[String(at([...path.slice(0, path.includes('pairs') ? -3 : -1), 'form']) ?? '')] ?? null;
    if (name === 'ours') return narrowing(path);
    if (name === 'reference') return referencesHere();
    if (name === 'field' && through !== undefined) return known.fields[String(fieldsHere().find(each => each.key === through)?.form ?? '')] ?? null;
  }
  if (name === 'grace_automation') return known.automation;
  if (name === 'color') return COLORS.map(key => ({ key, label: wordOf(key) }));
  if (name === 'items' && path[0] === 'menu') return known.menu;
  if (name === 'tier' && given.kind === 'tier_model') {
    const tiers = at(['tiers']);
    return Array.isArray(tiers) ? tiers.filter(isObject).map(each => ({ key: String(each.key ?? ''), label: shown(each.label) })) : null;
  }
  return null;
}

/** A designer that knows more about what its settings can name says so: of a setting, and of the keys of a mapping. */
let offered: (name: string, path: Path, shape: Shape) => Named[] | null = () => null;
let offeredKeys: (name: string, path: Path) => Named[] | null = () => null;
/** A value of a mapping that can be chosen instead of written, and what it begins with. */
interface OwnValues { input: (name: string, path: Path, label: string) => ComponentChildren | null; begin: (name: string, path: Path) => Json | undefined }
let ownValues: OwnValues = { input: () => null, begin: () => undefined };
export const onNames = (of: typeof offered, keys: typeof offeredKeys, values: OwnValues = ownValues): void => { offered = of; offeredKeys = keys; ownValues = values; };
export const namesOffered = (name: string, path: Path, shape: Shape): Named[] | null => offered(name, path, shape) ?? namesFor(name, path);

function SelectInput({ path, options, optional, fallback }: { path: Path; options: Named[]; optional: boolean; fallback?: Json }) {
  const value = at(path);
  const now = value === undefined || value === null ? '' : String(value);
  const unknown = now !== '' && !options.some(each => each.key === now);
  const usual = fallback !== undefined && fallback !== null ? t('as_default', { value: options.find(each => each.key === String(fallback))?.label ?? wordOf(fallback) }) : optional ? '–' : t('choose');
  return <select class="form-select" value={now} {...marks(path)} onChange={event => change(path, event.currentTarget.value || undefined)}>
    {(now === '' || optional || (fallback !== undefined && fallback !== null)) && <option value="">{usual}</option>}
    {unknown && <option value={now}>{now}</option>}
    {options.some(each => each.group) ? [...new Set(options.map(each => each.group ?? ''))].map(group => <optgroup label={group} key={group}>{options.filter(each => (each.group ?? '') === group).map(each => <option value={each.key} key={each.key}>{each.label || each.key}</option>)}</optgroup>)
      : options.map(each => <option value={each.key} key={each.key}>{each.label === each.key || !each.label ? each.key : `${each.label} (${each.key})`}</option>)}
  </select>;
}

/** `plain` shows what goes without saying as if it had been chosen. */
export function ChoiceInput({ path, values, fallback, label, plain }: { path: Path; values: Json[]; fallback?: Json; label?: string; plain?: boolean }) {
  const value = at(path) ?? (plain ? fallback : undefined);
  const name = String(path[path.length - 1]);
  const now = value === undefined || value === null ? '' : String(value);
  return <select class="form-select" value={now} aria-label={label} {...marks(path)} onChange={event => change(path, event.currentTarget.value || undefined)}>
    {(now === '' || fallback === null) && <option value="">{fallback === null || fallback === undefined ? '–' : t('as_default', { value: wordOf(fallback, name) })}</option>}
    {now !== '' && !values.map(String).includes(now) && <option value={now}>{now}</option>}
    {values.map(each => <option value={String(each)} key={String(each)}>{wordOf(each, name)}</option>)}
  </select>;
}

function SwitchInput({ path, name, shape }: Placed) {
  const value = at(path) ?? shape.default;
  return <div class="tl-field">
    <label class="form-check form-switch tb-switch"><input class="form-check-input" type="checkbox" role="switch" checked={value === true} {...marks(path)}
      onChange={event => change(path, event.currentTarget.checked)} /><span class="form-check-label">{titleOf(name, path)}</span></label>
    <Problems path={path} />
  </div>;
}

/** Texts of several lines. */
const LONG = new Set(['body', 'text']);

function TextInputs({ path, name, shape, required }: Placed) {
  const value = at(path);
  const own = given.language;
  const texts = typeof value === 'string' ? { [own]: value } : isObject(value) ? value : {};
  const type = (language: string, text: string) => {
    if (typeof value !== 'object' && language === own) { change(path, text === '' && !required ? undefined : text); return; }
    const next = Object.fromEntries(Object.entries({ ...texts, [language]: text }).filter(([, each]) => each !== '' && each !== null)) as { [name: string]: Json };
    change(path, Object.keys(next).length ? next : required ? '' : undefined);
  };
  return <fieldset class="tl-field">
    <legend class="form-label">{titleOf(name, path)}{required && <span class="tl-required" aria-hidden="true"> *</span>}</legend>
    <div class="tb-texts">{[own, own === 'zh' ? 'en' : 'zh'].map((language, n) => <div class="input-group" key={language}>
      <span class="input-group-text tb-language" aria-hidden="true">{language === 'zh' ? '中' : 'En'}</span>
      {LONG.has(name) ? <textarea class="form-control" rows={4} lang={language === 'zh' ? 'zh-CN' : 'en'} value={String(texts[language] ?? '')} aria-label={`${titleOf(name, path)} (${t(language)})`} {...(n ? {} : marks(path))} onInput={event => type(language, event.currentTarget.value)} />
        : <input class="form-control" lang={language === 'zh' ? 'zh-CN' : 'en'} value={String(texts[language] ?? '')} aria-label={`${titleOf(name, path)} (${t(language)})`} autocomplete="off"
        {...(n ? {} : marks(path))} onInput={event => type(language, event.currentTarget.value)} />}</div>)}</div>
    <Problems path={path} />
    {(['zh', 'en'] as const).map(language => isFaulty([...path, language]) && <Problems path={[...path, language]} key={language} />)}
  </fieldset>;
}

// -- formulas -------------------------------------------------------------------------------------------------------------------
function FormulaInput({ path, name, shape, required }: Placed) {
  const value = at(path);
  return <FormulaBox id={idOf(path)} path={path.join('/')} label={titleOf(name, path)} required={required} text={typeof value === 'string' ? value : ''} faulty={isFaulty(path)} describedBy={`p-${path.join('/')}`}
    onText={text => change(path, text === '' && shape.optional ? undefined : text)} rest={hide => <Problems path={path} hide={hide} />} />;
}

// -- many values ----------------------------------------------------------------------------------------------------------------
const labelHere = (key: Json | undefined): string => (given.kind === 'form' ? ownFields().find(each => each.key === key)?.label : '') || String(key ?? '');
const nameOf = (value: Json, n: number): string => {
  if (!isObject(value)) return String(n + 1);
  const text = shown(value.label) || shown(value.section) || shown(value.name) || (typeof value.key === 'string' ? value.key : '') || (typeof value.when === 'string' ? value.when : '')
    || (typeof value.field === 'string' ? labelHere(value.field) : '') || (typeof value.through === 'string' ? labelHere(value.through) : '') || (typeof value.theirs === 'string' && value.theirs ? `${value.theirs} = ${String(value.ours ?? '')}` : '');
  return text || (typeof value.type === 'string' ? wordOf(value.type) : '') || (Array.isArray(value.match) ? value.match.map(each => isObject(each) ? labelHere(each.field) : '').join(given.language === 'zh' ? '、' : ', ') : '') || String(n + 1);
};

function faultsUnder(path: Path): number {
  const place = path.join('/');
  let count = 0;
  for (const [each, messages] of problemsAt.value) if (each === place || each.startsWith(`${place}/`)) count += messages.length;
  return count;
}

/** Moves an entry of a list; focus and fold stay with it. */
export function moveEntry(path: Path, from: number, to: number): void {
  const list = at(path);
  if (!Array.isArray(list) || to < 0 || to >= list.length) return;
  const copy = [...list];
  copy.splice(to, 0, ...copy.splice(from, 1));
  swapOpen([...path, from].join('/'), [...path, to].join('/'));
  change(path, copy);
  speak(t(to < from ? 'moved_up' : 'moved_down', { n: to + 1 }));
  requestAnimationFrame(() => document.getElementById(`e-${[...path, to].join('/')}`)?.focus());
}

export function removeEntry(path: Path, n: number): void {
  change([...path, n], undefined);
  speak(t('removed'));
  requestAnimationFrame(() => (document.getElementById(`e-${[...path, Math.max(0, n - 1)].join('/')}`) ?? document.getElementById(idOf(path)))?.focus());
}

function Arrows({ path, n, count, what }: { path: Path; n: number; count: number; what: string }) {
  return <span class="tb-entry-tools">
    <button class="btn btn-sm btn-ghost btn-icon" type="button" disabled={n === 0} aria-label={`${t('up')}: ${what}`} title={t('up')} onClick={() => moveEntry(path, n, n - 1)}><Icon name="arrow-up" /></button>
    <button class="btn btn-sm btn-ghost btn-icon" type="button" disabled={n === count - 1} aria-label={`${t('down')}: ${what}`} title={t('down')} onClick={() => moveEntry(path, n, n + 1)}><Icon name="arrow-down" /></button>
    <button class="btn btn-sm btn-ghost btn-icon" type="button" aria-label={`${t('remove')}: ${what}`} title={t('remove')} onClick={() => removeEntry(path, n)}><Icon name="x" /></button>
  </span>;
}

function Entry({ path, list, n, count, items }: { path: Path; list: Path; n: number; count: number; items: Schema }) {
  const value = at(path);
  const place = path.join('/');
  const shape = shapeOf(items);
  const isOpen = open.value.has(place);
  const what = nameOf(value ?? null, n);
  const faults = faultsUnder(path);
  const users = given.kind === 'form' && list.length === 1 && list[0] === 'fields' && isObject(value) ? given.field_uses[String(value.key)] ?? [] : [];
  const keys = (event: KeyboardEvent) => {
    if (event.altKey && event.key === 'ArrowUp') { event.preventDefault(); moveEntry(list, n, n - 1); }
    if (event.altKey && event.key === 'ArrowDown') { event.preventDefault(); moveEntry(list, n, n + 1); }
    if (event.key === 'Delete') { event.preventDefault(); removeEntry(list, n); }
  };
  return <li class={`tb-entry${faults ? ' tb-entry-faulty' : ''}`}>
    <div class="tb-entry-head">
      <button class="tb-fold" type="button" id={`e-${place}`} aria-expanded={isOpen} onKeyDown={keys} onClick={() => toggle(place)}>
        <Icon name={isOpen ? 'chevron-down' : 'chevron-right'} /><b class="tl-cut">{what}</b>
        {isObject(value) && typeof value.type === 'string' && <span class="tl-quiet tl-meta">{wordOf(value.type)}</span>}
        {isObject(value) && value.required === true && <span class="tl-quiet tl-meta">{titleOf('required')}</span>}
        {faults > 0 && <span class="tl-pill tl-pill-bad">{faults}</span>}
      </button>
      <Arrows path={list} n={n} count={count} what={what} />
    </div>
    {isOpen && <div class="tb-entry-body"><Value path={path} name={String(n)} shape={shape} required />
      {users.length > 0 && <div class="tl-meta tl-quiet">{t('field_used_by', { names: '' })}{users.map((each, place) => <span key={each.href}>{place ? ', ' : ''}<a href={each.href}>{each.label}</a></span>)}</div>}</div>}
  </li>;
}

/** Lists in which only matters what is in them: short ones are ticked. */
const UNORDERED = new Set(['to', 'from', 'tags', 'fields']);
const MOST_CHECKS = 12;

function ListInput({ path, name, shape, required }: Placed) {
  const value = at(path) ?? (required ? [] : shape.default) ?? [];
  const items = (shape.schema.items ?? {}) as Schema;
  const item = shapeOf(items);
  if (!Array.isArray(value)) return <NotAForm path={path} name={name} />;
  if (item.is === 'choice') return <Checks path={path} name={name} values={item.schema.enum} now={value} />;
  const some = UNORDERED.has(name) && item.is === 'string' ? offered(name, [...path, 0], item) : null;
  if (some?.length && some.length <= MOST_CHECKS) return <Checks path={path} name={name} values={[...some.map(each => each.key), ...value.filter(each => !some.some(one => one.key === each))]} now={value} labels={some} />;
  const thing = given.things[name] ?? t('entry');
  const add = () => {
    change(path, [...value, beginning(items)]);
    toggle([...path, value.length].join('/'), true);
    speak(t('added'));
    requestAnimationFrame(() => (document.getElementById(idOf([...path, value.length])) ?? document.getElementById(`e-${[...path, value.length].join('/')}`))?.focus());
  };
  const simple = item.is !== 'object' && item.is !== 'union';
  return <fieldset class="tl-field tb-list">
    <legend class="form-label">{titleOf(name, path)} {value.length > 1 && <span class="tl-quiet">{value.length}</span>}</legend>
    <Problems path={path} />
    <ul class={simple ? 'tb-simple' : 'tb-entries'}>
      {value.map((_, n) => simple
        ? <li class="tb-simple-row" key={n}><One path={[...path, n]} name={name} shape={item} label={`${titleOf(name, path)} ${n + 1}`} /><Arrows path={path} n={n} count={value.length} what={`${titleOf(name, path)} ${n + 1}`} /><Problems path={[...path, n]} /></li>
        : <Entry path={[...path, n]} list={path} n={n} count={value.length} items={items} key={n} />)}
    </ul>
    <button class="btn btn-sm" type="button" id={idOf(path)} onClick={add}><Icon name="plus" />{t('add', { thing })}</button>
  </fieldset>;
}

function One({ path, name, shape, label }: { path: Path; name: string; shape: Shape; label: string }) {
  const names = offered(name, path, shape) ?? namesFor(name, path);
  if (names) return <div class="tl-grow"><label class="visually-hidden" for={idOf(path)}>{label}</label><SelectInput path={path} options={names} optional={false} /></div>;
  if (shape.is === 'number') return <NumberInput path={path} label={label} />;
  return <div class="tl-grow"><label class="visually-hidden" for={idOf(path)}>{label}</label><StringInput path={path} name={name} shape={shape} required /></div>;
}

function Checks({ path, name, values, now, labels }: { path: Path; name: string; values: Json[]; now: Json[]; labels?: Named[] }) {
  return <fieldset class="tl-field" id={idOf(path)} tabIndex={-1}><legend class="form-label">{titleOf(name, path)}</legend>
    <div class="tb-checks">{values.map(each => <label class="form-check" key={String(each)}><input class="form-check-input" type="checkbox" checked={now.includes(each)}
      onChange={event => change(path, values.filter(one => one === each ? event.currentTarget.checked : now.includes(one)))} /> <span class="form-check-label">{labels?.find(one => one.key === each)?.label || wordOf(each, name)}</span></label>)}</div>
    <Problems path={path} /></fieldset>;
}

function TupleInput({ path, name, shape }: Placed) {
  return <fieldset class="tl-field"><legend class="form-label">{titleOf(name)}</legend>
    <div class="tb-tuple">{(shape.schema.prefixItems as Schema[]).map((_, n) => <NumberInput path={[...path, n]} label={`${titleOf(name)} ${n + 1}`} small key={n} />)}</div><Problems path={path} /></fieldset>;
}

/** A mapping of names to values: service plans by tier, rights by field, values of a step. */
function MapInput({ path, name, shape, required }: Placed) {
  const value = at(path) ?? (required ? {} : shape.default) ?? {};
  const [wanted, setWanted] = useState('');
  if (!isObject(value)) return <NotAForm path={path} name={name} />;
  const values = shapeOf((shape.schema.additionalProperties ?? shape.schema.patternProperties?.[Object.keys(shape.schema.patternProperties)[0]!] ?? {}) as Schema);
  const raw = (shape.schema.additionalProperties || Object.values(shape.schema.patternProperties ?? {})[0] || {}) as Schema;
  const keys = offeredKeys(name, path);
  const nameOfKey = (key: string): string => keys?.find(each => each.key === key)?.label ?? key;
  const add = (given = wanted) => { const key = given.trim(); if (key && !(key in value)) { change(path, { ...value, [key]: ownValues.begin(name, [...path, key]) ?? beginning(raw) }); toggle([...path, key].join('/'), true); setWanted(''); } };
  return <fieldset class="tl-field tb-list"><legend class="form-label">{titleOf(name, path)}</legend><Problems path={path} />
    <ul class="tb-entries">{Object.keys(value).map(key => <li class="tb-entry" key={key}><div class="tb-entry-head"><span class={`tl-cut${keys ? '' : ' tb-map-key'}`}>{nameOfKey(key)}</span>
      <span class="tb-entry-tools"><button class="btn btn-sm btn-ghost btn-icon" type="button" aria-label={`${t('remove')}: ${key}`} title={t('remove')} onClick={() => change([...path, key], undefined)}><Icon name="x" /></button></span></div>
      <div class="tb-entry-body">{ownValues.input(name, [...path, key], nameOfKey(key)) ?? <Value path={[...path, key]} name="value" shape={values} required />}</div></li>)}</ul>
    {keys ? <select class="form-select" id={idOf(path)} value="" aria-label={t('add', { thing: given.things[name] ?? t('entry') })} onChange={event => { add(event.currentTarget.value); event.currentTarget.value = ''; }}>
      <option value="">{t('add', { thing: given.things[name] ?? t('entry') })}</option>{keys.filter(each => !(each.key in value)).map(each => <option value={each.key} key={each.key}>{each.label || each.key}</option>)}</select>
      : <div class="tl-row"><input class="form-control tb-map-new" id={idOf(path)} value={wanted} list="known-fields" aria-label={t('name_key')} placeholder={t('name_key')} autocomplete="off" spellcheck={false}
      onInput={event => setWanted(event.currentTarget.value)} onKeyDown={event => { if (event.key === 'Enter') { event.preventDefault(); add(); } }} />
      <button class="btn btn-sm" type="button" onClick={() => add()}><Icon name="plus" />{t('add', { thing: given.things[name] ?? t('entry') })}</button></div>}</fieldset>;
}

function UnionInput({ path, name, shape }: Placed) {
  const value = at(path);
  const by = shape.schema.discriminator.propertyName as string;
  const kinds = kindsOf(shape.schema);
  const now = isObject(value) ? String(value[by] ?? '') : '';
  return <div class="tb-union">
    <div class="tl-field"><label class="form-label" for={idOf([...path, by])}>{/^\d+$/.test(name) || name === 'value' ? t('choose_type') : titleOf(name)}</label>
      <select class="form-select" value={now} {...marks([...path, by])} onChange={event => { const next = event.currentTarget.value; if (kinds[next]) change(path, turned(value, by, next, kinds[next])); }}>
        {!kinds[now] && <option value={now}>{now || t('choose')}</option>}
        {Object.keys(kinds).map(each => <option value={each} key={each}>{wordOf(each)}</option>)}
      </select><Problems path={[...path, by]} /></div>
    {kinds[now] && <ObjectInput path={path} schema={kinds[now]!} key={now} />}
  </div>;
}

/** What is needed or filled in stands open, and what `open` names; the rest is one click away. */
export function ObjectInput({ path, schema, without, open: shownAlways }: { path: Path; schema: Schema; without?: string[]; open?: string[] }) {
  const value = at(path);
  const needed = new Set((schema.required ?? []) as string[]);
  const [first] = useState(() => new Set(isObject(value) ? Object.keys(value) : []));
  if (value !== undefined && !isObject(value)) return <NotAForm path={path} name="" />;
  const shapes = Object.entries(schema.properties as Record<string, Schema>).filter(([name]) => !(path.length === 0 && HIDDEN.has(name)) && !without?.includes(name))
    .map(([name, each]) => ({ name, shape: shapeOf(each) })).filter(({ shape }) => shape.is !== 'fixed');
  const isPlain = ({ name, shape }: { name: string; shape: Shape }) => needed.has(name) || first.has(name) || shownAlways?.includes(name) || shape.is === 'switch' && shapes.length < 8;
  const show = ({ name, shape }: { name: string; shape: Shape }) => <Value path={[...path, name]} name={name} shape={shape} required={needed.has(name)} key={name} />;
  const more = shapes.filter(each => !isPlain(each));
  const unknown = isObject(value) ? Object.keys(value).filter(name => !(name in schema.properties)) : [];
  const faulty = more.some(({ name }) => faultsUnder([...path, name]) > 0);
  return <div class="tb-object">
    <Problems path={path} />
    {shapes.filter(isPlain).map(show)}
    {unknown.map(name => <div class="tl-error" key={name} id={idOf([...path, name])} tabIndex={-1}><Icon name="alert-circle" /><span>{name}: {t('unknown')}</span>
      <button class="btn btn-sm" type="button" onClick={() => change([...path, name], undefined)}>{t('remove')}</button></div>)}
    {more.length > 0 && <details class="tb-more" open={faulty}><summary>{t('more_settings')} <span class="tl-quiet">{more.length}</span></summary><div class="tb-object">{more.map(show)}</div></details>}
  </div>;
}

function NotAForm({ path, name }: { path: Path; name: string }) {
  return <div class="tl-field" id={idOf(path)} tabIndex={-1}>{name && <div class="form-label">{titleOf(name)}</div>}<div class="tl-note tl-note-care"><Icon name="braces" /><div>{t('not_a_form')}</div></div><Problems path={path} /></div>;
}

/** The right component for a shape. */
export function Value(placed: Placed) {
  const { path, name, shape, required } = placed;
  if (shape.is === 'text') return <TextInputs {...placed} />;
  if (shape.is === 'formula') return <FormulaInput {...placed} />;
  if (shape.is === 'switch') return <SwitchInput {...placed} />;
  if (shape.is === 'list') return <ListInput {...placed} />;
  if (shape.is === 'tuple') return <TupleInput {...placed} />;
  if (shape.is === 'map') return <MapInput {...placed} />;
  if (shape.is === 'union') return /^\d+$/.test(name) ? <UnionInput {...placed} /> : <Group name={name}><UnionInput {...placed} /></Group>;
  if (shape.is === 'object') {
    if (/^\d+$/.test(name) || name === 'value') return <ObjectInput path={path} schema={shape.schema} />;
    if (shape.optional && at(path) === undefined) return <div class="tl-field"><button class="btn btn-sm" type="button" id={idOf(path)} onClick={() => change(path, beginning(shape.schema))}><Icon name="plus" />{titleOf(name)}</button><Problems path={path} /></div>;
    return <Group name={name}><ObjectInput path={path} schema={shape.schema} />{shape.optional && <button class="btn btn-sm btn-ghost" type="button" onClick={() => change(path, undefined)}><Icon name="x" />{t('remove')}</button>}</Group>;
  }
  if (shape.is === 'any') return <NotAForm path={path} name={name} />;
  const names = offered(name, path, shape) ?? namesFor(name, path);
  return <Row path={path} name={name} required={required}>
    {shape.is === 'number' ? <NumberInput path={path} placeholder={shape.default !== undefined && shape.default !== null ? t('as_default', { value: String(shape.default) }) : undefined} />
      : shape.is === 'choice' ? <ChoiceInput path={path} values={shape.schema.enum} fallback={shape.optional ? null : shape.default} />
      : names ? <SelectInput path={path} options={names} optional={shape.optional} fallback={shape.default} />
      : <StringInput {...placed} />}
  </Row>;
}

function Group({ name, children }: { name: string; children: ComponentChildren }) {
  return <fieldset class="tb-group"><legend>{titleOf(name)}</legend>{children}</fieldset>;
}

/** Lists that inputs suggest from: the fields of the form that is edited or meant, and known people. */
export function Suggestions() {
  const form = given.kind === 'form' ? at(['fields']) : null;
  const fields: Named[] = Array.isArray(form) ? form.filter(isObject).map(each => ({ key: String(each.key ?? ''), label: shown(each.label) }))
    : given.known.fields[String(at(['form']) ?? at(['trigger', 'form']) ?? '')] ?? [];
  return <><datalist id="known-fields">{fields.map(each => <option value={each.key} key={each.key}>{each.label}</option>)}</datalist>
    <datalist id="known-who">{given.known.who.map(each => <option value={each} key={each} />)}</datalist></>;
}
