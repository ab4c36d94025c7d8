// The right pane: the settings of what is selected, made from the settings model of its type; nothing selected: those of the form itself.
import { useState } from 'preact/hooks';
import { ObjectInput, Problems, Suggestions, titleOf, Value } from '../designer/fields';
import { Icon } from '../designer/icon';
import { resolve, shapeOf } from '../designer/schema';
import { change, given, shown, t, type Json, type Path } from '../designer/state';
import { columnKinds, columnsOf, duplicateFields, changeSection, fieldOf, fields, focusOn, freeKey, isLive, isWide, keyOf, kindIcon, kindName, kinds, KINDS, liveName, more, moveFields, moveSection, nameOf, only, pathOf, removeSection, sections, selectedKeys, setWide, turnKind, type Thing } from './model';
import { askKey } from './other_key';
import { renameKey, usersWithin } from './renaming';
import { openPartOf } from './canvas';
import { ask, askColumn } from './removing';
import { Options } from './options';
import { RulesOfField } from './rules';

/** Settings that every type has; what is a type's own stands open, as long as it is not too much. */
const COMMON = ['help', 'required', 'unique', 'default', 'mask'];
const FEW = 6;
const ownOf = (names: string[]): string[] => { const own = names.filter(each => !COMMON.includes(each) && !DONE_ELSEWHERE.includes(each)); return own.length <= FEW ? own : []; };
/** Settings of what is computed that belong to one result only. */
const OF_RESULT: Record<string, string> = { decimals: 'number', currency: 'money', options: 'choice' };
const idle = (field: Thing): string[] => Object.keys(OF_RESULT).filter(name => OF_RESULT[name] !== field.result && isBlank(field[name]));
const isBlank = (value: Json | undefined): boolean => value == null || (Array.isArray(value) && !value.length);
const DONE_ELSEWHERE = ['type', 'key', 'formerly', 'label', 'options', 'fields'];

export function Panel() {
  const id = only.value;
  return <div class="fd-panel"><Suggestions />{selectedKeys.value.length > 1 ? <SeveralPanel /> : id.startsWith('s:') ? <SectionPanel n={Number(id.slice(2))} /> : id && pathOf(id) ? <FieldPanel id={id} key={pathOf(id)!.join('/')} /> : <FormPanel />}</div>;
}

// -- a field, or a column of a sub-form -------------------------------------------------------------------------------------------------------
function FieldPanel({ id }: { id: string }) {
  const path = pathOf(id)!;
  const isColumn = path.length === 4;
  const owner = fields.value[Number(path[1])];
  const field = isColumn ? columnsOf(owner)[Number(path[3])]! : owner!;
  const schemas = isColumn ? columnKinds : kinds;
  const schema = schemas[String(field.type)];
  const unused = schema?.properties.result ? idle({ result: 'number', ...field }) : [];
  return <>
    <div class="fd-panel-head"><Icon name={kindIcon(field.type)} /><div class="tl-grow"><h2>{nameOf(field)}</h2><span class="tl-quiet tl-meta">{kindName(field.type)}{isColumn ? ` · ${t('column_of', { what: nameOf(owner) })}` : ''}</span></div>
      {isColumn && <button class="btn btn-sm btn-ghost btn-icon" type="button" aria-label={`${t('remove')}: ${nameOf(field)}`} title={t('remove')} onClick={() => askColumn(keyOf(owner), keyOf(field))}><Icon name="trash" /></button>}</div>
    {schema && <Value path={[...path, 'label']} name="label" shape={shapeOf(schema.properties.label)} required />}
    <KeyAndType id={id} path={path} field={field} schemas={schemas} />
    {schema?.properties.options && !unused.includes('options') && <Options path={[...path, 'options']} />}
    {!schema && <Problems path={path} />}
    {schema && <ObjectInput path={path} schema={schema} without={[...DONE_ELSEWHERE, ...unused, ...KINDS.get(String(field.type))?.without ?? []]} open={['required', ...ownOf(Object.keys(schema.properties))]} key={String(field.type)} />}
    {field.type === 'reference' && more.form_titles[String(field.form)] && <p class="tl-help">{t('shown_by', { title: more.form_titles[String(field.form)]! })}</p>}
    {!isColumn && <Placing field={field} />}
    {!isColumn && <RulesOfField name={keyOf(field)} />}
    {!isColumn && <Users field={field} />}
  </>;
}

