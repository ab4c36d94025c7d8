// Options of a choice: one line each, a whole list pasted at once; keys are made from the labels until they are published.
import { useState } from 'preact/hooks';
import { moveEntry, Problems, titleOf, wordOf } from '../designer/fields';
import { Icon } from '../designer/icon';
import { at, change, given, isObject, live, shown, t, type Json, type Path } from '../designer/state';
import { freeKey, liveOption, type Thing } from './model';
import { renameOption } from './renaming';

const COLORS = ['', 'blue', 'green', 'teal', 'yellow', 'orange', 'red', 'pink', 'purple', 'gray', 'cyan', 'indigo', 'lime', 'azure'];

/** Keys that are published already, for values are stored by them. */
function published(path: Path): Set<string> {
  const found = JSON.stringify(live.value.body ?? null);
  const keys = at(path);
  return new Set((Array.isArray(keys) ? keys : []).filter(isObject).map(each => String(each.key)).filter(key => found.includes(`"key":${JSON.stringify(key)}`)));
}

function labelled(option: Thing, language: string, text: string): Json {
  const own = given.language;
  const texts: Record<string, Json> = typeof option.label === 'string' ? { [own]: option.label } : isObject(option.label) ? option.label : {};
  const next = Object.fromEntries(Object.entries({ ...texts, [language]: text }).filter(([, each]) => each !== ''));
  return Object.keys(next).length === 1 && own in next ? next[own]! : Object.keys(next).length ? next as Json : '';
}

const textIn = (option: Thing, language: string): string => typeof option.label === 'string' ? (language === given.language ? option.label : '') : isObject(option.label) ? String(option.label[language] ?? '') : '';

