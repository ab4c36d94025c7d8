// The properties of the chosen card, made from its kind's settings model, with the condition as chips and names to put into texts.
import { useEffect, useRef, useState } from 'preact/hooks';
import { Problems, ObjectInput, titleOf } from '../designer/fields';
import { Icon } from '../designer/icon';
import { shapeOf, turned } from '../designer/schema';
import { at, body, change, given, isObject, t, type Path, type Schema } from '../designer/state';
import { ConditionEditor } from '../form_designer/conditions';
import { armNames, duplicate, fieldsOf, form, insideNames, kindIcon, kindName, lanesOf, more, pathOf, placeOf, remove, selected, stepKinds, trigger, triggerKinds } from './model';
import { fillAlone } from './offers';
import { hasPlaces, useRequired } from './values';
import { namesAt } from './words';

export function Panel() {
  const place = selected.value;
  if (place === 'trigger') return <TriggerPanel />;
  if (place === 'when') return <WhenPanel />;
  const path = place.startsWith('steps/') ? pathOf(place) : null;
  if (path && isObject(at(path))) return <StepPanel path={path} key={`${place} ${String((at(path) as { type?: string }).type)}`} />;
  return <div class="ax-panel"><p class="tl-quiet">{t('nothing_selected')}</p><SettingsPanel /></div>;
}

export const SettingsPanel = () => <ObjectInput path={[]} schema={given.schema as Schema} without={['trigger', 'when', 'steps']} open={['label', 'enabled', 'owner', 'sources']} />;

function TriggerPanel() {
  const type = String(trigger.value.type ?? '');
  return <div class="ax-panel"><h2>{t('trigger')}</h2>
    <div class="tl-field"><label class="form-label" for="f-trigger/type">{t('choose_trigger')}</label>
      <select class="form-select" id="f-trigger/type" value={type} onChange={event => { const next = event.currentTarget.value; if (triggerKinds[next]) { change(['trigger'], turned(trigger.value, 'type', next, triggerKinds[next])); fillAlone(['trigger'], triggerKinds[next]); } }}>
        {!triggerKinds[type] && <option value={type}>{type}</option>}
        {[...new Set(more.triggers.map(each => each.family))].map(family => <optgroup label={family} key={family}>{more.triggers.filter(each => each.family === family && triggerKinds[each.type]).map(each => <option value={each.type} key={each.type}>{each.label}</option>)}</optgroup>)}</select><Problems path={['trigger', 'type']} /></div>
    {triggerKinds[type] && <Settings path={['trigger']} schema={triggerKinds[type]!} key={type} />}</div>;
}

function WhenPanel() {
  const when = at(['when']);
  return <div class="ax-panel"><h2>{t('when')}</h2>
    <ConditionEditor path={['when']} text={typeof when === 'string' ? when : ''} label={t('when')} onText={text => change(['when'], text.trim() ? text : undefined)} key={form.value ?? ''} /></div>;
}

function StepPanel({ path }: { path: Path }) {
  const step = at(path) as { type?: string };
  const type = String(step.type ?? ''), schema = stepKinds[type];
  const arms = lanesOf(path).filter(each => each.part);
  useRequired(path);
  return <div class="ax-panel"><div class="ax-panel-head"><Icon name={kindIcon(type)} /><h2>{kindName(type)}</h2>
      <button class="btn btn-ghost btn-icon btn-sm tl-push" type="button" aria-label={t('duplicate')} title={`${t('duplicate')} (Ctrl D)`} onClick={() => duplicate(path)}><Icon name="copy" /></button>
      <button class="btn btn-ghost btn-icon btn-sm" type="button" aria-label={t('delete')} title={t('delete')} onClick={() => remove(path)}><Icon name="trash" /></button></div>
    {schema && <Settings path={path} schema={schema} />}
    {arms.map(arm => <ArmSettings part={arm.part!} inside={String(arm.list.at(-1))} schema={shapeOf(shapeOf(schema!.properties[String(arm.part!.at(-2))]).schema.items).schema} key={placeOf(arm.part!)} />)}
    {armNames(type).map(([name, inside]) => <button class="btn btn-sm" type="button" key={name} onClick={() => { const list = at([...path, name]); change([...path, name], [...(Array.isArray(list) ? list : []), { when: '', [inside]: [] }]); }}><Icon name="plus" />{titleOf(name)}</button>)}
  </div>;
}

