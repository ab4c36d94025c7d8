// Rules in words: the chip on a field, and the sentence of a whole rule.
import { given, shown, t } from '../designer/state';
import { conditionWords, fieldName } from './conditions';
import { rules, type Thing } from './model';

export const PURPOSES = ['show', 'require', 'read_only'] as const;
export type Purpose = typeof PURPOSES[number];
export const purposeOf = (rule: Thing): Purpose | 'check' => PURPOSES.find(each => Array.isArray(rule[each])) ?? 'check';
export const touched = (rule: Thing): string[] => { const purpose = purposeOf(rule); const list = purpose === 'check' ? rule.fields : rule[purpose]; return Array.isArray(list) ? list.map(String) : []; };
const textOf = (rule: Thing, name: string): string => typeof rule[name] === 'string' ? rule[name] : '';

/** By field what its rules say: “shown if type is company”. */
export function chipsOf(): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const rule of rules.value) {
    const purpose = purposeOf(rule);
    if (purpose === 'check') continue;
    for (const key of touched(rule)) found.set(key, [...(found.get(key) ?? []), t(`chip_${purpose}`, { when: conditionWords(textOf(rule, 'when')) })]);
  }
  return found;
}

export function sentenceOf(rule: Thing): string {
  const names = touched(rule).map(fieldName).join(given.language === 'zh' ? '、' : ', ');
  const when = conditionWords(textOf(rule, 'when'));
  if (purposeOf(rule) === 'check') return shown(rule.message) || conditionWords(textOf(rule, 'check'));
  return t(`sentence_${purposeOf(rule)}`, { fields: names || '…', when: when || '…' });
}
