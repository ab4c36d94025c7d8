// Taking something out: where others use it they are named first; where nobody does it goes at once, and can be taken back.
import { signal } from '@preact/signals';
import { make } from '../base/dom';
import { toast } from '../base/toasts';
import { speak } from '../base/speak';
import { Dialog } from '../designer/dialog';
import { Icon } from '../designer/icon';
import { given, t, undo, type Link } from '../designer/state';
import { changeColumns, fieldOf, focusOn, isLive, keyOf, liveName, nameOf, removeFields, sections } from './model';
import { usersWithin } from './renaming';

interface Question { keys: readonly string[]; users: Link[]; within: string[] }
const question = signal<Question | null>(null);

const usersOf = (key: string): Link[] => (given.field_uses[liveName(`f:${key}`) ?? ''] ?? []).filter(each => each.href !== given.here);

export function ask(keys: readonly string[]): void {
  const users = [...new Map(keys.flatMap(usersOf).map(each => [each.href, each])).values()];
  const within = [...new Set(keys.flatMap(usersWithin))].filter(each => !keys.some(key => nameOf(fieldOf(key)) === each));
  if (users.length || within.length) question.value = { keys, users, within }; else remove(keys);
}

function remove(keys: readonly string[]): void {
  const order = sections.peek().flatMap(each => each.fields);
  const next = order.slice(order.indexOf(keys[0]!)).find(each => !keys.includes(each)) ?? order.findLast(each => !keys.includes(each));
  const names = keys.map(key => nameOf(fieldOf(key))).join(given.language === 'zh' ? '、' : ', ');
  removeFields(keys);
  speak(t('removed_field', { what: names }));
  const told = toast({ text: t('removed_field', { what: names }), seconds: 10 });
  const back = make('button', { class: 'btn btn-sm', type: 'button' }, t('undo'));
  back.addEventListener('click', () => { undo(); told.remove(); });
  told.insertBefore(back, told.lastElementChild);
  if (next) focusOn(`f:${next}`);
}

export function askColumn(subform: string, key: string): void {
  changeColumns(subform, list => list.filter(each => keyOf(each) !== key));
  speak(t('removed'));
  focusOn(`f:${subform}`);
}

const close = () => { question.value = null; };

export function RemovingDialog() {
  const found = question.value;
  const names = found?.keys.map(key => nameOf(fieldOf(key))).join(given.language === 'zh' ? '、' : ', ') ?? '';
  return <Dialog shown={found !== null} close={close} title={t('remove_used', { what: names })}
    foot={<><button class="btn" type="button" onClick={close}>{t('cancel')}</button><button class="btn btn-danger" type="button" onClick={() => { const { keys } = found!; close(); remove(keys); }}>{t('take_out')}</button></>}>
    {found && <><p>{t('used_here')}</p>
      <ul class="tb-plain">{found.users.map(each => <li key={each.href}><a href={each.href}><Icon name={each.icon} /> {each.label}</a> <span class="tl-quiet tl-meta">{each.kind}</span></li>)}
        {found.within.map(each => <li key={each}><Icon name="forms" /> {each} <span class="tl-quiet tl-meta">{t('in_this_form')}</span></li>)}</ul>
      {found.keys.some(key => isLive(`f:${key}`)) && <p class="tl-quiet">{t('values_stay')}</p>}</>}
  </Dialog>;
}