function KeyAndType({ id, path, field, schemas }: { id: string; path: Path; field: Thing; schemas: typeof kinds }) {
  const place = path.join('/');
  const fixed = isLive(id);
  const [text, setText] = useState<string | null>(null);
  const others = (path.length === 4 ? columnsOf(fields.value[Number(path[1])]) : fields.value).map(keyOf).filter(each => each !== keyOf(field));
  const put = () => { const wanted = text?.trim() ?? ''; setText(null); if (wanted && wanted !== keyOf(field)) renameKey(id, freeKey(wanted, others)); };
  const users = (given.field_uses[liveName(id) ?? ''] ?? []).length + usersWithin(keyOf(field)).length;
  return <div class="fd-pair">
    <div class="tl-field"><label class="form-label" for={`f-${place}/type`}>{t('field_type')}</label>
      <select class="form-select" id={`f-${place}/type`} value={String(field.type ?? '')} onChange={event => { const next = schemas[event.currentTarget.value]; if (next) change(path, turnKind(field, event.currentTarget.value, next)); }}>
        {!schemas[String(field.type)] && <option value={String(field.type ?? '')}>{String(field.type ?? t('choose'))}</option>}
        {more.palette.map(family => ({ ...family, types: family.types.filter(each => each.type in schemas) })).filter(each => each.types.length).map(family => <optgroup label={family.label} key={family.family}>{family.types.map(each => <option value={each.type} key={each.type}>{each.label}</option>)}</optgroup>)}
      </select><Problems path={[...path, 'type']} />{fixed && users > 0 && <p class="tl-help">{t('retype_users', { n: users })}</p>}</div>
    <div class="tl-field"><label class="form-label" for={`f-${place}/key`}>{titleOf('key')}</label>
      <input class="form-control" id={`f-${place}/key`} value={text ?? keyOf(field)} readOnly={fixed} autocomplete="off" spellcheck={false} title={fixed ? t('key_fixed') : undefined}
        onInput={event => setText(event.currentTarget.value)} onBlur={put} onKeyDown={event => { if (event.key === 'Enter') { event.preventDefault(); put(); } }} />{fixed && <button class="btn btn-sm fd-rename" type="button" onClick={() => askKey(id)}><Icon name="pencil" />{t('other_key')}</button>}<Problems path={[...path, 'key']} /><Problems path={[...path, 'formerly']} /></div>
  </div>;
}

/** Where a field stands, also without dragging. */
function Placing({ field }: { field: Thing }) {
  const key = keyOf(field);
  const now = sections.value.findIndex(each => each.fields.includes(key));
  return <div class="fd-placing"><MoveTo keys={[key]} now={now} />
    <label class="form-check form-switch tb-switch"><input class="form-check-input" type="checkbox" role="switch" checked={isWide(key)} onChange={event => setWide([key], event.currentTarget.checked)} /><span class="form-check-label">{t('whole_row')}</span></label></div>;
}

function MoveTo({ keys, now }: { keys: readonly string[]; now: number }) {
  return <div class="tl-field"><label class="form-label" for="fd-move-to">{t('move_to')}</label>
    <select class="form-select" id="fd-move-to" value={String(now)} onChange={event => { const section = Number(event.currentTarget.value); moveFields(keys, { section, index: sections.peek()[section]!.fields.length }); openPartOf(section); }}>
      {now < 0 && <option value="-1">{t('choose')}</option>}
      {sections.value.map((each, n) => <option value={String(n)} key={n}>{shown(each.label) || t('section')}</option>)}</select></div>;
}

