// Rules: when a field is shown, needed or locked, and what must hold. Beside the field they are about, and all together on a page of their own.
import { Problems, Value, wordOf } from '../designer/fields';
import { Icon } from '../designer/icon';
import { resolve, shapeOf } from '../designer/schema';
import { change, given, t, type Json, type Path } from '../designer/state';
import { beginCondition, ConditionEditor, fieldName, writeConditions } from './conditions';
import { fields, keyOf, nameOf, rules, type Thing } from './model';
import { beginFilling, fieldsFor, Fillings, firstReference, limitable, OptionsOnOffer, RowsOf } from './rule_more';
import { MORE, purposeOf, PURPOSES, sentenceOf, touched, type Purpose } from './rule_words';

const HIDDEN = ['clear', 'keep', 'recompute'];
const ruleSchema = given.schema ? resolve(resolve(given.schema).properties.rules.items) : null;
const textOf = (rule: Thing, name: string): string => typeof rule[name] === 'string' ? String(rule[name]) : '';
const pathTo = (n: number): Path => ['rules', n];

export function addRule(rule: Thing): void { change(['rules'], [...rules.peek(), rule] as unknown as Json); }
const removeRule = (n: number): void => change(['rules', n], undefined);

function HiddenValue({ rule, n }: { rule: Thing; n: number }) {
  const now = String(rule.hidden_value ?? 'clear');
  return <fieldset class="tl-field"><legend class="form-label">{t('when_hidden')}</legend><div class="tl-segment">{HIDDEN.map(each => <button type="button" class={now === each ? 'active' : ''} aria-pressed={now === each} onClick={() => change([...pathTo(n), 'hidden_value'], each)} key={each}>{wordOf(each)}</button>)}</div></fieldset>;
}

// -- beside a field ---------------------------------------------------------------------------------------------------------------------------
export function RulesOfField({ name }: { name: string }) {
  const own = rules.value.map((rule, n) => ({ rule, n })).filter(({ rule }) => PURPOSES.some(each => each === purposeOf(rule)) && rule.subform === undefined && touched(rule).includes(name));
  const missing = PURPOSES.filter(each => !own.some(({ rule }) => purposeOf(rule) === each));
  const begin = (purpose: Purpose) => addRule({ [purpose]: [name], when: writeConditions({ all: true, list: [beginCondition(name)] }) });
  return <section class="fd-rules-of" aria-label={t('rules_of')}>
    {own.map(({ rule, n }) => <div class="fd-rule-of" key={n}><div class="fd-conditions-head"><h3 class="tb-part">{t(`when_${purposeOf(rule)}`)}</h3><button class="btn btn-sm btn-ghost btn-icon" type="button" aria-label={`${t('remove')}: ${t(`when_${purposeOf(rule)}`)}`} title={t('remove')} onClick={() => removeRule(n)}><Icon name="x" /></button></div>
      {touched(rule).length > 1 && <p class="tl-help">{t('also_for', { names: touched(rule).filter(each => each !== name).map(fieldName).join(', ') })}</p>}
      <ConditionEditor path={[...pathTo(n), 'when']} text={textOf(rule, 'when')} label={t('condition')} without={name} onText={text => change([...pathTo(n), 'when'], text || undefined)} />
      {purposeOf(rule) === 'show' && <HiddenValue rule={rule} n={n} />}<Problems path={pathTo(n)} /></div>)}
    {fields.value.length > 1 && missing.length > 0 && <div class="tl-row tl-row-wrap">{missing.map(each => <button class="btn btn-sm" type="button" onClick={() => begin(each)} key={each}><Icon name="plus" />{t(`begin_${each}`)}</button>)}</div>}
  </section>;
}

// -- all of them ------------------------------------------------------------------------------------------------------------------------------
function Which({ rule, n }: { rule: Thing; n: number }) {
  const purpose = purposeOf(rule);
  const list = purpose === 'check' ? 'fields' : purpose;
  const now = touched(rule);
  const all = fieldsFor(rule);
  const fieldName = (key: string) => nameOf(all.find(each => keyOf(each) === key) ?? { key });
  const put = (key: string, on: boolean) => change([...pathTo(n), list], [...new Set([...all.map(keyOf), ...now])].filter(each => each === key ? on : now.includes(each)) as Json);
  const rest = all.filter(each => !now.includes(keyOf(each)) && (purpose !== 'limit' || limitable(each)));
  return <fieldset class="tl-field" id={`f-rules/${n}/${list}`} tabIndex={-1}><legend class="form-label">{t(purpose === 'check' ? 'shown_at' : 'which_fields')}</legend>
    <ul class="tb-chips">{now.map(key => <li key={key}><span>{fieldName(key)}</span><button class="btn btn-ghost btn-icon btn-tiny" type="button" aria-label={`${t('remove')}: ${fieldName(key)}`} onClick={() => put(key, false)}><Icon name="x" /></button></li>)}</ul>
    {rest.length > 0 && <select class="form-select fd-which" value="" aria-label={t('add_field')} onChange={event => { if (event.currentTarget.value) put(event.currentTarget.value, true); }}><option value="">{t('add_field')}</option>{rest.map(each => <option value={keyOf(each)} key={keyOf(each)}>{nameOf(each)}</option>)}</select>}
    <Problems path={[...pathTo(n), list]} /></fieldset>;
}

