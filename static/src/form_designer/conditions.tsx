// A condition as chips “field · relation · value”, with its formula one click behind; both write the same text.
import { useState } from 'preact/hooks';
import { Problems } from '../designer/fields';
import { Icon } from '../designer/icon';
import { problemsAt, t, type Path } from '../designer/state';
import { FormulaBox } from '../formula_editor/box';
import { quoted } from '../formula_editor/words';
import { fields, keyOf, nameOf, optionsOf, type Thing } from '../designer/condition_fields';

export interface Condition { field: string; relation: string; value: string }
export interface Conditions { all: boolean; list: Condition[] }

const SIGNS: Record<string, string> = { is: '==', is_not: '!=', more: '>', least: '>=', less: '<', most: '<=' };
const NAME = '[\\p{L}_][\\p{L}\\p{N}_]*';
const VALUE = `'(?:[^'\\\\]|\\\\.)*'|"(?:[^"\\\\]|\\\\.)*"|-?\\d+(?:\\.\\d+)?`;
const COMPARED = new RegExp(`^(${NAME})\\s*(==|!=|>=|<=|>|<)\\s*(${VALUE})$`, 'u');
const BLANK = new RegExp(`^(not\\s+)?ISEMPTY\\(\\s*(${NAME})\\s*\\)$`, 'u');
const AMONG = new RegExp(`^(${VALUE})\\s+in\\s+(${NAME})$`, 'u');
const TRUE = new RegExp(`^(not\\s+)?(${NAME})$`, 'u');

