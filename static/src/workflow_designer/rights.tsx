// What is seen and changed of each field at a node: a table, with one row for all fields that are not named.
import { Problems, wordOf } from '../designer/fields';
import { at, change, isObject, t, type Path } from '../designer/state';
import { fieldsOf, form } from './model';

export function Rights({ path, levels, usual }: { path: Path; levels: string[]; usual: string }) {
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
      <tbody>{rows.map(row => <tr class={row.key === '*' ? 'wx-others' : typeof now[row.key] === 'string' ? '' : 'wx-as-others'} key={row.key}><th scope="row" id={`f-${place}/${row.key}`} tabIndex={-1}>{row.label}<Problems path={[...path, row.key]} /></th>
        {levels.map(level => <td key={level}><input class="form-check-input" type="radio" name={`${place}/${row.key}`} checked={levelOf(row.key) === level} aria-label={`${row.label}: ${wordOf(level)}`} onChange={() => set(row.key, level)} /></td>)}</tr>)}</tbody></table>
    <Problems path={path} /></div>;
}