export function Options({ path }: { path: Path }) {
  const value = at(path);
  const options: Thing[] = Array.isArray(value) ? value.map(each => isObject(each) ? each : {}) : [];
  const [both, setBoth] = useState(options.some(each => isObject(each.label) && Object.keys(each.label).length > 1));
  const [naming, setNaming] = useState<{ n: number; text: string } | null>(null);
  const holder = at(path.slice(0, -1));
  const renames = isObject(holder) && /choice$/.test(String(holder.type)) && !holder.other;
  const [pasting, setPasting] = useState<string | null>(null);
  const own = given.language;
  const other = own === 'zh' ? 'en' : 'zh';
  const place = path.join('/');
  const keys = options.map(each => String(each.key ?? ''));
  const type = (n: number, language: string, text: string) => {
    const option = options[n]!;
    const label = labelled(option, language, text);
    const before = freeKey(shown(option.label), []);
    const key = String(option.key ?? '');
    const own_key = !published(path).has(key) && (!key || key === before || key.replace(/_\d+$/, '') === before || /^option_\d+$/.test(key));
    const fresh = own_key && shown(label) ? freeKey(shown(label), keys.filter((_, m) => m !== n)) : key;
    change([...path, n], { ...option, label, key: fresh }, `${place}/${n}/label`);
  };
  const add = (labels: string[]) => {
    const taken = [...keys];
    const fresh = labels.map(label => { const key = freeKey(label, taken); taken.push(key); return { key, label }; });
    change(path, [...options, ...fresh] as unknown as Json);
    requestAnimationFrame(() => document.getElementById(`f-${place}/${options.length}/label`)?.focus());
  };
  const takeKey = (n: number, text: string) => {
    const key = freeKey(text.trim() || keys[n]!, keys.filter((_, m) => m !== n));
    setNaming(null);
    if (key !== keys[n]) renameOption(path, n, key);
    requestAnimationFrame(() => document.getElementById(`f-${place}/${n}/other_key`)?.focus());
  };
  const paste = () => { const labels = (pasting ?? '').split(/[\n\t;；]+/).map(each => each.trim()).filter(Boolean); setPasting(null); if (labels.length) add(labels); };
  return <fieldset class="tl-field fd-options" id={`f-${place}`} tabIndex={-1}><legend class="fd-conditions-head"><span class="form-label">{titleOf('options')} <span class="tl-quiet">{options.length}</span></span>
    <button class="btn-link-plain" type="button" aria-pressed={both} onClick={() => setBoth(!both)}>{t('both_languages')}</button></legend>
    <Problems path={path} />
    <ul class="tb-simple">{options.map((each, n) => <li class="fd-option" key={n}>
      <select class={`form-select fd-color tier-${String(each.color ?? 'gray')}`} value={String(each.color ?? '')} aria-label={t('color_of', { n: n + 1 })} onChange={event => change([...path, n, 'color'], event.currentTarget.value || undefined)}>{COLORS.map(color => <option value={color} key={color}>{color ? wordOf(color) : t('no_color')}</option>)}</select>
      <input class="form-control" id={`f-${place}/${n}/label`} value={textIn(each, own)} aria-label={`${t('option')} ${n + 1} (${t(own)})`} autocomplete="off" onInput={event => type(n, own, event.currentTarget.value)}
        onKeyDown={event => { if (event.key === 'Enter') { event.preventDefault(); add([t('option_n', { n: options.length + 1 })]); } if (event.altKey && event.key === 'ArrowUp') { event.preventDefault(); moveEntry(path, n, n - 1); } if (event.altKey && event.key === 'ArrowDown') { event.preventDefault(); moveEntry(path, n, n + 1); } }} />
      <button class="btn btn-sm btn-ghost btn-icon" type="button" disabled={n === 0} aria-label={`${t('up')}: ${shown(each.label)}`} title={t('up')} onClick={() => moveEntry(path, n, n - 1)}><Icon name="arrow-up" /></button>
      <button class="btn btn-sm btn-ghost btn-icon" type="button" disabled={options.length < 2} aria-label={`${t('remove')}: ${shown(each.label)}`} title={t('remove')} onClick={() => change([...path, n], undefined)}><Icon name="x" /></button>
      {renames && liveOption(path, each) !== undefined && <button class="btn btn-sm btn-ghost btn-icon" type="button" id={`f-${place}/${n}/other_key`} aria-expanded={naming?.n === n} aria-label={t('other_key_of', { what: shown(each.label) })} title={t('other_key')} onClick={() => setNaming(naming?.n === n ? null : { n, text: keys[n]! })}><Icon name="pencil" /></button>}
      {naming?.n === n && <div class="fd-option-key"><label class="form-label" for={`f-${place}/${n}/key`}>{t('new_key')}</label>
        <div class="tl-row"><input class="form-control" id={`f-${place}/${n}/key`} value={naming.text} autocomplete="off" spellcheck={false} maxLength={41} autofocus aria-describedby={`f-${place}/${n}/key-help`} onInput={event => setNaming({ n, text: event.currentTarget.value })}
          onKeyDown={event => { if (event.key === 'Enter') { event.preventDefault(); takeKey(n, naming.text); } if (event.key === 'Escape') { event.stopPropagation(); setNaming(null); } }} /><button class="btn btn-sm" type="button" onClick={() => takeKey(n, naming.text)}>{t('give_key')}</button></div>
        <div class="tl-help" id={`f-${place}/${n}/key-help`}>{t('option_key_help')}</div></div>}
      {both && <input class="form-control fd-option-other" lang={other === 'zh' ? 'zh-CN' : 'en'} value={textIn(each, other)} aria-label={`${t('option')} ${n + 1} (${t(other)})`} placeholder={t(other)} autocomplete="off" onInput={event => type(n, other, event.currentTarget.value)} />}
      <div class="fd-option-problems"><Problems path={[...path, n]} /><Problems path={[...path, n, 'label']} /><Problems path={[...path, n, 'key']} /><Problems path={[...path, n, 'formerly']} /></div></li>)}</ul>
    {isObject(holder) && holder.type === 'choice' && holder.other === true && options.some(each => liveOption(path, each) !== undefined) && <p class="tl-help">{t('option_key_fixed')}</p>}
    {pasting === null ? <div class="tl-row"><button class="btn btn-sm" type="button" onClick={() => add([t('option_n', { n: options.length + 1 })])}><Icon name="plus" />{t('add_option')}</button>
      <button class="btn btn-sm btn-ghost" type="button" onClick={() => setPasting('')}><Icon name="clipboard-list" />{t('paste_options')}</button></div>
      : <div><label class="form-label" for={`${place}-paste`}>{t('one_a_line')}</label><textarea class="form-control" id={`${place}-paste`} rows={4} value={pasting} onInput={event => setPasting(event.currentTarget.value)} />
        <div class="tl-row"><button class="btn btn-sm" type="button" onClick={paste}>{t('add_them')}</button><button class="btn btn-sm btn-ghost" type="button" onClick={() => setPasting(null)}>{t('cancel')}</button></div></div>}
  </fieldset>;
}
