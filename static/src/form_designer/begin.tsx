// Beginning from what is there already: a table copied from a spreadsheet, or another form.
import { signal } from '@preact/signals';
import { batch } from '@preact/signals';
import { useState } from 'preact/hooks';
import { send } from '../base/http';
import { speak } from '../base/speak';
import { Dialog } from '../designer/dialog';
import { Icon } from '../designer/icon';
import { body, given, replace, t, type Json } from '../designer/state';
import { endSpot, fields, focusOn, insertFields, keyOf, kindIcon, kindName, more, nameOf, type Thing } from './model';

const isOpen = signal(false);
export const openBegin = (): void => { isOpen.value = true; };
const close = (): void => { isOpen.value = false; };

/** A new form still holds nothing but what every form begins with. */
const isBlank = (): boolean => more.is_new && fields.peek().length === 1 && keyOf(fields.peek()[0]) === 'name';

export function BeginDialog() {
  const [way, setWay] = useState<'table' | 'form'>('table');
  const [text, setText] = useState('');
  const [found, setFound] = useState<Thing[] | null>(null);
  const [source, setSource] = useState('');
  const [why, setWhy] = useState('');
  const failed = (error: unknown) => setWhy(error instanceof Error ? error.message : '');
  const others = given.known.form.filter(each => each.key !== given.key);
  const read = async (next: string) => {
    setText(next);
    setWhy('');
    if (!next.trim()) { setFound(null); return; }
    const taken = isBlank() ? [] : fields.peek().map(keyOf);
    await send<{ fields: Thing[] }>('POST', `${given.here}/from-table`, { text: next, taken }).then(answer => setFound(answer.fields)).catch(error => { setFound(null); failed(error); });
  };
  const take = () => {
    if (!found?.length) return;
    batch(() => {
      if (isBlank()) replace({ ...(body.peek() as Thing), fields: found as unknown as Json, layout: [], title: keyOf(found.find(each => each.type === 'text') ?? found[0]) });
      else insertFields(found, endSpot());
    });
    speak(t('n_fields', { n: found.length }));
    finish(keyOf(found[0]));
  };
  const copy = async () => {
    setWhy('');
    await send<{ body: Json }>('POST', `${given.here}/from-form`, { body: body.peek(), form: source }).then(answer => { replace(answer.body); finish(keyOf(fields.peek()[0])); }).catch(failed);
  };
  const finish = (key: string) => { close(); setText(''); setFound(null); focusOn(`f:${key}`); };
  const foot = way === 'table' ? <button class="btn btn-primary" type="button" disabled={!found?.length} onClick={take}>{found?.length ? t('add_n_fields', { n: found.length }) : t('add_fields')}</button>
    : <button class="btn btn-primary" type="button" disabled={!source} onClick={() => void copy()}>{t('copy_form')}</button>;
  return <Dialog shown={isOpen.value} close={close} title={t('from_elsewhere')} foot={<><button class="btn" type="button" onClick={close}>{t('cancel')}</button>{foot}</>}>
    <div class="tl-segment fd-ways" role="group" aria-label={t('from_elsewhere')}>{(['table', 'form'] as const).map(each => <button type="button" class={way === each ? 'active' : ''} aria-pressed={way === each} onClick={() => { setWay(each); setWhy(''); }} key={each}>{t(`way_${each}`)}</button>)}</div>
    {why && <div class="tl-note tl-note-bad" role="alert"><Icon name="alert-circle" /><div>{why}</div></div>}
    {way === 'table' ? <>
      <div class="tl-field"><label class="form-label" for="fd-table">{t('paste_table')}</label><textarea class="form-control" id="fd-table" rows={6} spellcheck={false} value={text} onInput={event => void read(event.currentTarget.value)} /><p class="tl-help">{t('paste_help')}</p></div>
      {found && found.length > 0 && <ul class="fd-guessed" aria-label={t('guessed')}>{found.map(each => <li key={keyOf(each)}><Icon name={kindIcon(each.type)} /><b>{nameOf(each)}</b> <span class="tl-quiet">{kindName(each.type)}</span></li>)}</ul>}
    </> : <div class="tl-field"><label class="form-label" for="fd-source">{t('copy_which')}</label><select class="form-select" id="fd-source" value={source} onChange={event => setSource(event.currentTarget.value)}><option value="">{t('choose')}</option>{others.map(each => <option value={each.key} key={each.key}>{each.label}</option>)}</select>
      <p class="tl-help">{t('copy_help')}</p></div>}
  </Dialog>;
}
