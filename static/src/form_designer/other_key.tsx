// Another key for a published field: what names it is shown before, and is reworded in the same publication.
import { signal } from '@preact/signals';
import { Dialog } from '../designer/dialog';
import { Icon } from '../designer/icon';
import { at, given, isObject, t, type Link } from '../designer/state';
import { columnsOf, fields, focusOn, freeKey, keyOf, liveName, nameOf, pathOf, type Thing } from './model';
import { renameKey, usersWithin } from './renaming';

const question = signal<{ id: string; text: string } | null>(null);
const close = () => { question.value = null; };
const fieldAt = (id: string): Thing | undefined => { const found = at(pathOf(id) ?? ['-']); return isObject(found) ? found : undefined; };

export function askKey(id: string): void { question.value = { id, text: keyOf(fieldAt(id)) }; }

/** What the key will be: cleaned, and one that no other field has. */
function wanted({ id, text }: { id: string; text: string }): string {
  const path = pathOf(id)!;
  const now = keyOf(fieldAt(id));
  const others = (path.length === 4 ? columnsOf(fields.value[Number(path[1])]) : fields.value).map(keyOf).filter(each => each !== now);
  return freeKey(text.trim() || now, others);
}

export function OtherKeyDialog() {
  const asked = question.value;
  const field = asked ? fieldAt(asked.id) : undefined;
  if (!asked || !field) return <Dialog shown={false} close={close} title="" foot={null}>{null}</Dialog>;
  const to = wanted(asked);
  const users: Link[] = (given.field_uses[liveName(asked.id) ?? ''] ?? []).filter(each => each.href !== given.here);
  const within = asked.id.startsWith('f:') ? usersWithin(keyOf(field)) : [];
  const put = () => { close(); if (to !== keyOf(field)) { renameKey(asked.id, to); focusOn(asked.id.startsWith('f:') ? `f:${to}` : `${asked.id.split('.')[0]}.${to}`); } };
  return <Dialog shown close={close} title={t('other_key_of', { what: nameOf(field) })}
    foot={<><button class="btn" type="button" onClick={close}>{t('cancel')}</button><button class="btn btn-primary" type="submit" form="fd-other-key-form">{t('give_key')}</button></>}>
    <form id="fd-other-key-form" onSubmit={event => { event.preventDefault(); put(); }}>
      <div class="tl-field"><label class="form-label" for="fd-other-key">{t('new_key')}</label>
        <input class="form-control" id="fd-other-key" value={asked.text} autocomplete="off" spellcheck={false} maxLength={41} aria-describedby="fd-other-key-help" onInput={event => { question.value = { ...asked, text: event.currentTarget.value }; }} />
        <div class="tl-help" id="fd-other-key-help">{to === asked.text ? t('key_help') : t('key_will_be', { key: to })}</div></div>
      <p>{t('key_keeps')}</p>
      {users.length + within.length > 0 && <><p>{t('key_users')}</p><ul class="tb-plain">
        {users.map(each => <li key={each.href}><a href={each.href}><Icon name={each.icon} /> {each.label}</a> <span class="tl-quiet tl-meta">{each.kind}</span></li>)}
        {within.map(each => <li key={each}><Icon name="forms" /> {each} <span class="tl-quiet tl-meta">{t('in_this_form')}</span></li>)}</ul></>}
      <p class="tl-quiet">{t('key_outside')}</p>
    </form>
  </Dialog>;
}