function Users({ field }: { field: Thing }) {
  const key = keyOf(field);
  const users = (given.field_uses[liveName(`f:${key}`) ?? ''] ?? []).filter(each => each.href !== given.here);
  const within = usersWithin(key);
  return <section class="fd-users" aria-labelledby="fd-users-title"><h3 class="tb-part" id="fd-users-title">{t('where_used')}</h3>
    {!users.length && !within.length ? <p class="tl-quiet">{t('used_by_none')}</p>
      : <p class="tl-second">{within.map((each, n) => <span key={each}>{n ? ' · ' : ''}{each}</span>)}{users.map((each, n) => <span key={each.href}>{n || within.length ? ' · ' : ''}<a href={each.href}>{each.label}</a></span>)}</p>}</section>;
}

// -- several fields -----------------------------------------------------------------------------------------------------------------------------
function SeveralPanel() {
  const keys = selectedKeys.value;
  const chosen = keys.map(fieldOf).filter((each): each is Thing => !!each);
  const all = chosen.every(each => each.required === true);
  const spot = [...new Set(keys.map(key => sections.value.findIndex(each => each.fields.includes(key))))];
  const require = (on: boolean) => change(['fields'], fields.peek().map(each => keys.includes(keyOf(each)) && kinds[String(each.type)]?.properties.required && !['formula', 'tags', 'tier', 'serial'].includes(String(each.type)) ? { ...each, required: on } : each) as unknown as Json);
  return <>
    <div class="fd-panel-head"><Icon name="stack-2" /><div class="tl-grow"><h2>{t('n_selected', { n: keys.length })}</h2><span class="tl-quiet tl-meta">{chosen.map(nameOf).join(', ')}</span></div></div>
    <MoveTo keys={keys} now={spot.length === 1 ? spot[0]! : -1} />
    <label class="form-check form-switch tb-switch"><input class="form-check-input" type="checkbox" role="switch" checked={all} onChange={event => require(event.currentTarget.checked)} /><span class="form-check-label">{titleOf('required')}</span></label>
    <label class="form-check form-switch tb-switch"><input class="form-check-input" type="checkbox" role="switch" checked={keys.every(isWide)} onChange={event => setWide(keys, event.currentTarget.checked)} /><span class="form-check-label">{t('whole_row')}</span></label>
    <div class="tl-row tl-row-wrap"><button class="btn btn-sm" type="button" onClick={() => { const [first] = duplicateFields(keys); if (first) focusOn(`f:${first}`); }}><Icon name="copy" />{t('duplicate')}</button>
      <button class="btn btn-sm btn-quiet-danger" type="button" onClick={() => ask(keys)}><Icon name="trash" />{t('remove')}</button></div>
  </>;
}

// -- a section ------------------------------------------------------------------------------------------------------------------------------------
function SectionText({ label, value, onText, id }: { label: string; value: Json; onText: (next: Json) => void; id: string }) {
  const own = given.language;
  const texts: Record<string, Json> = typeof value === 'string' ? { [own]: value } : value && typeof value === 'object' && !Array.isArray(value) ? value : {};
  const type = (language: string, text: string) => {
    const next = Object.fromEntries(Object.entries({ ...texts, [language]: text }).filter(([, each]) => each !== ''));
    onText(Object.keys(next).length === 1 && own in next ? next[own]! : next);
  };
  return <fieldset class="tl-field"><legend class="form-label">{label}</legend><div class="tb-texts">{[own, own === 'zh' ? 'en' : 'zh'].map((language, n) => <div class="input-group" key={language}>
    <span class="input-group-text tb-language" aria-hidden="true">{language === 'zh' ? '中' : 'En'}</span>
    <input class="form-control" id={n ? undefined : id} lang={language === 'zh' ? 'zh-CN' : 'en'} value={String(texts[language] ?? '')} aria-label={`${label} (${t(language)})`} autocomplete="off" onInput={event => type(language, event.currentTarget.value)} /></div>)}</div></fieldset>;
}

