// Rules in words: the chip on a field, and the sentence of a whole rule.
import { given, shown, t } from '../designer/state';
import { conditionWords, fieldName } from './conditions';
import { columnsOf, fields, keyOf, nameOf, optionsOf, rules, things, type Thing } from './model';

export const PURPOSES = ['show', 'require', 'read_only'] as const;
export type Purpose = typeof PURPOSES[number];
/** What rules do that is not said beside one field. */
export const MORE = ['check', 'limit', 'fill'] as const;
type More = typeof MORE[number];
export const purposeOf = (rule: Thing): Purpose | More => PURPOSES.find(each => Array.isArray(rule[each])) ?? (Array.isArray(rule.limit) ? 'limit' : Array.isArray(rule.fill) ? 'fill' : 'check');
export function touched(rule: Thing): string[] {
  const purpose = purposeOf(rule);
  if (purpose === 'fill') return things(rule.fill).map(each => String(each.field ?? ''));
  const list = purpose === 'check' ? rule.fields : rule[purpose];
  return Array.isArray(list) ? list.map(String) : [];
}
const textOf = (rule: Thing, name: string): string => typeof rule[name] === 'string' ? rule[name] : '';

/** By field what its rules say: “shown if type is company”. */
export function chipsOf(): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const rule of rules.value) {
    const purpose = purposeOf(rule);
    if (purpose === 'check' || rule.subform !== undefined) continue;
    for (const key of touched(rule)) found.set(key, [...(found.get(key) ?? []), t(`chip_${purpose}`, { when: conditionWords(textOf(rule, 'when')), chosen: fieldName(textOf(rule, 'chosen')) })]);
  }
  return found;
}

export function sentenceOf(rule: Thing): string {
  const comma = given.language === 'zh' ? '、' : ', ';
  const columns = columnsOf(fields.value.find(each => keyOf(each) === rule.subform));
  const name = (key: string) => (rule.subform === undefined ? fieldName(key) : nameOf(columns.find(each => keyOf(each) === key) ?? { key }));
  const names = touched(rule).map(name).join(comma);
  const when = conditionWords(textOf(rule, 'when'));
  if (purposeOf(rule) === 'check') return shown(rule.message) || conditionWords(textOf(rule, 'check'));
  const of = rule.subform === undefined ? fields.value : columns;
  const options = of.filter(each => touched(rule).includes(keyOf(each))).flatMap(optionsOf);
  const offered = (Array.isArray(rule.options) ? rule.options.map(String) : []).map(key => nameOf(options.find(each => each.key === key) ?? { key })).join(comma);
  return t(`sentence_${purposeOf(rule)}`, { fields: names || '…', when: when || '…', options: offered || '…', chosen: name(textOf(rule, 'chosen')) || '…' });
}
