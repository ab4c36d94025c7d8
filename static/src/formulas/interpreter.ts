// Reads the stored tree of a formula and makes closures of it: no text is read, nothing is evaluated as script.
import { limiting, parseDecimal, rescaled } from './arithmetic';
import { monthsLater } from './dates';
import { AGGREGATES, FUNCTIONS } from './functions';
import { dayIn } from './functions_dates';
import { comparison, compareValues, listOf, negative, operation } from './operators';
import { figure, inScale, made, widest } from './parts';
import {
  type Aggregate, type Among, type Call, type Choose, type Code, type Field, type Literal, type Logic, type Name, type Pair, type Part,
  type Path, type Place, type Run, type Single, type Tree, type Type, type Value, type Values, type Within, CannotCompute, NotInBrowser, isFigure,
} from './values';

/** No stored number has more units than this. */
const STORED_UNITS = 2 ** 61;
/** A number of more decimals than this is no matter of a form. */
const MOST_DECIMALS = 300;
const NO_ROWS: Values[] = [];

/** A formula ready to run; a number it gives is a BigInt of `scale`. */
export interface Program { type: Type; scale: number; run(values: Values, run: Run): Value }

/** Throws NotInBrowser where a part of the formula can only be computed by the server. */
export function compile(tree: Tree): Program {
  const part = partOf(tree);
  if (part.scale > MOST_DECIMALS) throw new NotInBrowser('decimals');
  const code = tree.type.kind === 'boolean' ? truth(tree) : part.code;
  return { type: tree.type, scale: part.scale, run: (record, run) => code({ record, rows: NO_ROWS, run }) };
}

type Compiler = (tree: never) => Part;
const COMPILERS: Record<string, Compiler> = {
  Literal: literal, Field: field, Path: path, Name: name, Compare: compare, Logic: logic, Not: not, Within: within, Among: among,
  Choose: choose, Call: call, Aggregate: aggregate,
  Operation: (tree: Pair) => operation(tree, partOf(tree.left), partOf(tree.right)),
  Negative: (tree: Single) => negative(tree, partOf(tree.operand)),
};

function partOf(tree: Tree): Part {
  const compiler = COMPILERS[tree.node];
  if (!compiler) throw new NotInBrowser(tree.node);
  return compiler(tree as never);
}

// -- values ---------------------------------------------------------------------------------------------------------------------
function literal(tree: Literal): Part {
  const { value } = tree;
  if (typeof value === 'object') {
    const { units, scale } = parseDecimal(value.number);
    return { ...figure(tree, () => units, scale, Math.abs(Number(value.number)) * 1.000001), constant: units };
  }
  return { ...made(tree, () => value), constant: value };
}

/** What a stored or named value looks like to the rest. */
function read(tree: Tree, code: Code, units = STORED_UNITS): Part {
  const scale = isFigure(tree.type) ? tree.type.scale ?? 0 : 0;
  return figure(tree, code, scale, units / 10 ** scale);
}

function field(tree: Field): Part {
  const key = tree.system && tree.key === 'record' ? 'id' : tree.key;
  const depth = tree.relation?.length ?? 0;
  if (!depth) return { ...read(tree, place => place.record.field(key)), own: key };
  return read(tree, depth === 1 ? place => place.rows[0].field(key) : place => place.rows[depth - 1].field(key));
}

function path(tree: Path): Part {
  const key = tree.key === 'record' ? 'id' : tree.key;
  const depth = tree.relation?.length ?? 0;
  return read(tree, place => (depth ? place.rows[depth - 1] : place.record).path(tree.reference, key));
}

function name(tree: Name): Part {
  return read(tree, place => place.record.name(tree.name), Infinity);
}

// -- conditions -----------------------------------------------------------------------------------------------------------------
const TWO_VALUED = ['Compare', 'Logic', 'Not', 'Within', 'Among', 'Literal'];

/** A condition; a blank one is false. */
function truth(tree: Tree): Code {
  const { code } = partOf(tree);
  return TWO_VALUED.includes(tree.node) ? code : place => code(place) === true;
}

function compare(tree: Pair): Part {
  return made(tree, comparison(tree.operator, partOf(tree.left), partOf(tree.right)));
}

function logic(tree: Logic): Part {
  const codes = tree.operands.map(truth);
  if (codes.length === 2) {
    const [a, b] = codes;
    return made(tree, tree.operator === 'and' ? place => a(place) && b(place) : place => a(place) || b(place));
  }
  return made(tree, tree.operator === 'and' ? place => codes.every(each => each(place)) : place => codes.some(each => each(place)));
}

function not(tree: Single): Part {
  const code = truth(tree.operand);
  return made(tree, place => !code(place));
}

function within(tree: Within): Part {
  const operand = partOf(tree.operand), options = tree.options.map(partOf);
  const scale = widest([operand, ...options]);
  const code = inScale(operand, scale);
  const wanted = new Set(options.map(each => (isFigure(each.type) ? rescaled(each.constant as bigint, each.scale, scale) : each.constant)));
  return made(tree, place => wanted.has(code(place)));
}

function among(tree: Among): Part {
  const operand = partOf(tree.operand), list = partOf(tree.list);
  const { code: all } = list, { code: one, constant } = operand;
  if (constant !== undefined) return made(tree, place => { const values = all(place); return values !== null && (values as Value[]).includes(constant); });
  return made(tree, place => {
    const wanted = one(place);
    return listOf(all(place)).includes(wanted);
  });
}

