// What is seen and changed of each field at a node: a table, with one row for all fields that are not named.
import { Fragment } from 'preact';
import { Problems, wordOf } from '../designer/fields';
import { at, change, isObject, t, type Json, type Path } from '../designer/state';
import { fieldsOf, form, type Field } from './model';

type Thing = Record<string, Json>;

export function Rights({ path, levels, usual, rows: rowsPath }: { path: Path; levels: string[]; usual: string; rows?: Path }) {
  const value = at(path), now = isObject(value) ? value : {}, place = path.join('/');
  const others = typeof now['*'] === 'string' ? now['*'] : isObject(value) ? 'hidden' : usual;
  const known = fieldsOf(form.value), gone = Object.keys(now).filter(key => key !== '*' && !known.some(each => each.key === key));
  const rows = [{ key: '*', label: t('other_fields') }, ...known, ...gone.map(key => ({ key, label: key }))];
  const levelOf = (key: string): string => typeof now[key] === 'string' ? String(now[key]) : others;
  const set = (key: string, level: string) => {
    const base = isObject(value) ? now : { '*': usual };
    if (key === '*') { change(path, { ...base, '*': level }, `rights-${place}-*`); return; }
    const { [key]: _was, ...rest } = base;
    change(path, level === others ? rest : { ...rest, [key]: level }, `rights-${place}-${key}-${level}`);
  };
  return <div class="wx-rights" id={`f-${place}`} tabIndex={-1}><div class="wx-rights-head"><h3>{t('rights')}</h3><button class="btn-link-plain" type="button" onClick={() => change(path, { '*': 'view' }, `rights-all-${place}`)}>{t('rights_view')}</button></div>
    <table class="table"><thead><tr><th scope="col">{t('field')}</th>{levels.map(each => <th scope="col" key={each}>{wordOf(each)}</th>)}</tr></thead>
      <tbody>{rows.map(row => <Fragment key={row.key}><tr class={row.key === '*' ? 'wx-others' : typeof now[row.key] === 'string' ? '' : 'wx-as-others'}><th scope="row" id={`f-${place}/${row.key}`} tabIndex={-1}>{row.label}<Problems path={[...path, row.key]} /></th>
        {levels.map(level => <td key={level}><input class="form-check-input" type="radio" name={`${place}/${row.key}`} checked={levelOf(row.key) === level} aria-label={`${row.label}: ${wordOf(level)}`} onChange={() => set(row.key, level)} /></td>)}</tr>
        {rowsPath && 'lines' in row && row.lines.length > 0 && levelOf(row.key) !== 'hidden' && <RowRights path={rowsPath} field={row} levels={levels} changes={levelOf(row.key) === 'edit'} />}</Fragment>)}</tbody></table>
    <Problems path={path} />{rowsPath && <Problems path={rowsPath} />}</div>;
}

const ACTS = ['add', 'edit', 'delete'] as const;
const WHAT: Record<string, string> = { add: 'rows_add', edit: 'rows_edit', delete: 'rows_delete' };

/** Beneath a sub-form: what may be done with its rows, and each of its columns. Where nothing is kept from anybody, nothing is stored. */
function RowRights({ path, field, levels, changes }: { path: Path; field: Field; levels: string[]; changes: boolean }) {
  const list = listAt(path), n = list.findIndex(each => isObject(each) && each.field === field.key), own = n < 0 ? {} : list[n] as Thing;
  const place = [...path, n < 0 ? list.length : n], columns = isObject(own.columns) ? own.columns : { '*': 'edit' };
  const others = typeof columns['*'] === 'string' ? columns['*'] : 'hidden';
  const can = (key: string): boolean => changes && field.lines.some(each => each.key === key && each.writable);
  const levelOf = (key: string): string => { const level = typeof columns[key] === 'string' ? String(columns[key]) : others; return !can(key) && level === 'edit' ? 'view' : level; };
  const put = (more: Thing, step: string) => {
    const next: Thing = { ...own, field: field.key, ...more };
    const kept = isObject(next.columns) ? next.columns : { '*': 'edit' };
    const limits = ACTS.some(each => next[each] === false) || Object.values(kept).some(each => each !== 'edit');
    const rest = list.filter((_each, at) => at !== n);
    change(path, limits ? n < 0 ? [...list, next] : list.map((each, at) => at === n ? next : each) : rest.length ? rest : undefined, step);
  };
  const set = (key: string, level: string) => {
    const { [key]: _was, ...rest } = columns as Thing;
    put({ columns: level === others ? rest : { ...rest, [key]: level }, ...(level === 'hidden' && field.lines.some(each => each.key === key && each.writable) ? { delete: false } : {}) }, `rows-${place.join('/')}-${key}-${level}`);
  };
  return <>{changes && <tr class="wx-row-acts"><td colSpan={levels.length + 1} id={`f-${place.join('/')}`} tabIndex={-1}><div role="group" aria-label={t('rows_of', { what: field.label })}>
      {ACTS.map(each => <label class="form-check" key={each}><input class="form-check-input" type="checkbox" id={`f-${[...place, each].join('/')}`} checked={own[each] !== false} onChange={event => put({ [each]: event.currentTarget.checked }, `rows-${place.join('/')}-${each}`)} /><span class="form-check-label">{t(WHAT[each]!)}</span><Problems path={[...place, each]} /></label>)}
      <Problems path={[...place, 'field']} /></div></td></tr>}
    {field.lines.map(column => <tr class="wx-row-column" key={column.key}><th scope="row" id={`f-${[...place, 'columns', column.key].join('/')}`} tabIndex={-1}>{column.label}<Problems path={[...place, 'columns', column.key]} /></th>
      {levels.map(level => <td key={level}>{(can(column.key) || level !== 'edit') && <input class="form-check-input" type="radio" name={`${place.join('/')}/${column.key}`} checked={levelOf(column.key) === level} aria-label={`${field.label}, ${column.label}: ${wordOf(level)}`} onChange={() => set(column.key, level)} />}</td>)}</tr>)}</>;
}
const listAt = (path: Path): Json[] => { const found = at(path); return Array.isArray(found) ? found : []; };
