// Blanks, lists, and the person who asks. IF, IFS, SWITCH, AND, OR and NOT are nodes of the tree, not calls.
import type { Builder, Shelf } from './functions_base';
import { NOWHERE, listOf } from './operators';
import { figure, inScale, made, widest } from './parts';
import { type Field, type Value, NotInBrowser, isFigure } from './values';

const firstFilled: Builder = (call, given) => {
  const scale = widest(given);
  const codes = given.map(each => inScale(each, scale));
  const [first, second] = codes;
  const most = Math.max(...given.map(each => each.most));
  if (codes.length === 2 && given[0].own !== undefined && first === given[0].code && given[1].constant !== undefined) {
    const key = given[0].own, otherwise = second(NOWHERE);
    return figure(call, place => place.record.field(key) ?? otherwise, isFigure(call.type) ? scale : 0, most);
  }
  if (codes.length === 2) return figure(call, place => first(place) ?? second(place), isFigure(call.type) ? scale : 0, most);
  return figure(call, place => {
    for (const code of codes) { const value = code(place); if (value !== null) return value; }
    return null;
  }, isFigure(call.type) ? scale : 0, most);
};

const nothing = (value: Value): boolean => value === null || value === '' || (Array.isArray(value) && value.length === 0);

/** A field is asked whether it is blank: that may be known where its value is not. */
const isEmpty: Builder = (call, [given]) => {
  const { node, key, relation, system } = given.tree as Field;
  if (node !== 'Field' || system) return made(call, place => nothing(given.code(place)));
  const depth = relation?.length ?? 0;
  return made(call, place => (depth ? place.rows[depth - 1] : place.record).blank(key));
};

const ofList = (every: boolean): Builder => (call, [list, ...wanted]) => {
  return made(call, place => {
    const held = listOf(list.code(place)).map(String); // people and records are named by their numbers
    const keys = wanted.flatMap(each => { const value = each.code(place); return Array.isArray(value) ? value.map(String) : [String(value)]; });
    return every ? keys.every(key => held.includes(key)) : keys.some(key => held.includes(key));
  });
};

export const LOGIC: Shelf = {
  COALESCE: firstFilled,
  IFEMPTY: firstFilled,
  ISEMPTY: isEmpty,
  HAS_ANY: ofList(false),
  HAS_ALL: ofList(true),
  IS_ONE_OF: (call, [field, ...wanted]) => made(call, place => { const value = field.code(place); return value !== null && wanted.some(each => each.constant === String(value)); }),
  CURRENT_USER: call => made(call, ({ run }) => run.person?.id ?? null),
  MY_REPORTS: call => made(call, ({ run }) => run.person?.reports ?? []),
  MY_DEPARTMENTS: call => made(call, ({ run }) => run.person?.departments ?? []),
  HAS_ROLE: (call, given) => {
    if (given.length > 1) throw new NotInBrowser('roles of others');
    return made(call, place => !!place.run.person?.roles.includes(given[0].constant as string));
  },
};
