// What some rules have beside fields and a condition: the options on offer, what a choice fills in, and the rows they are for.
import { Problems } from '../designer/fields';
import { Icon } from '../designer/icon';
import { change, t, type Json, type Path } from '../designer/state';
import { FormulaBox } from '../formula_editor/box';
import { columnsOf, fields, keyOf, nameOf, optionsOf, things, type Thing } from './model';
import { problemsAt } from '../designer/state';

interface Props { rule: Thing; n: number }
const pathTo = (n: number): Path => ['rules', n];
const texts = (value: Json | undefined): string[] => (Array.isArray(value) ? value.map(String) : []);

/** The fields that a rule may name: those of the form, or of the rows it is for. */
export function fieldsFor(rule: Thing): Thing[] {
  return typeof rule.subform === 'string' ? columnsOf(fields.value.find(each => keyOf(each) === rule.subform)) : fields.value;
}

export const limitable = (field: Thing): boolean => field.type === 'choice' || field.type === 'multi_choice';

/** The record itself, or each row of one of its sub-forms. */
export function RowsOf({ rule, n }: Props) {
  const subforms = fields.value.filter(each => each.type === 'subform');
  if (!subforms.length && rule.subform === undefined) return null;
  return <div class="tl-field"><label class="form-label" for={`rule-${n}-rows`}>{t('rule_for')}</label>
    <select class="form-select" id={`rule-${n}-rows`} value={String(rule.subform ?? '')} onChange={event => change([...pathTo(n), 'subform'], event.currentTarget.value || undefined)}>
      <option value="">{t('rule_for_record')}</option>{subforms.map(each => <option value={keyOf(each)} key={keyOf(each)}>{t('rule_for_rows', { name: nameOf(each) })}</option>)}</select>
    <Problems path={[...pathTo(n), 'subform']} /></div>;
}

export function OptionsOnOffer({ rule, n }: Props) {
  const chosen = texts(rule.options);
  const limited = texts(rule.limit);
  const options = new Map(fieldsFor(rule).filter(each => limited.includes(keyOf(each))).flatMap(each => optionsOf(each).map(option => [String(option.key), nameOf(option)] as const)));
  const put = (key: string, on: boolean) => change([...pathTo(n), 'options'], [...options.keys()].filter(each => (each === key ? on : chosen.includes(each))) as Json);
  return <fieldset class="tl-field" id={`f-rules/${n}/options`} tabIndex={-1}><legend class="form-label">{t('options_on_offer')}</legend>
    {options.size ? <div class="tl-row tl-row-wrap">{[...options].map(([key, name]) => <label class="form-check" key={key}><input class="form-check-input" type="checkbox" checked={chosen.includes(key)} onChange={event => put(key, event.currentTarget.checked)} /><span class="form-check-label">{name}</span></label>)}</div>
      : <p class="tl-help">{t('options_of_which')}</p>}
    <Problems path={[...pathTo(n), 'options']} /></fieldset>;
}

export function Fillings({ rule, n }: Props) {
  const list = things(rule.fill);
  const own = fieldsFor(rule);
  const references = own.filter(each => each.type === 'reference');
  const put = (next: Thing[]) => change([...pathTo(n), 'fill'], next as unknown as Json);
  const chosen = String(rule.chosen ?? '');
  return <>
    <div class="tl-field"><label class="form-label" for={`f-rules/${n}/chosen`}>{t('when_chosen_in')}</label>
      <select class="form-select" id={`f-rules/${n}/chosen`} value={chosen} onChange={event => change([...pathTo(n), 'chosen'], event.currentTarget.value)}>
        {!references.some(each => keyOf(each) === chosen) && <option value={chosen}>{chosen || t('choose_reference')}</option>}{references.map(each => <option value={keyOf(each)} key={keyOf(each)}>{nameOf(each)}</option>)}</select>
      <Problems path={[...pathTo(n), 'chosen']} /></div>
    {list.map((each, m) => <fieldset class="fd-filling" key={m}><legend class="visually-hidden">{t('filling_n', { n: m + 1 })}</legend>
      <div class="tl-field"><label class="form-label" for={`f-rules/${n}/fill/${m}/field`}>{t('field')}</label>
        <select class="form-select" id={`f-rules/${n}/fill/${m}/field`} value={String(each.field ?? '')} onChange={event => put(list.map((one, k) => (k === m ? { ...one, field: event.currentTarget.value } : one)))}>
          {!own.some(one => keyOf(one) === each.field) && <option value={String(each.field ?? '')}>{String(each.field ?? '')}</option>}{own.filter(one => keyOf(one) !== chosen).map(one => <option value={keyOf(one)} key={keyOf(one)}>{nameOf(one)}</option>)}</select></div>
      <FormulaBox id={`f-rules/${n}/fill/${m}/by`} path={`rules/${n}/fill/${m}/by`} label={t('filled_by')} required={false} text={String(each.by ?? '')} faulty={problemsAt.value.has(`rules/${n}/fill/${m}/by`)} describedBy={`p-rules/${n}/fill/${m}/by`}
        onText={text => change([...pathTo(n), 'fill', m, 'by'], text)} rest={hide => <Problems path={[...pathTo(n), 'fill', m, 'by']} hide={hide} />} />
      <button class="btn btn-sm btn-ghost btn-icon" type="button" aria-label={`${t('remove')}: ${t('filling_n', { n: m + 1 })}`} title={t('remove')} onClick={() => put(list.filter((_, k) => k !== m))}><Icon name="x" /></button></fieldset>)}
    <button class="btn btn-sm" type="button" onClick={() => put([...list, beginFilling(rule)])}><Icon name="plus" />{t('add_filling')}</button>
    <label class="form-check"><input class="form-check-input" type="checkbox" checked={rule.only_blank === true} onChange={event => change([...pathTo(n), 'only_blank'], event.currentTarget.checked || undefined)} /><span class="form-check-label">{t('only_blank')}</span></label>
  </>;
}

/** A first field that could be filled, and the way to the record that is chosen. */
export function beginFilling(rule: Thing): Thing {
  const chosen = String(rule.chosen ?? '');
  const taken = things(rule.fill).map(each => each.field);
  const field = fieldsFor(rule).find(each => !['reference', 'subform', 'formula', 'lookup', 'rollup', 'serial', 'section_text', 'tags', 'tier'].includes(String(each.type)) && !taken.includes(keyOf(each)));
  return { field: keyOf(field ?? {}), by: `${chosen}.${keyOf(field ?? {})}` };
}

export const firstReference = (): string => keyOf(fields.peek().find(each => each.type === 'reference') ?? {});
