// One field on the canvas: its real control, its label written in place, its rules as chips, and what is wrong with it.
import { Component } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { speak } from '../base/speak';
import { Icon } from '../designer/icon';
import { body, change, given, isObject, t, undo, type Json } from '../designer/state';
import { controlOf, whenNear } from './controls';
import { carryField, press } from './drag';
import { duplicateFields, focusOn, isWide, keyOf, kindName, nameOf, pathOf, select, selectTo, selected, selectedKeys, sections, setWide, several, step, stepAll, type Thing } from './model';
import { followLabel } from './renaming';
import { ask } from './removing';
import { showPanel } from './shown';
import { SubformColumns } from './subform';

export interface CardProps { field: Thing; n: number; chosen: boolean; alone: boolean; wide: boolean; columns: number; problems: string; chips: string; drawing: number }

/** A control as the server drew it, for looking at; it comes in when it is near the window. */
function Control({ markup }: { markup: string | null }) {
  const place = useRef<HTMLDivElement>(null);
  const [near, setNear] = useState(false);
  useEffect(() => near ? undefined : whenNear(place.current!, () => setNear(true)), [near]);
  return <div class="fd-control" ref={place} inert aria-hidden="true" dangerouslySetInnerHTML={{ __html: near ? markup ?? '<div class="fd-no-control"></div>' : '' }} />;
}

// -- a name, written in place ---------------------------------------------------------------------------------------------------------------
interface NamesProps { value: Json | undefined; name: string; put: (next: Json) => void; close: (kept: boolean) => void }

/** The same name in both languages; Escape gives up what was typed. */
export function NamesEditor({ value, name, put, close }: NamesProps) {
  const own = given.language;
  const box = useRef<HTMLSpanElement>(null);
  const texts: Record<string, Json> = typeof value === 'string' ? { [own]: value } : isObject(value) ? value : {};
  const [was] = useState(value);
  useEffect(() => { const first = box.current?.querySelector('input'); first?.focus(); first?.select(); }, []);
  const type = (language: string, text: string) => {
    const next = Object.fromEntries(Object.entries({ ...texts, [language]: text }).filter(([, each]) => each !== ''));
    put(Object.keys(next).length === 1 && own in next ? next[own]! : Object.keys(next).length ? next : '');
  };
  const keys = (event: KeyboardEvent) => {
    event.stopPropagation();
    if (event.key === 'Enter') { event.preventDefault(); close(true); }
    if (event.key === 'Escape') { put(was ?? ''); close(false); }
  };
  return <span class="fd-label-editor" ref={box} onKeyDown={keys} onPointerDown={event => event.stopPropagation()} onFocusOut={event => { if (!box.current?.contains(event.relatedTarget as Node | null)) close(true); }}>
    {[own, own === 'zh' ? 'en' : 'zh'].map(language => <span class="fd-label-one" key={language}><span aria-hidden="true">{language === 'zh' ? '中' : 'En'}</span>
      <input class="form-control" lang={language === 'zh' ? 'zh-CN' : 'en'} value={String(texts[language] ?? '')} aria-label={`${name} (${t(language)})`} autocomplete="off" onInput={event => type(language, event.currentTarget.value)} /></span>)}
  </span>;
}

/** The label of a field or column; its key follows. */
export function LabelEditor({ id, close }: { id: string; close: () => void }) {
  const path = pathOf(id)!;
  const value = path.reduce<Json | undefined>((here, part) => Array.isArray(here) ? here[Number(part)] : isObject(here) ? here[String(part)] : undefined, body.value);
  const [before] = useState(() => nameOf(isObject(value) ? value : undefined));
  return <NamesEditor value={isObject(value) ? value.label : undefined} name={t('label')} put={next => change([...path, 'label'], next)}
    close={kept => { if (kept) followLabel(id, before); close(); }} />;
}

// -- keys -----------------------------------------------------------------------------------------------------------------------------------
let lifted: { id: string; moved: boolean } | null = null;
export const isLifted = (id: string): boolean => lifted?.id === id;

/** Space lifts, arrows move, Space drops, Escape puts it back. `move` says whether there was anywhere to go. */
export function liftKeys(event: KeyboardEvent, id: string, name: string, move: (by: 1 | -1, sameStep: boolean) => boolean): boolean {
  const by = ['ArrowUp', 'ArrowLeft'].includes(event.key) ? -1 : ['ArrowDown', 'ArrowRight'].includes(event.key) ? 1 : 0;
  const element = event.currentTarget as HTMLElement;
  if (event.key === ' ') {
    event.preventDefault();
    if (isLifted(id)) { lifted = null; delete element.dataset.lifted; speak(t('dropped', { what: name })); } else { lifted = { id, moved: false }; element.dataset.lifted = ''; speak(t('lifted_keys', { what: name })); }
    return true;
  }
  if (event.altKey && by || isLifted(id) && by) {
    event.preventDefault();
    if (move(by as 1 | -1, lifted?.moved ?? false)) { if (lifted) lifted.moved = true; refocus(id); } else speak(t('no_further'));
    return true;
  }
  if (event.key === 'Escape' && isLifted(id)) {
    event.preventDefault();
    if (lifted?.moved) undo();
    lifted = null;
    delete element.dataset.lifted;
    speak(t('cancelled'));
    refocus(id);
    return true;
  }
  return false;
}

function refocus(id: string): void {
  focusOn(id);
  if (lifted) requestAnimationFrame(() => setTimeout(() => { const found = document.getElementById(`fd-${id}`); if (found && lifted?.id === id) found.dataset.lifted = ''; }));
}

function whereNow(key: string): string {
  const section = sections.peek().findIndex(each => each.fields.includes(key));
  return t('now_at', { place: sections.peek()[section]!.fields.indexOf(key) + 1, section: section + 1 });
}

