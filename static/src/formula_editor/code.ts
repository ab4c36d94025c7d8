// The editor proper, on CodeMirror. It is loaded only where a formula is written, as a file of its own.
import { acceptCompletion, autocompletion, closeBrackets, closeBracketsKeymap, completionKeymap, pickedCompletion, startCompletion, type Completion, type CompletionContext } from '@codemirror/autocomplete';
import { defaultKeymap } from '@codemirror/commands';
import { bracketMatching } from '@codemirror/language';
import { Annotation, Compartment, EditorState, StateEffect, StateField, type Extension, type Range, type Transaction } from '@codemirror/state';
import { Decoration, EditorView, keymap, WidgetType, type DecorationSet, type ViewUpdate } from '@codemirror/view';
import { choicesAt, type Choice } from './offers';
import { meaningOf, scan, wordsOf, type FunctionOffer, type Offer } from './words';

export interface Fault { from: number; to: number }
export interface Settings {
  text: string; nonce: string; attributes: Record<string, string>; phrases: Record<string, string>;
  onText: (text: string) => void; onPlace: (text: string, place: number) => void; onFocus: () => void; describe: (each: FunctionOffer) => Node;
}
export interface Code { set(text: string): void; offer(offer: Offer, functions: FunctionOffer[]): void; faults(found: Fault[]): void; attributes(now: Record<string, string>): void; insert(choice: Choice): void; select(from: number, to: number): void; focus(): void; text(): string; destroy(): void }
interface Known { offer: Offer | null; functions: FunctionOffer[] }
interface Span { from: number; to: number }

const learn = StateEffect.define<Known>();
const blame = StateEffect.define<Fault[]>();
const settle = StateEffect.define<null>();
const fromOutside = Annotation.define<boolean>();

const known = StateField.define<Known>({
  create: () => ({ offer: null, functions: [] }),
  update: (value, change) => change.effects.reduce((now, each) => each.is(learn) ? each.value : now, value),
});

/** The word that somebody is writing stays as letters; all others are shown as chips. */
const writing = StateField.define<Span | null>({
  create: () => null,
  update(value, change) {
    if (change.effects.some(each => each.is(settle)) || change.annotation(pickedCompletion) || change.annotation(fromOutside)) return null;
    const place = change.state.selection.main.head;
    if (change.docChanged && (change.isUserEvent('input.type') || change.isUserEvent('delete'))) return wordAround(change.state.doc.toString(), place);
    if (!value) return null;
    const [from, to] = [change.changes.mapPos(value.from, -1), change.changes.mapPos(value.to, 1)];
    return place < from || place > to ? null : { from, to };
  },
});

function wordAround(text: string, place: number): Span | null {
  const before = /[\p{L}\p{N}\p{M}_.。{}｛｝]*$/u.exec(text.slice(0, place))![0].length;
  const after = /^[\p{L}\p{N}\p{M}_]*/u.exec(text.slice(place))![0].length;
  return before + after ? { from: place - before, to: place + after } : null;
}

const faults = StateField.define<Fault[]>({
  create: () => [],
  update(value, change) {
    for (const each of change.effects) if (each.is(blame)) return each.value;
    return change.docChanged ? value.map(each => ({ from: change.changes.mapPos(each.from), to: change.changes.mapPos(each.to) })) : value;
  },
});

class Chip extends WidgetType {
  constructor(readonly text: string, readonly kind: string, readonly faulty: boolean) { super(); }
  override eq(other: Chip): boolean { return other.text === this.text && other.kind === this.kind && other.faulty === this.faulty; }
  override toDOM(): HTMLElement {
    const chip = document.createElement('span');
    chip.className = `tf-chip tf-chip-${this.kind}${this.faulty ? ' tf-chip-faulty' : ''}`;
    chip.textContent = this.text;
    return chip;
  }
  override ignoreEvent(): boolean { return false; }
}

interface Drawn { all: DecorationSet; chips: DecorationSet; labels: { from: number; to: number; text: string }[] }

/** Chips for words that mean something, colours for the rest, and a line under what is wrong. `labels`: words still written as labels. */
function draw(state: EditorState): Drawn {
  const { offer } = state.field(known);
  const now = state.field(writing);
  const wrong = state.field(faults);
  const tokens = scan(state.doc.toString());
  const [marks, chips]: [Range<Decoration>[], Range<Decoration>[]] = [[], []];
  const labels: Drawn['labels'] = [];
  const mark = (name: string, { from, to }: Span) => { if (to > from) marks.push(Decoration.mark({ class: name }).range(from, to)); };
  for (const each of tokens) if (each.kind === 'text') mark('tf-text', each); else if (each.kind === 'number') mark('tf-number', each);
  for (const words of wordsOf(tokens)) {
    if (words.keyword) { mark('tf-keyword', words); continue; }
    if (words.call && words.parts.length === 1) { mark('tf-function', words); continue; }
    const meaning = offer && !(now && words.from <= now.to && words.to >= now.from) ? meaningOf(words.parts, offer) : null;
    if (!meaning) continue;
    const text = meaning.keys.join('.');
    if (state.sliceDoc(words.from, words.to) !== text) labels.push({ from: words.from, to: words.to, text });
    const faulty = wrong.some(each => each.from < words.to && each.to > words.from);
    chips.push(Decoration.replace({ widget: new Chip(meaning.labels.join(' · '), meaning.many || meaning.keys.length > 1 ? 'far' : 'own', faulty) }).range(words.from, words.to));
  }
  for (const each of wrong) mark('tf-fault', { from: Math.min(each.from, state.doc.length), to: Math.min(each.to, state.doc.length) });
  return { all: Decoration.set([...marks, ...chips], true), chips: Decoration.set(chips), labels };
}