/** Without the quotation marks. */
const bare = (text: string): string => /^['"]/.test(text) ? text.slice(1, -1).replace(/\\(.)/g, '$1') : text;

function one(text: string): Condition | null {
  const plain = text.trim();
  const compared = COMPARED.exec(plain);
  if (compared) return { field: compared[1]!, relation: Object.keys(SIGNS).find(each => SIGNS[each] === compared[2])!, value: bare(compared[3]!) };
  const blank = BLANK.exec(plain);
  if (blank) return { field: blank[2]!, relation: blank[1] ? 'filled' : 'empty', value: '' };
  const among = AMONG.exec(plain);
  if (among) return { field: among[2]!, relation: 'has', value: bare(among[1]!) };
  const truth = TRUE.exec(plain);
  return truth && !['and', 'or', 'not', 'true', 'false'].includes(truth[2]!) ? { field: truth[2]!, relation: truth[1] ? 'no' : 'yes', value: '' } : null;
}

/** Null where the formula says more than chips can. */
export function readConditions(text: string): Conditions | null {
  if (!text.trim()) return { all: true, list: [] };
  for (const [word, all] of [[' and ', true], [' or ', false]] as const) {
    const list = text.split(word).map(one);
    if (list.every(each => each !== null)) return { all, list: list as Condition[] };
  }
  return null;
}

export function writeConditions({ all, list }: Conditions): string {
  return list.map(written).join(all ? ' and ' : ' or ');
}

function written({ field, relation, value }: Condition): string {
  if (relation === 'empty') return `ISEMPTY(${field})`;
  if (relation === 'filled') return `not ISEMPTY(${field})`;
  if (relation === 'yes') return field;
  if (relation === 'no') return `not ${field}`;
  if (relation === 'has') return `${quoted(value)} in ${field}`;
  const found = fields.peek().find(each => keyOf(each) === field);
  const number = kindOf(found) === 'number' && /^-?\d+(\.\d+)?$/.test(value.trim());
  return `${field} ${SIGNS[relation]} ${number ? value.trim() : quoted(value)}`;
}

/** How values of a field can be compared: by its settings, so that a new type needs no word here. */
export function kindOf(field: Thing | undefined): 'choice' | 'several' | 'truth' | 'number' | 'text' | 'other' {
  const type = String(field?.type ?? '');
  if (type === 'checkbox') return 'truth';
  if (/^multi/.test(type)) return 'several';
  if (optionsOf(field).length && type !== 'formula') return 'choice';
  const result = type === 'formula' ? String(field?.result ?? 'number') : type;
  if (['number', 'money', 'percent', 'rating', 'slider'].includes(result)) return 'number';
  if (result === 'boolean') return 'truth';
  if (['date', 'datetime', 'time', 'subform', 'reference', 'member', 'tags', 'tier', 'image', 'file'].includes(result)) return 'other';
  return 'text';
}

const RELATIONS = {
  choice: ['is', 'is_not', 'filled', 'empty'], several: ['has', 'filled', 'empty'], truth: ['yes', 'no'], number: ['is', 'is_not', 'more', 'least', 'less', 'most', 'filled', 'empty'],
  text: ['is', 'is_not', 'filled', 'empty'], other: ['filled', 'empty'],
} as const;
const NO_VALUE = ['empty', 'filled', 'yes', 'no'];

export function beginCondition(without = ''): Condition {
  const field = fields.peek().find(each => kindOf(each) === 'choice' && keyOf(each) !== without) ?? fields.peek().find(each => keyOf(each) !== without) ?? fields.peek()[0];
  return { field: keyOf(field), relation: RELATIONS[kindOf(field)][0], value: String(optionsOf(field)[0]?.key ?? '') };
}

export const fieldName = (key: string): string => nameOf(fields.value.find(each => keyOf(each) === key) ?? { key });
/** In a condition that is wrong, a name that no field has is a field that is not there; in one that is right it is a name known here, such as that of a step. */
const nameIn = (key: string, faulty: boolean): string => faulty && key && !fields.value.some(each => keyOf(each) === key) ? t('field_gone', { key }) : fieldName(key);

/** “Type is company and Amount is more than 5”; the formula itself where chips cannot say it. */
export function conditionWords(text: string, faulty = false): string {
  const found = readConditions(text);
  if (!found?.list.length) return text;
  return found.list.map(each => {
    const option = optionsOf(fields.value.find(one => keyOf(one) === each.field)).find(one => one.key === each.value);
    const value = option ? nameOf(option) : each.value;
    return NO_VALUE.includes(each.relation) ? t(`said_${each.relation}`, { field: nameIn(each.field, faulty) }) : t('said', { field: nameIn(each.field, faulty), relation: t(`relation_${each.relation}`), value });
  }).join(t(found.all ? 'said_and' : 'said_or'));
}

interface Props { path: Path; text: string; label: string; without?: string; onText: (text: string) => void }

export function ConditionEditor({ path, text, label, without, onText }: Props) {
  const read = readConditions(text);
  const [asFormula, setFormula] = useState(read === null);
  const place = path.join('/');
  const formula = asFormula || read === null;
  const put = (next: Conditions) => onText(writeConditions(next));
  const set = (n: number, next: Partial<Condition>) => read && put({ ...read, list: read.list.map((each, m) => m === n ? { ...each, ...next } : each) });
  return <fieldset class="tl-field fd-conditions"><legend class="fd-conditions-head"><span class="form-label">{label}</span>
    {read !== null && <button class="btn-link-plain" type="button" onClick={() => setFormula(!asFormula)}>{t(formula ? 'as_chips' : 'as_formula')}</button>}</legend>
    {formula ? <FormulaBox id={`f-${place}`} path={place} label={label} required={false} text={text} faulty={problemsAt.value.has(place)} describedBy={`p-${place}`} onText={onText} rest={hide => <Problems path={path} hide={hide} />} />
      : <>
        {read!.list.length > 1 && <div class="tl-segment fd-all" role="group" aria-label={t('together')}>{[true, false].map(all => <button type="button" class={read!.all === all ? 'active' : ''} aria-pressed={read!.all === all} onClick={() => put({ ...read!, all })} key={String(all)}>{t(all ? 'all_hold' : 'one_holds')}</button>)}</div>}
        {read!.list.map((each, n) => <Chip condition={each} n={n} place={place} without={without} set={next => set(n, next)} remove={() => put({ ...read!, list: read!.list.filter((_, m) => m !== n) })} key={n} />)}
        <button class="btn btn-sm" type="button" id={read!.list.length ? undefined : `f-${place}`} onClick={() => put({ ...read!, list: [...read!.list, beginCondition(without)] })}><Icon name="plus" />{t('add_condition')}</button>
        <Problems path={path} /></>}
  </fieldset>;
}

function Chip({ condition, n, place, without, set, remove }: { condition: Condition; n: number; place: string; without?: string; set: (next: Partial<Condition>) => void; remove: () => void }) {
  const field = fields.value.find(each => keyOf(each) === condition.field);
  const options = optionsOf(field);
  const relations: readonly string[] = RELATIONS[kindOf(field)];
  const choose = (key: string) => { const next = fields.value.find(each => keyOf(each) === key); set({ field: key, relation: RELATIONS[kindOf(next)][0], value: String(optionsOf(next)[0]?.key ?? '') }); };
  return <div class="fd-condition" role="group" aria-label={t('condition_n', { n: n + 1 })}>
    <select class="form-select" id={n === 0 ? `f-${place}` : undefined} aria-label={t('field')} value={condition.field} onChange={event => choose(event.currentTarget.value)}>
      {!field && <option value={condition.field}>{nameIn(condition.field, problemsAt.value.has(place))}</option>}
      {fields.value.filter(each => keyOf(each) !== without || keyOf(each) === condition.field).map(each => <option value={keyOf(each)} key={keyOf(each)}>{nameOf(each)}</option>)}</select>
    <select class="form-select" aria-label={t('relation')} value={condition.relation} onChange={event => set({ relation: event.currentTarget.value })}>{[...new Set([...relations, condition.relation])].map(each => <option value={each} key={each}>{t(`relation_${each}`)}</option>)}</select>
    {!NO_VALUE.includes(condition.relation) && (options.length
      ? <select class="form-select" aria-label={t('value')} value={condition.value} onChange={event => set({ value: event.currentTarget.value })}>{!options.some(each => each.key === condition.value) && <option value={condition.value}>{condition.value}</option>}{options.map(each => <option value={String(each.key)} key={String(each.key)}>{nameOf(each)}</option>)}</select>
      : <input class="form-control" aria-label={t('value')} autocomplete="off" value={condition.value} onInput={event => set({ value: event.currentTarget.value })} />)}
    <button class="btn btn-sm btn-ghost btn-icon" type="button" aria-label={`${t('remove')}: ${t('condition_n', { n: n + 1 })}`} title={t('remove')} onClick={remove}><Icon name="x" /></button>
  </div>;
}
