// The words of a formula as an editor needs them: forgiving like the server's reader, but nothing is refused here.
export interface FieldOffer { key: string; label: string; other: string; kind: string; type: string; options: [string, string][]; to: string | null; parent: boolean; system: boolean }
export interface RelationOffer { key: string; label: string; other: string; to: string }
export interface FormOffer { label: string; fields: FieldOffer[]; relations: RelationOffer[] }
export interface NameOffer { key: string; type: string; kind: string; options: [string, string][] }
export interface FunctionOffer {
  name: string; aliases: string[]; label: string; other: string; family: string; group: string | null; over_rows: boolean; signature: string;
  parameters: { name: string; optional: boolean }[]; repeats: number; description: string; examples: [string, string][];
}
export interface Offer { form: string | null; record_form: string | null; title: string | null; own_rows: boolean; allow: string[]; names: NameOffer[]; forms: Record<string, FormOffer> }

export interface Token { kind: 'word' | 'label' | 'number' | 'text' | 'sign'; from: number; to: number; text: string }
/** Words joined by points, or a label in braces. `call`: an opening bracket follows. */
export interface Words { from: number; to: number; parts: string[]; call: boolean; keyword: boolean }
/** What words mean. */
export interface Meaning { keys: string[]; labels: string[]; options: [string, string][]; kind: string; many: boolean }

const CLOSING: Record<string, string> = { "'": "'", '"': '"', '＇': "'＇", '＂': '"＂', '“': '”“', '”': '”', '‘': '’‘', '’': '’', '「': '」', '『': '』' };
const SPACE = /[\s\u200b\ufeff]+/uy;
const NUMBER = /\p{Nd}+(?:[.．。]\p{Nd}+)?/uy;
const WORD = /[\p{L}_][\p{L}\p{N}\p{M}_]*/uy;
const SIGN = /<=|>=|<>|!=|==|[^]/uy;
const KEYWORDS = new Set(['and', 'or', 'not', 'in', 'if', 'else', 'true', 'false', '真', '假']);
const ARGUMENTS = new Set(['where', 'on', 'days', 'months', 'by', 'before']);

export const folded = (text: string): string => text.normalize('NFKC').trim().toLowerCase();
export const quoted = (text: string): string => `'${text.replace(/\\/g, '\\\\').replace(/'/g, "\\'")}'`;

function reach(pattern: RegExp, text: string, from: number): number {
  pattern.lastIndex = from;
  return pattern.test(text) ? pattern.lastIndex : from;
}

function endOfText(text: string, from: number): number {
  const opening = text[from]!;
  const closing = CLOSING[opening]!;
  for (let place = from + 1; place < text.length; place += 1) {
    if (text[place] === '\\') place += 1;
    else if (closing.includes(text[place]!)) {
      if (!(text[place + 1] === text[place] && `'"`.includes(text[place]!))) return place + 1;
      place += 1;
    }
  }
  return text.length;
}

export function scan(text: string): Token[] {
  const tokens: Token[] = [];
  let from = 0;
  while (from < text.length) {
    const space = reach(SPACE, text, from);
    if (space > from) { from = space; continue; }
    const sign = text[from]!;
    let kind: Token['kind'] = 'sign';
    let to = from;
    if (sign in CLOSING) { kind = 'text'; to = endOfText(text, from); }
    else if ('{｛【'.includes(sign)) { kind = 'label'; const end = text.slice(from).search(/[}｝】]/u); to = end < 0 ? text.length : from + end + 1; }
    else if ((to = reach(NUMBER, text, from)) > from) kind = 'number';
    else if ((to = reach(WORD, text, from)) > from) kind = 'word';
    else to = reach(SIGN, text, from);
    tokens.push({ kind, from, to, text: text.slice(from, to) });
    from = to;
  }
  return tokens;
}

const plain = (token: Token | undefined): string => token?.kind === 'sign' ? token.text.normalize('NFKC').replace('。', '.').replace('、', ',') : '';