function choose(tree: Choose): Part {
  const conditions = tree.cases.map(([condition]) => truth(condition));
  const parts = tree.cases.map(([, value]) => partOf(value));
  if (tree.otherwise) parts.push(partOf(tree.otherwise));
  const scale = widest(parts);
  const values = parts.map(each => inScale(each, scale));
  const otherwise = tree.otherwise ? values[values.length - 1] : () => null;
  return figure(tree, place => {
    for (let number = 0; number < conditions.length; number++) if (conditions[number](place)) return values[number](place);
    return otherwise(place);
  }, scale, Math.max(...parts.map(each => each.most)));
}

// -- functions ------------------------------------------------------------------------------------------------------------------
function call(tree: Call): Part {
  const builder = FUNCTIONS[tree.function];
  if (!builder) throw new NotInBrowser(tree.function);
  return builder(tree, tree.arguments.map(partOf));
}

function aggregate(tree: Aggregate): Part {
  const aggregating = AGGREGATES[tree.function];
  if (!aggregating) throw new NotInBrowser(tree.function);
  const value = tree.value ? partOf(tree.value) : null;
  const counts = counting(tree);
  const dates = tree.event_dates ?? [];
  const by = tree.by ?? tree.on ?? dates[dates.length - 1];
  const order = aggregating.ordered && by ? partOf(by).code : null;
  const { relation } = tree;
  const argument = tree.argument && partOf(tree.argument);
  const scale = isFigure(tree.type) ? aggregating.scale(value) : 0;
  if (aggregating.add && relation.length === 1) return figure(tree, addedUp(relation[0], value, counts, aggregating.add, limiting(scale)), scale);
  return figure(tree, ({ record, run }) => {
    const found: [Value, Value][] = [];
    const place = { record, run, rows: [] };
    eachRow(place, relation, 0, () => {
      if (counts && !counts(place)) return;
      const one = value ? value.code(place) : true;
      if (one !== null) found.push([one, order ? order(place) : null]);
    });
    const rows = aggregating.ordered ? inOrder(found, aggregating.ordered === 'last') : found;
    return rows.length ? aggregating.over(rows.map(each => each[0]), value, argument) : aggregating.nothing;
  }, scale);
}

/** A sum over one relation, without a list of its values. */
function addedUp(relation: string, value: Part | null, counts: ((place: Place) => boolean) | null,
  add: (total: bigint, value: Value) => bigint, limited: (units: bigint) => bigint): Code {
  const of: Code = value ? value.code : () => true;
  return ({ record, run }) => {
    const rows: Values[] = [record];
    const place: Place = { record, run, rows };
    let total = 0n;
    for (const row of record.related(relation)) {
      rows[0] = row;
      if (counts && !counts(place)) continue;
      const one = of(place);
      if (one !== null) total = add(total, one);
    }
    return limited(total);
  };
}

/** Brings the rows into view, one after the other; those in between stay in view too. */
function eachRow(place: Place, relation: string[], depth: number, act: () => void): void {
  if (depth === relation.length) { act(); return; }
  const above = depth ? place.rows[depth - 1] : place.record;
  for (const row of above.related(relation[depth])) {
    place.rows[depth] = row;
    eachRow(place, relation, depth + 1, act);
  }
  place.rows.length = depth;
}

/** Whether the row in view counts: its window, the day of the run, and where=. */
function counting(tree: Aggregate): ((place: Place) => boolean) | null {
  const where = tree.where ? truth(tree.where) : null;
  const on = tree.on ? dayIn(partOf(tree.on)) : null;
  const dates = tree.event_dates ?? [];
  const known = tree.on && !dates.some(each => JSON.stringify(each) === JSON.stringify(tree.on)) ? [tree.on] : dates;
  const days = known.map(each => dayIn(partOf(each)));
  if (!where && !on && !days.length) return null;
  return place => {
    const { today, asOf } = place.run;
    if (on && (tree.days !== undefined || tree.months !== undefined)) {
      const day = on(place) as number | null;
      const [first, last] = windowOf(tree, today);
      if (day === null || day < first || day > last) return false;
    }
    if (asOf && days.some(each => { const day = each(place) as number | null; return day !== null && day > today; })) return false;
    return !where || where(place) === true;
  };
}

/** First and last day: the n days that end today, or from the day after today minus n months; `before` counts windows back. */
function windowOf(tree: Aggregate, today: number): [number, number] {
  const { days, months = 0, before = 0 } = tree;
  if (days !== undefined) return [today - days * (before + 1) + 1, today - days * before];
  return [monthsLater(today, -months * (before + 1)) + 1, monthsLater(today, -months * before)];
}

/** Rows by their order, blanks last, equal ones as they came; for LAST the other way round, blanks still last. */
function inOrder(found: [Value, Value][], last: boolean): [Value, Value][] {
  const rows = last ? found.reverse() : found;
  const filled = rows.filter(each => each[1] !== null).sort((a, b) => (last ? compareValues(b[1], a[1]) : compareValues(a[1], b[1])));
  return [...filled, ...rows.filter(each => each[1] === null)];
}

export { CannotCompute, NotInBrowser };
