// Whom a setting names: a role, a department, a group or a person, by name.
import { Problems } from '../designer/fields';
import { at, change, given, t, type Path } from '../designer/state';

interface Whom { key: string; label: string; group: string }
const known = (given as unknown as { whom: Whom[] }).whom;

export function Who({ path, label }: { path: Path; label: string }) {
  const now = String(at(path) ?? '');
  const id = `f-${path.join('/')}`;
  return <div class="tl-field"><label class="form-label" for={id}>{label}</label>
    <select class="form-select" id={id} value={now} onChange={event => change(path, event.currentTarget.value || undefined)}><option value="">{t('nobody')}</option>
      {now && !known.some(each => each.key === now) && <option value={now}>{now}</option>}
      {[...new Set(known.map(each => each.group))].map(group => <optgroup label={group} key={group}>{known.filter(each => each.group === group).map(each => <option value={each.key} key={each.key}>{each.label}</option>)}</optgroup>)}</select>
    <Problems path={path} /></div>;
}