function turn(rule: Thing, n: number, to: string): void {
  const list = to === 'limit' ? touched(rule).filter(key => fieldsFor(rule).some(each => keyOf(each) === key && limitable(each))) : touched(rule);
  const when = textOf(rule, 'when') || textOf(rule, 'check');
  const condition = when || writeConditions({ all: true, list: [beginCondition()] });
  const rows: Thing = rule.subform === undefined ? {} : { subform: rule.subform };
  change(pathTo(n), { ...rows, ...begun(to, condition, list, !!when) });
}

/** A rule of a purpose as it begins. */
function begun(to: string, when: string, list: string[] = [], kept = false): Thing {
  if (to === 'check') return { check: when, message: t('check_begins'), ...(list.length ? { fields: list } : {}) };
  if (to === 'limit') return { limit: list, options: [], when };
  if (to === 'fill') { const chosen = firstReference(); return { fill: [beginFilling({ chosen })] as unknown as Json, chosen, ...(kept ? { when } : {}) }; }
  return { [to]: list, when };
}

function OnlyWhen({ rule, n }: { rule: Thing; n: number }) {
  const put = (text: string) => change([...pathTo(n), 'when'], text || undefined);
  return rule.when !== undefined ? <ConditionEditor path={[...pathTo(n), 'when']} text={textOf(rule, 'when')} label={t('only_when')} onText={put} />
    : <button class="btn btn-sm" type="button" onClick={() => put(writeConditions({ all: true, list: [beginCondition()] }))}><Icon name="plus" />{t('only_when')}</button>;
}

function RuleCard({ rule, n }: { rule: Thing; n: number }) {
  const purpose = purposeOf(rule);
  const put = (name: string) => (text: string) => change([...pathTo(n), name], text || undefined);
  return <section class="card fd-rule" aria-labelledby={`rule-${n}`} id={`e-rules/${n}`} tabIndex={-1}>
    <div class="card-header"><h2 id={`rule-${n}`}>{t('rule_n', { n: n + 1 })}</h2><span class="tl-second tl-grow">{sentenceOf(rule)}</span>
      <button class="btn btn-sm btn-ghost btn-icon" type="button" aria-label={`${t('remove')}: ${t('rule_n', { n: n + 1 })}`} title={t('remove')} onClick={() => removeRule(n)}><Icon name="trash" /></button></div>
    <div class="card-body fd-rule-body">
      <div><div class="tl-field"><label class="form-label" for={`rule-${n}-is`}>{t('what_it_does')}</label><select class="form-select" id={`rule-${n}-is`} value={purpose} onChange={event => turn(rule, n, event.currentTarget.value)}>{[...PURPOSES, ...MORE].map(each => <option value={each} key={each}>{t(`does_${each}`)}</option>)}</select></div>
        <RowsOf rule={rule} n={n} />{purpose === 'fill' ? <Fillings rule={rule} n={n} /> : <Which rule={rule} n={n} />}{purpose === 'show' && <HiddenValue rule={rule} n={n} />}{purpose === 'limit' && <OptionsOnOffer rule={rule} n={n} />}</div>
      <div>{purpose === 'check' ? <><ConditionEditor path={[...pathTo(n), 'check']} text={textOf(rule, 'check')} label={t('must_hold')} onText={put('check')} />
        {ruleSchema && <Value path={[...pathTo(n), 'message']} name="message" shape={shapeOf(ruleSchema.properties.message)} required />}
        <OnlyWhen rule={rule} n={n} /></> : purpose === 'fill' ? <OnlyWhen rule={rule} n={n} />
        : <ConditionEditor path={[...pathTo(n), 'when']} text={textOf(rule, 'when')} label={t('condition')} onText={put('when')} />}
        <Problems path={pathTo(n)} /></div>
    </div>
  </section>;
}

export function RulesPage() {
  const add = (purpose: string) => addRule(begun(purpose, writeConditions({ all: true, list: [beginCondition()] })));
  return <div class="fd-page">
    <p class="tl-quiet">{t('rules_about')}</p>
    <Problems path={['rules']} />
    {rules.value.map((rule, n) => <RuleCard rule={rule} n={n} key={n} />)}
    <div class="tl-row tl-row-wrap">{[...PURPOSES, ...MORE].map(each => <button class="btn" type="button" onClick={() => add(each)} key={each}><Icon name="plus" />{t(`does_${each}`)}</button>)}</div>
  </div>;
}
