// Whom a setting names: chips with what they are called, and one list to add from.
import { Problems, titleOf } from '../designer/fields';
import { Icon } from '../designer/icon';
import { at, change, problemsAt, t, type Path } from '../designer/state';
import { inOrder, keyOf, more, nameOf, nodes, passingOf } from './model';

/** The same people, and those who acted at nodes of this drawing. */
function choices(own: string | undefined): { key: string; label: string; group: string }[] {
  const handlers = inOrder.value.filter(key => key !== own && passingOf(nodes.value.find(each => keyOf(each) === key)) === 'people').map(key => ({ key: `handler_of:${key}`, label: t('handler_of', { node: nameOf(key) }), group: t('group_handlers') }));
  return [...more.who_choices, { key: 'handler_of:start', label: t('handler_of_start'), group: t('group_handlers') }, ...handlers];
}
const ICONS: Record<string, string> = { role: 'users', user: 'user', department: 'sitemap', group: 'users-group', field: 'forms', team: 'users', head_of: 'user-star', handler_of: 'history' };
const iconOf = (who: string): string => { const found = ICONS[who.split(':')[0]!]; return found === 'user-star' || !found ? 'user-check' : found; };

export function WhoInput({ path, name, own }: { path: Path; name: string; own?: string }) {
  const value = at(path), now = Array.isArray(value) ? value.map(String).filter(Boolean) : [], all = choices(own), place = path.join('/');
  const groups = [...new Set(all.map(each => each.group))];
  const faulty = problemsAt.value.has(place) || now.some((_, n) => problemsAt.value.has(`${place}/${n}`));
  const label = (who: string) => { const found = all.find(each => each.key === who); return found ? (found.key.startsWith('role:') ? t('role', { role: found.label }) : found.label) : who; };
  const put = (next: string[]) => change(path, next.length ? next : undefined, `who-${place}-${next.join()}`);
  return <div class="tl-field wx-who"><label class="form-label" for={`f-${place}`}>{titleOf(name)}</label>
    {now.length > 0 && <ul class="wx-chips">{now.map((each, n) => <li class="wx-person" id={`f-${place}/${n}`} tabIndex={-1} key={each}><Icon name={iconOf(each)} /><span class="tl-cut">{label(each)}</span>
      <button class="btn btn-ghost btn-icon btn-sm" type="button" aria-label={`${t('remove')}: ${label(each)}`} title={t('remove')} onClick={() => put(now.filter((_, m) => m !== n))}><Icon name="x" /></button></li>)}</ul>}
    <select class="form-select" id={`f-${place}`} value="" aria-invalid={faulty ? 'true' : undefined} aria-describedby={`p-${place}`} onChange={event => { const who = event.currentTarget.value; event.currentTarget.value = ''; if (who && !now.includes(who)) put([...now, who]); }}>
      <option value="">{t('add_who')}</option>
      {groups.map(group => <optgroup label={group} key={group}>{all.filter(each => each.group === group && !now.includes(each.key)).map(each => <option value={each.key} key={each.key}>{each.label}</option>)}</optgroup>)}</select>
    <Problems path={path} />{now.map((each, n) => <Problems path={[...path, n]} key={each} />)}</div>;
}