let lastSection = '';
function SectionPanel({ n }: { n: number }) {
  const section = sections.value[n];
  if (!section) return <FormPanel />;
  const put = (name: string, what: Parameters<typeof changeSection>[1]) => { const place = `${n}/${name}`; changeSection(n, what, lastSection === place); lastSection = place; setTimeout(() => { if (lastSection === place) lastSection = ''; }, 1500); };
  const name = shown(section.label) || t('section');
  return <>
    <div class="fd-panel-head"><Icon name={section.divider ? 'separator' : 'section'} /><div class="tl-grow"><h2>{name}</h2><span class="tl-quiet tl-meta">{t(section.divider ? 'divider' : 'section')}</span></div></div>
    <SectionText id={`f-layout/${n}/section`} label={titleOf('label')} value={section.label} onText={label => put('label', { label: typeof label === 'object' && label && !Object.keys(label).length ? '' : label })} />
    <Problems path={['layout', n]} /><Problems path={['layout', n, 'section']} /><Problems path={['layout', n, 'fields']} />
    <fieldset class="tl-field"><legend class="form-label">{t('columns')}</legend><div class="tl-segment">{[1, 2, 3, 4].map(count => <button type="button" class={section.columns === count ? 'active' : ''} aria-pressed={section.columns === count} onClick={() => changeSection(n, { columns: count })} key={count}>{count}</button>)}</div></fieldset>
    {n > 0 && <label class="form-check form-switch tb-switch"><input class="form-check-input" type="checkbox" role="switch" checked={section.divider} onChange={event => changeSection(n, { divider: event.currentTarget.checked })} /><span class="form-check-label">{t('divider_on')}</span></label>}
    <label class="form-check form-switch tb-switch"><input class="form-check-input" type="checkbox" role="switch" checked={section.tab !== undefined} onChange={event => changeSection(n, { tab: event.currentTarget.checked ? section.label || t('tab') : undefined })} /><span class="form-check-label">{t('tab_on')}</span></label>
    {section.tab !== undefined && <SectionText id={`f-layout/${n}/tab`} label={t('tab_name')} value={section.tab} onText={tab => put('tab', { tab: typeof tab === 'object' && tab && !Object.keys(tab).length ? t('tab') : tab })} />}
    <div class="tl-row tl-row-wrap"><button class="btn btn-sm" type="button" disabled={n === 0} onClick={() => moveSection(n, n - 1)}><Icon name="arrow-up" />{t('up')}</button>
      <button class="btn btn-sm" type="button" disabled={n === sections.value.length - 1} onClick={() => moveSection(n, n + 1)}><Icon name="arrow-down" />{t('down')}</button>
      <button class="btn btn-sm btn-quiet-danger" type="button" disabled={sections.value.length < 2} onClick={() => removeSection(n)}><Icon name="trash" />{t('remove')}</button></div>
    <p class="tl-help">{t('section_removed')}</p>
  </>;
}

// -- the form -------------------------------------------------------------------------------------------------------------------------------------
function FormPanel() {
  const schema = given.schema ? resolve(given.schema) : null;
  return <>
    <div class="fd-panel-head"><Icon name="forms" /><div class="tl-grow"><h2>{t('form_itself')}</h2><span class="tl-quiet tl-meta">{given.key}</span></div></div>
    {schema && <ObjectInput path={[]} schema={schema} without={['key', 'app', 'fields', 'layout', 'rules', 'limits', 'duplicates', 'quality', 'team', 'pool']} />}
    <Problems path={['fields']} /><Problems path={['layout']} />
    <p class="tl-help">{t('nothing_selected')}</p>
  </>;
}