/** Every word of a formula, paths as one. */
export function wordsOf(tokens: Token[]): Words[] {
  const found: Words[] = [];
  for (let n = 0; n < tokens.length; n += 1) {
    const first = tokens[n]!;
    if (first.kind !== 'word' && first.kind !== 'label') continue;
    const parts = [nameOf(first)];
    let last = first;
    const before = plain(tokens[n - 1]);
    while (plain(tokens[n + 1]) === '.' && (tokens[n + 2]?.kind === 'word' || tokens[n + 2]?.kind === 'label')) {
      last = tokens[n + 2]!;
      parts.push(nameOf(last));
      n += 2;
    }
    const after = plain(tokens[n + 1]);
    const word = folded(parts[0]!);
    const keyword = first.kind === 'word' && parts.length === 1 && after !== '(' && (KEYWORDS.has(word) || (ARGUMENTS.has(word) && after === '=' && (before === '(' || before === ',')));
    found.push({ from: first.from, to: last.to, parts, call: after === '(', keyword });
  }
  return found;
}

const nameOf = (token: Token): string => token.kind === 'label' ? token.text.replace(/^[{｛【]|[}｝】]$/gu, '').trim() : token.text;

function among<T extends { key: string; label?: string; other?: string }>(all: T[], word: string): T | null {
  const wanted = folded(word);
  const byKey = all.find(each => each.key === word) ?? all.find(each => each.key === wanted);
  if (byKey) return byKey;
  for (const side of ['label', 'other'] as const) {
    const hits = all.filter(each => folded(each[side] ?? '') === wanted);
    if (hits.length) return new Set(hits.map(each => each.key)).size === 1 ? hits[0]! : null;
  }
  return null;
}

/** What a path means at this place; null if it means nothing, or several things. */
export function meaningOf(parts: string[], offer: Offer): Meaning | null {
  const name = offer.names.find(each => each.key === folded(parts.join('.')));
  if (name) return { keys: name.key.split('.'), labels: name.key.split('.'), options: name.options, kind: name.kind, many: false };
  let form: FormOffer | undefined = offer.form === null ? undefined : offer.forms[offer.form];
  const meaning: Meaning = { keys: [], labels: [], options: [], kind: '', many: false };
  for (const part of parts) {
    if (!form) return null;
    const field = among(form.fields, part);
    const relation = field ? null : among(form.relations, part);
    const found = field ?? relation;
    if (!found) return null;
    meaning.keys.push(found.key);
    meaning.labels.push(found.label);
    meaning.options = field?.options ?? [];
    meaning.kind = field?.kind ?? 'relation';
    meaning.many = !!relation;
    form = found.to ? offer.forms[found.to] : undefined;
  }
  return meaning;
}

/** The form behind a path that ends with a point; with no words the form itself. */
export function formBehind(parts: string[], offer: Offer): FormOffer | null {
  let form: FormOffer | undefined = offer.form === null ? undefined : offer.forms[offer.form];
  for (const part of parts) {
    const found: { to: string | null } | null = form ? among(form.fields, part) ?? among(form.relations, part) : null;
    form = found?.to ? offer.forms[found.to] : undefined;
  }
  return form ?? null;
}

/** The innermost call around a place: which function, and which of its arguments. */
export function callAt(tokens: Token[], place: number): { name: string; argument: number } | null {
  const open: { name: string; argument: number }[] = [];
  for (const [n, token] of tokens.entries()) {
    if (token.to > place && !(token.kind === 'text' && token.from < place)) break;
    const sign = plain(token);
    const before = tokens[n - 1];
    if (sign === '(') open.push({ name: before?.kind === 'word' ? before.text.normalize('NFKC').toUpperCase() : '', argument: 0 });
    else if (sign === ')') open.pop();
    else if (sign === ',' && open.length) open.at(-1)!.argument += 1;
  }
  return open.findLast(each => each.name !== '' && !KEYWORDS.has(each.name.toLowerCase())) ?? null;
}

/** What is compared with what follows at `place`: the path before ==, before in (…, or the list of HAS_ANY(list, …. */
export function comparedBefore(tokens: Token[], place: number): string[] | null {
  const before = tokens.filter(each => each.to <= place);
  const word = (n: number): string => folded(before[n]?.text ?? '');
  let n = before.length - 1;
  if (['==', '=', '!=', '<>', '≠'].includes(plain(before[n]))) n -= 1;
  else {
    while (plain(before[n]) === ',' || before[n]?.kind === 'text') n -= 1;
    if (plain(before[n]) === '(' && word(n - 1) === 'in') n -= word(n - 2) === 'not' ? 3 : 2;
    else if (n === before.length - 1) return null;
  }
  const last = wordsOf(before.slice(0, n + 1)).at(-1);
  return last && last.to === before[n]?.to ? last.parts : null;
}
