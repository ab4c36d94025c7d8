// A value that a step writes: chosen or written plainly by the field it is for, with the formula one click behind. Both are the same text.
import { useEffect, useRef, useState } from 'preact/hooks';
import type { ComponentChildren } from 'preact';
import { Problems } from '../designer/fields';
import { at, change, isObject, problemsAt, t, type Named, type Path } from '../designer/state';
import { FormulaBox } from '../formula_editor/box';
import { fieldsOf, form, type Field } from './model';
import { fieldsOfValues, VALUES } from './offers';
import { readValue, wayOf, writeValue, type Later, type Way } from './value_words';
import { namesAt } from './words';

/** Where formulas read the record that fired; in steps for related records and rows they read these. */
const readsRecord = (path: Path): boolean => { const step = at(path.slice(0, -2)); return !(isObject(step) && ['update_related', 'update_rows'].includes(String(step.type))); };
const fieldAt = (path: Path): Field | undefined => fieldsOfValues(path.slice(0, -1)).find(each => each.key === path.at(-1));

/** What stands ready for a field of records or people: the record that fired, and fields of it that hold the like. */
function ready(field: Field, path: Path): Named[] {
  if (!readsRecord(path)) return [];
  const own = fieldsOf(form.value).filter(each => each.type === field.type && each.form === field.form).map(({ key, label }) => ({ key, label }));
  return field.type === 'reference' && field.form === form.value ? [{ key: 'record', label: t('value_record') }, ...own] : own;
}

function readable(path: Path): string[] {
  if (!readsRecord(path)) return [];
  return [...fieldsOf(form.value).filter(each => each.result !== 'rows').map(each => each.key), ...namesAt(path.slice(0, -2).join('/')).map(each => each.key)];
}

export function beginValue(name: string, path: Path): string | undefined {
  const field = VALUES.has(name) ? fieldAt(path) : undefined;
  const way = field && wayOf(field);
  if (!field || !way) return undefined;
  if (way === 'truth') return 'TRUE';
  if (way === 'day') return 'TODAY()';
  if (way === 'moment') return 'NOW() + HOURS(24)';
  return way === 'name' ? ready(field, path)[0]?.key : undefined;
}

/** A form that was just chosen begins with the fields it needs. */
export function useRequired(path: Path): void {
  const step = at(path) as { type?: string; form?: string; values?: object };
  const before = useRef(step.form);
  useEffect(() => {
    if (before.current === step.form) return;
    before.current = step.form;
    if (step.type !== 'create_record' || Object.keys(step.values ?? {}).length) return;
    const needed = fieldsOf(step.form).filter(each => each.required && each.writable);
    if (needed.length) change([...path, 'values'], Object.fromEntries(needed.map(each => [each.key, beginValue('values', [...path, 'values', each.key]) ?? ''])));
  }, [step.form]);
}

/** Whether texts with places can be written among the values of a step. */
export const hasPlaces = (path: Path, properties: string[]): boolean => readsRecord([...path, '', '']) && properties.some(each => VALUES.has(each));

export function valueInput(name: string, path: Path, label: string): ComponentChildren | null {
  const field = VALUES.has(name) ? fieldAt(path) : undefined;
  const way = field && wayOf(field);
  return field && way ? <ValueInput field={field} way={way} path={path} label={label} key={`${field.key} ${way}`} /> : null;
}

function ValueInput({ field, way, path, label }: { field: Field; way: Way; path: Path; label: string }) {
  const found = at(path), text = typeof found === 'string' ? found : '';
  const names = way === 'name' ? ready(field, path).map(each => each.key) : readable(path);
  const nothing = way === 'name' && !names.length;
  const [typed, setTyped] = useState<string | null>(null);  // a place that is half written stays as it was typed
  const value = nothing ? null : typed !== null && writeValue(way, typed) === text ? typed : readValue(way, text, names);
  const [asFormula, setFormula] = useState(value === null);
  const place = path.join('/');
  const formula = asFormula || value === null;
  const put = (next: string | Later): void => { if (typeof next === 'string') setTyped(next); change(path, writeValue(way, next)); };
  return <div class="ax-value">{value !== null && <button class="btn-link-plain" type="button" onClick={() => { setTyped(null); setFormula(!asFormula); }}>{t(formula ? 'value_plain' : 'as_formula')}</button>}
    {formula ? <FormulaBox id={`f-${place}`} path={place} label={t('value')} required text={text} faulty={problemsAt.value.has(place)} describedBy={`p-${place}`} onText={next => change(path, next)} rest={hide => <Problems path={path} hide={hide} />} />
      : <><Plain field={field} way={way} value={value} path={path} label={label} put={put} /><Problems path={path} /></>}</div>;
}

function Plain({ field, way, value, path, label, put }: { field: Field; way: Way; value: string | Later; path: Path; label: string; put: (next: string | Later) => void }) {
  const id = `f-${path.join('/')}`, marks = { id, 'aria-label': label, 'aria-describedby': `p-${path.join('/')}` };
  if (typeof value === 'object') return <Span way={way} value={value} marks={marks} put={put} />;
  if (way === 'number') return <input class="form-control tl-num" inputMode="decimal" autocomplete="off" value={value} {...marks} onInput={event => { const next = event.currentTarget.value.trim(); if (next === '' || /^-?\d+(\.\d+)?$/.test(next)) put(next); }} />;
  if (way === 'text') return <textarea class="form-control" rows={2} value={value} {...marks} onInput={event => put(event.currentTarget.value)} />;
  const options = way === 'truth' ? [{ key: 'true', label: t('value_yes') }, { key: 'false', label: t('value_no') }] : way === 'name' ? ready(field, path) : field.options;
  return <select class="form-select" value={value} {...marks} onChange={event => put(event.currentTarget.value)}>
    {(value === '' || !options.some(each => each.key === value)) && <option value={value}>{value || t('choose')}</option>}
    {options.map(each => <option value={each.key} key={each.key}>{each.label}</option>)}</select>;
}

/** So long after the moment at which the step is done. */
function Span({ way, value, marks, put }: { way: Way; value: Later; marks: Record<string, string>; put: (next: Later) => void }) {
  const [n, setN] = useState(value.n);
  useEffect(() => { if (/^-?\d*$/.test(n.trim()) && Number(n) !== Number(value.n)) setN(value.n); }, [value.n]);
  return <div class="ax-span"><input class="form-control tl-num" inputMode="numeric" autocomplete="off" value={n} {...marks} onInput={event => { setN(event.currentTarget.value); if (/^-?\d+$/.test(event.currentTarget.value.trim())) put({ ...value, n: event.currentTarget.value }); }} />
    {way === 'moment' ? <select class="form-select" aria-label={t('value_unit')} value={value.unit} onChange={event => put({ ...value, unit: event.currentTarget.value as Later['unit'] })}><option value="HOURS">{t('value_hours')}</option><option value="DAYS">{t('value_days')}</option></select>
      : <span class="tl-quiet">{t('value_days')}</span>}</div>;
}