function neighbour(key: string, by: 1 | -1): string | undefined {
  const order = sections.peek().flatMap(each => each.fields);
  return order[order.indexOf(key) + by];
}

// -- the card ---------------------------------------------------------------------------------------------------------------------------------
function Toolbar({ id, name }: { id: string; name: string }) {
  const key = id.slice(2);
  const keys = selectedKeys.value.includes(key) ? selectedKeys.value : [key];
  const tool = (icon: string, label: string, act: () => void, pressed?: boolean) => <button type="button" aria-label={`${label}: ${name}`} title={label} aria-pressed={pressed} onClick={event => { event.stopPropagation(); act(); }}><Icon name={icon} /></button>;
  return <div class="fd-tools" role="group" aria-label={t('tools_of', { what: name })}>
    {tool('copy', t('duplicate'), () => { const [first] = duplicateFields(keys); if (first) focusOn(`f:${first}`); speak(t('duplicated')); })}
    {tool('arrow-up', t('up'), () => { step(key, -1); focusOn(id); })}
    {tool('arrow-down', t('down'), () => { step(key, 1); focusOn(id); })}
    {tool('maximize', t('whole_row'), () => setWide(keys, !isWide(key)), isWide(key))}
    {tool('settings', t('settings_of_it'), showPanel)}
    {tool('trash', t('remove'), () => ask(keys))}
  </div>;
}

export class Card extends Component<CardProps, { writing: boolean }> {
  override state = { writing: false };

  override shouldComponentUpdate(next: CardProps, state: { writing: boolean }): boolean {
    const now = this.props;
    return state.writing !== this.state.writing || (Object.keys(next) as (keyof CardProps)[]).some(name => next[name] !== now[name]);
  }

  #keys = (event: KeyboardEvent): void => {
    const key = keyOf(this.props.field);
    const id = `f:${key}`;
    if (liftKeys(event, id, nameOf(this.props.field), (by, sameStep) => { const done = stepAll(selectedKeys.peek().includes(key) ? selectedKeys.peek() : [key], by, sameStep); if (done) speak(whereNow(key)); return done; })) return;
    const by = event.key === 'ArrowUp' || event.key === 'ArrowLeft' ? -1 : event.key === 'ArrowDown' || event.key === 'ArrowRight' ? 1 : 0;
    if (by) {
      const next = neighbour(key, by);
      event.preventDefault();
      if (next) { if (event.shiftKey) selectTo(`f:${next}`); else select(`f:${next}`); focusOn(`f:${next}`); }
    }
    const keys = selectedKeys.peek().includes(key) ? selectedKeys.peek() : [key];
    if (event.key === 'Delete' || event.key === 'Backspace') { event.preventDefault(); ask(keys); }
    if (event.key === 'F2') { event.preventDefault(); this.setState({ writing: true }); }
    if (event.key === 'Escape') select('');
    if (event.key === 'Enter') { event.preventDefault(); select(id); showPanel(); }
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 'd') { event.preventDefault(); const [first] = duplicateFields(keys); if (first) focusOn(`f:${first}`); speak(t('duplicated')); }
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 'a') { event.preventDefault(); selected.value = sections.peek().flatMap(each => each.fields).map(each => `f:${each}`); }
  };

  #click = (event: MouseEvent): void => {
    const id = `f:${keyOf(this.props.field)}`;
    if (event.shiftKey) selectTo(id); else select(id, event.ctrlKey || event.metaKey || several.peek());
  };

  override render() {
    const { field, n, chosen, alone, wide, columns, problems, chips } = this.props;
    const key = keyOf(field);
    const id = `f:${key}`;
    const name = nameOf(field);
    const faults = problems ? problems.split('\n') : [];
    const isRows = field.type === 'subform';
    const usual = isRows || field.type === 'long_text' || field.type === 'rich_text';
    const write = () => { select(id); this.setState({ writing: true }); };
    return <div class={`fd-field${wide || usual ? ' fd-wide' : ''}${chosen ? ' active' : ''}${faults.length ? ' fd-faulty' : ''}`} data-fd={key} data-n={n} data-columns={columns}
      onPointerDown={event => { if (!(event.target as Element).closest('input, .fd-tools, [data-column], .fd-grip')) press(event, () => carryField(key, selectedKeys.peek())); }}>
      <button class="fd-hit" type="button" id={`fd-${id}`} aria-pressed={chosen} aria-describedby={faults.length ? `fd-p-${key}` : 'fd-how'} onKeyDown={this.#keys} onClick={this.#click} onDblClick={write}>
        <span class="visually-hidden">{name}, {kindName(field.type)}{field.required === true ? `, ${t('required')}` : ''}{chips ? `, ${chips}` : ''}</span></button>
      <span class="fd-grip" aria-hidden="true" onPointerDown={event => { event.stopPropagation(); press(event, () => carryField(key, selectedKeys.peek()), true); }}><Icon name="grip-vertical" /></span>
      <div class="fd-head">{this.state.writing ? <LabelEditor id={id} close={() => { this.setState({ writing: false }); focusOn(`f:${keyOf(this.props.field)}`); }} />
        : <span class="fd-label form-label" onDblClick={write}>{name}{field.required === true && <span class="tl-required"> *</span>}</span>}
        {chips && !this.state.writing && <span class="fd-chip tl-cut" title={chips}>{chips}</span>}</div>
      {isRows ? <SubformColumns field={field} /> : <Control markup={controlOf(field)} />}
      {faults.length > 0 && <div id={`fd-p-${key}`}>{faults.map(each => <div class="tl-error" key={each}><Icon name="alert-circle" /><span>{each}</span></div>)}</div>}
      {alone && <Toolbar id={id} name={name} />}
    </div>;
  }
}