/** One arm of several, with the condition under which it is taken. */
function ArmSettings({ part, inside, schema }: { part: Path; inside: string; schema: Schema }) {
  const list = at(part.slice(0, -1)), n = Number(part.at(-1));
  return <fieldset class="tb-group"><legend>{t('condition_n', { n: n + 1 })}</legend><Settings path={part} schema={schema} without={[inside]} />
    {Array.isArray(list) && list.length > 1 && <button class="btn btn-sm btn-ghost" type="button" onClick={() => change(part, undefined)}><Icon name="x" />{t('remove')}</button>}</fieldset>;
}

/** All settings of a thing: conditions as chips, the rest as its schema says; below, names to put into texts. */
function Settings({ path, schema, without = [] }: { path: Path; schema: Schema; without?: string[] }) {
  const type = String((at(path) as { type?: string } | undefined)?.type ?? '');
  const [needed] = useState(() => new Set((schema.required ?? []) as string[]));
  const conditions = Object.keys(schema.properties).filter(name => CONDITIONS.has(name) && shapeOf(schema.properties[name]).is === 'formula');
  const has = Object.values(schema.properties as Record<string, Schema>).some(each => shapeOf(each).is === 'text') || hasPlaces(path, Object.keys(schema.properties));
  const box = useRef<HTMLDivElement>(null);
  return <div ref={box}>
    {conditions.map(name => { const text = at([...path, name]); return <ConditionEditor path={[...path, name]} text={typeof text === 'string' ? text : ''} label={titleOf(name, [...path, name])} onText={next => change([...path, name], next === '' && !needed.has(name) ? undefined : next)} key={name} />; })}
    <ObjectInput path={path} schema={schema} without={['type', ...without, ...idle(path), ...insideNames(type), ...armNames(type).map(([name]) => name), ...conditions]} open={Object.keys(schema.properties).filter(name => name !== 'key')} />
    {has && <Places box={box} place={placeOf(path)} />}
  </div>;
}
const CONDITIONS = new Set(['when', 'becomes']);

/** Settings that mean nothing as the others stand, where nothing is set for them. */
function idle(path: Path): string[] {
  const here = at(path);
  if (!isObject(here)) return [];
  const names = here.type === 'notify' && here.channel !== 'bot' ? ['bot'] : here.type !== 'schedule' ? []
    : here.cron ? ['every', 'unit', 'at', 'starting', 'weekdays', 'day'] : [...(here.unit === 'weeks' ? [] : ['weekdays']), ...(here.unit === 'months' ? [] : ['day'])];
  return names.filter(name => here[name] === undefined);
}

/** Fields and names as chips: a click puts one where the cursor was last. */
function Places({ box, place }: { box: { current: HTMLDivElement | null }; place: string }) {
  const last = useRef<HTMLInputElement | HTMLTextAreaElement | null>(null);
  useEffect(() => {
    const note = (event: FocusEvent) => { const found = event.target; if ((found instanceof HTMLInputElement && found.type === 'text' && found.hasAttribute('lang')) || found instanceof HTMLTextAreaElement) last.current = found; };
    box.current?.addEventListener('focusin', note);
    return () => box.current?.removeEventListener('focusin', note);
  }, [body.value === undefined]);
  const put = (key: string) => {
    const found = last.current?.isConnected ? last.current : box.current?.querySelector<HTMLInputElement | HTMLTextAreaElement>('input[lang], textarea:not(.tb-formula)');
    if (!found) return;
    found.setRangeText(`{${key}}`, found.selectionStart ?? found.value.length, found.selectionEnd ?? found.value.length, 'end');
    found.dispatchEvent(new Event('input', { bubbles: true }));
    found.focus();
  };
  const fields = fieldsOf(form.value).filter(each => each.result !== 'rows'), names = namesAt(place);
  if (!fields.length && !names.length) return null;
  const chip = (key: string, label: string) => <button class="ax-chip ax-chip-button" type="button" title={`{${key}}`} onClick={() => put(key)} key={key}>{label}</button>;
  return <details class="ax-places" open><summary>{t('insert')} <span class="tl-quiet">{t('insert_help')}</span></summary>
    {names.length > 0 && <><div class="ax-family">{t('names_given')}</div><div class="ax-chips">{names.map(each => chip(each.key, each.label))}</div></>}
    {fields.length > 0 && <><div class="ax-family">{t('names_fields')}</div><div class="ax-chips">{fields.map(each => chip(each.key, each.label))}</div></>}</details>;
}