const drawn = StateField.define<Drawn>({
  create: draw,
  update: (value, change) => change.docChanged || change.effects.length || change.state.field(writing) !== change.startState.field(writing) ? draw(change.state) : value,
  provide: field => [EditorView.decorations.from(field, value => value.all), EditorView.atomicRanges.of(view => view.state.field(field).chips)],
});

/** Labels become keys, as formulas are stored, as soon as nobody is in the middle of writing them. */
const keysForLabels = EditorView.updateListener.of(update => {
  if (!update.transactions.length) return;
  setTimeout(() => {
    const { view } = update;
    if (view.composing || !view.dom.isConnected) return;
    const labels = view.state.field(drawn).labels;
    if (labels.length && typedHere.has(view)) view.dispatch({ changes: labels.map(each => ({ from: each.from, to: each.to, insert: each.text })), userEvent: 'input.key' });
  });
});
const typedHere = new WeakSet<EditorView>();

function completions(describe: Settings['describe']): Extension {
  const source = (context: CompletionContext) => {
    const { offer, functions } = context.state.field(known);
    const found = offer && choicesAt(context.state.doc.toString(), context.pos, offer, functions, context.explicit);
    if (!found) return null;
    return { from: found.from, to: found.to, filter: false, options: found.choices.map(each => completionOf(each, describe)) };
  };
  return autocompletion({ override: [source], icons: false, interactionDelay: 0, optionClass: each => `tf-option tf-option-${each.type}` });
}

function completionOf(choice: Choice, describe: Settings['describe']): Completion {
  const { function: offered } = choice;
  return {
    label: choice.text, displayLabel: choice.label, detail: choice.detail, type: choice.kind, info: offered ? () => describe(offered) : undefined,
    apply: (view, completion, from, to) => view.dispatch(put(view.state, choice, from, to), { annotations: pickedCompletion.of(completion) }),
  };
}

/** A choice put into the text: a function with its brackets, the cursor between them. */
function put(state: EditorState, choice: Choice, from: number, to: number) {
  const call = choice.kind === 'function' && state.sliceDoc(to, to + 1) !== '(';
  const insert = call ? `${choice.text}()` : choice.text;
  return { changes: { from, to, insert }, selection: { anchor: from + choice.text.length + (choice.kind === 'function' ? 1 : 0) }, userEvent: 'input.complete', scrollIntoView: true };
}

const needsGap = (sign: string): boolean => /[\p{L}\p{N}_)"'”’]/u.test(sign);

export function open(parent: HTMLElement, settings: Settings): Code {
  const attributes = new Compartment();
  const listen = EditorView.updateListener.of((update: ViewUpdate) => {
    const outside = update.transactions.some((each: Transaction) => each.annotation(fromOutside));
    if (update.docChanged && !outside) { typedHere.add(update.view); settings.onText(update.state.doc.toString()); }
    if (update.docChanged || update.selectionSet) settings.onPlace(update.state.doc.toString(), update.view.hasFocus ? update.state.selection.main.head : -1);
    if (update.focusChanged) {
      if (update.view.hasFocus) settings.onFocus();
      else setTimeout(() => { if (update.view.dom.isConnected && !update.view.hasFocus) update.view.dispatch({ effects: settle.of(null) }); });
    }
  });
  const view = new EditorView({
    parent,
    state: EditorState.create({
      doc: settings.text,
      extensions: [
        known, writing, faults, drawn, keysForLabels, listen, completions(settings.describe), bracketMatching(), closeBrackets(), EditorView.lineWrapping,
        keymap.of([...closeBracketsKeymap, ...completionKeymap, { key: 'Tab', run: acceptCompletion }, ...defaultKeymap.filter(each => each.key !== 'Mod-Enter' && each.key !== 'Shift-Mod-k' && each.key !== 'Mod-/')]),
        attributes.of(EditorView.contentAttributes.of(settings.attributes)), EditorState.phrases.of(settings.phrases),
        settings.nonce ? EditorView.cspNonce.of(settings.nonce) : [],
      ],
    }),
  });
  const replaceAll = (text: string) => view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: text }, annotations: fromOutside.of(true) });
  return {
    set: text => { if (text !== view.state.doc.toString() && !view.composing) replaceAll(text); },
    offer: (offer, functions) => view.dispatch({ effects: learn.of({ offer, functions }) }),
    faults: found => { if (!view.composing) view.dispatch({ effects: blame.of(found) }); },
    attributes: now => view.dispatch({ effects: attributes.reconfigure(EditorView.contentAttributes.of(now)) }),
    insert: choice => {
      const { from, to } = view.state.selection.main;
      typedHere.add(view);
      const gap = from > 0 && needsGap(view.state.sliceDoc(from - 1, from)) ? ' ' : '';
      const change = put(view.state, { ...choice, text: gap + choice.text }, from, to);
      view.dispatch(change, { effects: settle.of(null) });
      view.focus();
      if (choice.kind === 'function') startCompletion(view);
    },
    select: (from, to) => { view.focus(); view.dispatch({ selection: { anchor: Math.min(from, view.state.doc.length), head: Math.min(to, view.state.doc.length) }, scrollIntoView: true }); },
    focus: () => view.focus(),
    text: () => view.state.doc.toString(),
    destroy: () => view.destroy(),
  };
}
