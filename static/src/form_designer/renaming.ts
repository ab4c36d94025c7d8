// Another key for a field, with everything in the draft that names it; and who uses a field.
import { batch } from '@preact/signals';
import { at, isObject, replace, shown, t, type Branches, type Json, type Path } from '../designer/state';
import { scan } from '../formula_editor/words';
import { columnsOf, fields, freeKey, isForRows, isLive, keyOf, laidOut, liveName, liveOption, nameOf, now, pathOf, RULE_LISTS, rules, select, selected, texts, things, type Thing } from './model';

/** Words of a formula that mean this field of the form itself, or this column of a sub-form, under their new name. */
export function renamedIn(text: string, from: string, to: string, subform?: string): string {
  const tokens = scan(text);
  let result = '';
  let last = 0;
  tokens.forEach((token, n) => {
    const point = tokens[n - 1]?.text === '.' && tokens[n - 1]!.to === token.from;
    const owner = point ? tokens[n - 2]?.text : undefined;
    const fits = subform ? owner === subform || owner === undefined && !point : !point;
    if (token.kind !== 'word' || token.text !== from || !fits || tokens[n + 1]?.text === '(') return;
    result += text.slice(last, token.from) + to;
    last = token.to;
  });
  return result + text.slice(last);
}

const FORMULAS = new Set(['formula', 'default', 'when', 'check', 'where', 'filter', 'value', 'by']);
function walked(value: Json, act: (text: string) => string): Json {
  if (Array.isArray(value)) return value.map(each => walked(each, act));
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, typeof each === 'string' && FORMULAS.has(name) ? act(each) : walked(each, act)]));
}

export function renameKey(id: string, to: string, sameStep = false): void {
  const form = now();
  if (id.startsWith('c:')) {
    const [subform = '', from = ''] = id.slice(2).split('.');
    const outside = (value: Json): Json => walked(value, text => onlyOwned(text, subform, from, to));
    const was = liveName(id);
    const columns = (field: Thing): Json[] => columnsOf(field).map(one => walked(keyOf(one) === from ? called(one, to, was?.split('.')[1]) : one, text => renamedIn(text, from, to, subform))).map(one => (isObject(one) ? narrowed(one, from, to) : one));
    const renamed = things(form.fields).map(each => keyOf(each) === subform ? { ...each, fields: columns(each) } : outside(each));
    batch(() => { replace({ ...form, fields: renamed, ...(form.rules ? { rules: outside(form.rules) } : {}) }, sameStep); select(`c:${subform}.${to}`); });
    return;
  }
  const from = id.slice(2);
  const next = withKey(form, from, to, liveName(id));
  batch(() => { replace(next, sameStep); selected.value = selected.value.map(each => each === id ? `f:${to}` : each); });
}

/** What names a field outside of formulas: by which fields a linked choice is narrowed, what a query must equal. */
function narrowed(field: Thing, from: string, to: string): Thing {
  return { ...field, ...(field.ours === from ? { ours: to } : {}),
    ...(Array.isArray(field.pairs) ? { pairs: things(field.pairs).map(each => each.ours === from ? { ...each, ours: to } : each) } : {}) };
}

/** A field under another key; one that is published remembers by which key it is known. */
function called(field: Thing, to: string, published?: string): Thing {
  const { formerly, ...rest } = field;
  const all = [...new Set([...texts(formerly), ...(published ? [published] : [])])].filter(each => each !== to);
  const next = { ...rest, key: to };
  return all.length ? { ...next, formerly: all } : next;
}

/** The form with another key for a field, wherever the form itself names it. `published`: the key by which the published form has it. */
export function withKey(form: Thing, from: string, to: string, published?: string): Thing {
  const swap = (value: Json | undefined): Json[] => texts(value).map(key => key === from ? to : key);
  const next: Thing = walked({ ...form, fields: things(form.fields).map(each => keyOf(each) === from ? called(each, to, published) : each) }, text => renamedIn(text, from, to)) as Thing;
  next.fields = things(next.fields).map(each => narrowed(each.fields ? { ...each, fields: columnsOf(each).map(one => narrowed(one, `parent.${from}`, `parent.${to}`)) } : each, from, to));
  if (Array.isArray(next.layout)) next.layout = things(next.layout).map(each => ({ ...each, fields: swap(each.fields), ...(each.wide ? { wide: swap(each.wide) } : {}) }));
  if (Array.isArray(next.rules)) next.rules = things(next.rules).map(each => renamedRule(each, from, to));
  if (Array.isArray(next.duplicates)) next.duplicates = things(next.duplicates).map(each => ({ ...each, match: things(each.match).map(one => one.field === from ? { ...one, field: to } : one) }));
  if (Array.isArray(next.limits)) next.limits = things(next.limits).map(each => ({ ...each, ...(each.through === from ? { through: to } : {}), ...(Array.isArray(each.meanwhile) ? { meanwhile: things(each.meanwhile).map(one => one.field === from ? { ...one, field: to } : one) } : {}) }));
  if (Array.isArray(next.quality)) next.quality = swap(next.quality);
  for (const name of ['title', 'event_date']) if (next[name] === from) next[name] = to;
  return next;
}

/** Another key for an option, in the draft's own formulas and rules too: where a formula also reads another choice that has an option of this
    key, it is left for its author, to whom the check shows it. */
export function renameOption(path: Path, n: number, to: string): void {
  const [holder, option] = [at(path.slice(0, -1)) as Thing, at([...path, n]) as Thing];
  const [from, mine, rows] = [keyOf(option), keyOf(holder), path.length === 5 ? keyOf(fields.value[Number(path[1])]) : undefined];
  const choices = fields.value.flatMap(each => [each, ...columnsOf(each)]).filter(each => each.type !== 'formula' && things(each.options).some(one => keyOf(one) === from));
  const others = choices.filter(each => each !== holder && keyOf(each) !== mine).map(keyOf);
  const swap = (text: string): string => {
    const words = scan(text).filter(each => each.kind === 'word').map(each => each.text);
    return words.includes(mine) && !others.some(each => words.includes(each)) ? withOption(text, from, to) : text;
  };
  const next = walked(structuredClone(now()), swap) as Thing;
  const field = at(path.slice(0, -1), next) as Record<string, Json>;
  field.options = things(field.options).map((each, place) => (place === n ? called(each, to, liveOption(path, option)) : each)) as Json;
  if (typeof field.default === 'string') field.default = withOption(field.default, from, to);
  if (Array.isArray(next.rules)) next.rules = things(next.rules).map(each => (each.subform === rows && texts(each.limit).join() === mine ? { ...each, options: texts(each.options).map(one => (one === from ? to : one)) } : each));
  replace(next);
}

function withOption(text: string, from: string, to: string): string {
  let [result, last] = ['', 0];
  for (const token of scan(text)) {
    if (token.kind !== 'text' || text.slice(token.from + 1, token.to - 1) !== from) continue;
    result += text.slice(last, token.from + 1) + to;
    last = token.to - 1;
  }
  return result + text.slice(last);
}

function renamedRule(rule: Thing, from: string, to: string): Thing {
  if (isForRows(rule)) return rule.subform === from ? { ...rule, subform: to } : rule;
  const swap = (value: Json | undefined): Json[] => texts(value).map(key => key === from ? to : key);
  return { ...rule,
    ...Object.fromEntries(RULE_LISTS.filter(name => Array.isArray(rule[name])).map(name => [name, swap(rule[name])])),
    ...(Array.isArray(rule.fill) ? { fill: things(rule.fill).map(each => each.field === from ? { ...each, field: to } : each) } : {}),
    ...(rule.chosen === from ? { chosen: to } : {}) };
}

/** Two drafts made ready to be joined: fields that both began under one key are two fields, and layouts are written out where there is one. */
export function readyToJoin(found: Branches): Branches {
  if (!isObject(found.base) || !isObject(found.mine) || !isObject(found.theirs)) return found;
  const keys = (form: Thing): string[] => things(form.fields).map(keyOf);
  const [was, their] = [keys(found.base), keys(found.theirs)];
  let mine: Thing = found.mine;
  for (const key of keys(mine).filter(each => !was.includes(each) && their.includes(each))) mine = withKey(mine, key, freeKey(key, [...was, ...their, ...keys(mine)]));
  const three = { base: found.base, mine, theirs: found.theirs };
  return [three.base, three.mine, three.theirs].some(each => Array.isArray(each.layout)) ? { base: laidOut(three.base), mine: laidOut(three.mine), theirs: laidOut(three.theirs) } : three;
}

/** Only `items.price`, never a bare `price`, which is a field of the form itself. */
function onlyOwned(text: string, subform: string, from: string, to: string): string {
  const tokens = scan(text);
  let result = '';
  let last = 0;
  tokens.forEach((token, n) => {
    if (token.text !== from || tokens[n - 1]?.text !== '.' || tokens[n - 2]?.text !== subform) return;
    result += text.slice(last, token.from) + to;
    last = token.to;
  });
  return result + text.slice(last);
}

/** After a label was written: the key of a field that was never published follows it, as long as the key was made from the label before. */
export function followLabel(id: string, before: string): void {
  const path = pathOf(id);
  if (!path || isLive(id)) return;
  const field = path.length === 2 ? fields.peek()[Number(path[1])] : columnsOf(fields.peek()[Number(path[1])])[Number(path[3])];
  const label = shown(field?.label);
  const key = keyOf(field);
  const plain = key.replace(/_\d+$/, '');
  const was = [freeKey(before, []), String(field?.type)];
  if (!field || !label || label === before || !was.some(each => each === key || each === plain)) return;
  const others = (path.length === 2 ? fields.peek() : columnsOf(fields.peek()[Number(path[1])])).map(keyOf).filter(each => each !== key);
  const to = freeKey(label, others);
  if (to !== key) renameKey(id, to, true);
}

// -- who uses a field ---------------------------------------------------------------------------------------------------------------------
const mentions = (text: Json | undefined, key: string): boolean => typeof text === 'string' && scan(text).some((token, n, all) => token.kind === 'word' && token.text === key && all[n - 1]?.text !== '.');

/** Places of the draft itself: fields that are worked out from it, rules and checks. */
export function usersWithin(key: string): string[] {
  const found: string[] = [];
  const narrows = (each: Thing, name: string): boolean => each.ours === name || things(each.pairs).some(pair => pair.ours === name);
  const narrowsIn = (each: Thing): boolean => narrows(each, key) || columnsOf(each).some(one => narrows(one, key) || narrows(one, `parent.${key}`));
  for (const each of fields.value) if (narrowsIn(each) || keyOf(each) !== key && JSON.stringify(walked(each, text => mentions(text, key) ? '\u0000' : text)).includes('\\u0000')) found.push(nameOf(each));
  rules.value.forEach((rule, n) => {
    const named = isForRows(rule) ? rule.subform === key : rule.chosen === key || RULE_LISTS.some(name => texts(rule[name]).includes(key)) || things(rule.fill).some(each => each.field === key || mentions(each.by, key));
    if (named || mentions(rule.when, key) || mentions(rule.check, key)) found.push(t('rule_n', { n: n + 1 }));
  });
  return found;
}
