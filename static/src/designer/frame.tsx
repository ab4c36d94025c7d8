// The frame of every designer: first line with tabs, draft and problems; up to three panes, on narrow screens one page each.
import { effect, signal, type Signal } from '@preact/signals';
import { render, type ComponentChildren, type JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { $ } from '../base/dom';
import { csrf } from '../base/http';
import { Icon } from './icon';
import { startKeys } from './keys';
import { nextVersion, openPublish, Outcome } from './publish';
import { given, jump, leave, live, problems, saved, saving, t, tab, wide } from './state';
import { stateIcon, stateText, UndoRedo } from './tools';

/** What might be better, at its place; it never keeps anybody from publishing. */
export interface Hint { path: string; message: string }
export interface Design {
  /** A tab without a label is reached by a tool and has no place in the row. */
  tabs: { key: string; label: string | (() => string) }[];
  hints: Signal<Hint[]>;
  /** What stands before "Publish": trying out, a preview. */
  tools?: () => JSX.Element;
  page: () => JSX.Element;
  dialogs: () => JSX.Element;
}

/** Keeps a signal in the address, so that a link shows somebody else the same. */
export function inAddress(name: string, what: Signal<string>, usual = ''): void {
  effect(() => {
    const place = new URL(location.href);
    if (what.value === usual) place.searchParams.delete(name); else place.searchParams.set(name, what.value);
    if (place.href !== location.href) history.replaceState(history.state, '', place);
  });
}

export const fromAddress = (name: string, usual = ''): string => new URLSearchParams(location.search).get(name) ?? usual;

// -- a small layer under a button -------------------------------------------------------------------------------------------------
interface LayerProps { class: string; label?: string; button: ComponentChildren; name?: string; children: (close: () => void) => ComponentChildren; role?: string }

export function Layer({ class: kind, label, button, name, children }: LayerProps) {
  const [isOpen, setOpen] = useState(false);
  const box = useRef<HTMLDivElement>(null);
  const close = () => setOpen(false);
  useEffect(() => {
    if (!isOpen) return;
    const away = (event: PointerEvent) => { if (!box.current?.contains(event.target as Node)) close(); };
    const escape = (event: KeyboardEvent) => { if (event.key === 'Escape') { close(); $('button', box.current!)?.focus(); } };
    document.addEventListener('pointerdown', away);
    document.addEventListener('keydown', escape);
    return () => { document.removeEventListener('pointerdown', away); document.removeEventListener('keydown', escape); };
  }, [isOpen]);
  return <div class="td-layer" ref={box}>
    <button class={kind} type="button" aria-expanded={isOpen} aria-label={label} title={label} data-layer={name} onClick={() => setOpen(!isOpen)}>{button}</button>
    {isOpen && <div class="td-layer-box" role="group" aria-label={label}>{children(close)}</div>}
  </div>;
}

// -- the first line ---------------------------------------------------------------------------------------------------------------
function Tabs({ design }: { design: Design }) {
  const choose = (event: MouseEvent, key: string) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
    event.preventDefault();
    tab.value = key;
    scrollTo(0, 0);
  };
  const place = useRef<HTMLElement>(null);
  useEffect(() => { $('[aria-current]', place.current!)?.scrollIntoView({ block: 'nearest', inline: 'nearest' }); }, [tab.value]);
  return <nav class="tl-tabs td-tabs" aria-label={t('parts')} ref={place}>{design.tabs.map(({ key, label }) => ({ key, label: typeof label === 'string' ? label : label() })).filter(each => each.label).map(({ key, label }) =>
    <a href={`?tab=${key}`} class={tab.value === key ? 'active' : ''} aria-current={tab.value === key ? 'page' : undefined} onClick={event => choose(event, key)} key={key}>{label}</a>)}</nav>;
}

/** Sets the draft aside, as a version of its own, and begins from what is live. */
export const Aside = () => saved.value && live.value.version !== null ? <form method="post" action={`${given.here}/aside`}><input type="hidden" name="csrf_token" value={csrf()} /><button class="btn btn-sm" data-busy>{t('aside')}</button></form> : null;

/** The draft: how far it is saved, what it began from, and the ways back. */
function Draft() {
  const bad = saving.value === 'failed';
  const text = saved.value && saving.value === 'still' ? t('draft_saved', { version: nextVersion(), time: saved.value.time }) : stateText();
  return <Layer class={`tl-pill td-pill tb-state${bad ? ' tl-pill-bad' : ''}`} name="draft" button={<><Icon name={stateIcon()} /><span class="tl-cut" role="status">{text}</span></>}>{() => <>
    <p>{saved.value ? live.value.version === null ? t('draft_first') : t('draft_of', { version: live.value.version }) : live.value.version === null ? t('never') : t('no_draft', { version: live.value.version })}</p>
    {saved.value && !saved.value.mine && <p class="tl-quiet">{t('draft_by', { who: saved.value.who, time: saved.value.time })}</p>}
    <Aside />
    {live.value.version !== null && <a class="btn btn-sm" href={`${given.here}/versions`}><Icon name="history" />{t('versions')}</a>}
  </>}</Layer>;
}

function ProblemList({ design }: { design: Design }) {
  const hints = design.hints.value;
  const [bad, mild] = [problems.value.length, hints.length];
  if (!bad && !mild) return null;
  const text = bad === 1 ? t('problems_one') : bad ? t('problems_many', { n: bad }) : mild === 1 ? t('hints_one') : t('hints_many', { n: mild });
  const line = (each: Hint, icon: string, close: () => void) => <li key={each.path + each.message}><button class="tb-problem" type="button" onClick={() => { close(); jump(each.path); }}><Icon name={icon} /><span>{each.message}</span></button></li>;
  return <Layer class={`tl-pill td-pill ${bad ? 'tl-pill-bad' : 'tl-pill-care'}`} label={text} name="problems" button={<><Icon name={bad ? 'alert-circle' : 'alert-triangle'} /><span class="td-label">{text}</span><span class="td-short">{bad || mild}</span></>}>{close => <>
    {bad > 0 && <><h2 class="tb-part">{t('problems_head')}</h2><ul class="tb-problems">{problems.value.map(each => line(each, 'alert-circle', close))}</ul></>}
    {mild > 0 && <><h2 class="tb-part">{t('advice_head')}</h2><ul class="tb-problems tb-hints">{hints.map(each => line(each, 'bulb', close))}</ul></>}
  </>}</Layer>;
}

function Tools({ design }: { design: Design }) {
  const blocked = problems.value.length;
  const why = blocked === 1 ? t('blocked_one') : blocked ? t('blocked', { n: blocked }) : undefined;
  return <>
    <Draft />
    <ProblemList design={design} />
    <UndoRedo />
    <button class={`btn btn-ghost btn-icon${tab.value === 'json' ? ' active' : ''}`} type="button" aria-label={t('json_all')} title={`${t('json_all')} (Ctrl J)`} aria-pressed={tab.value === 'json'} onClick={() => { tab.value = tab.value === 'json' ? design.tabs[0]!.key : 'json'; }}><Icon name="braces" /></button>
    {design.tools?.()}
    <button class={`btn btn-primary${blocked ? ' td-blocked' : ''}`} type="button" data-publish title={why} aria-describedby={blocked ? 'publish-why' : undefined} onClick={() => void openPublish()}>{t('publish', { version: nextVersion() })}</button>
    {blocked > 0 && <span class="visually-hidden" id="publish-why">{why}</span>}
  </>;
}

/** Tabs take a line of their own where the first one has no room for them, in whatever language. */
function fit(top: HTMLElement): void {
  const again = () => {
    top.classList.remove('td-two-lines');
    top.classList.toggle('td-two-lines', top.scrollWidth > top.clientWidth);
  };
  let width = 0;
  new ResizeObserver(() => {
    if (top.clientWidth === width) return;
    width = top.clientWidth;
    again();
  }).observe(top);
  // hints and the state of the draft come later and take room of their own
  new MutationObserver(again).observe(top, { childList: true, characterData: true, subtree: true });
}

// -- panes ------------------------------------------------------------------------------------------------------------------------
export const pane = signal<'left' | 'middle' | 'right'>('left');
/** Brings the middle into sight where only one pane is. */
export const showMiddle = (): void => { if (!wide.peek()) { pane.value = 'middle'; scrollTo(0, 0); } };

interface PanesProps { left?: ComponentChildren; middle: ComponentChildren; right?: ComponentChildren; foot?: ComponentChildren; names: Record<'left' | 'middle' | 'right', string> }

/** Another tab begins at its top. */
export function Panes({ left, middle, right, foot, names }: PanesProps) {
  const there = { left: !!left, middle: true, right: !!right };
  if (wide.value) {
    return <div class={`td-panes${left ? '' : ' td-no-left'}${right ? '' : ' td-no-right'}`} key={tab.value}>
      {left && <section class="td-left" aria-label={names.left}>{left}</section>}
      <div class="td-middle">{middle}</div>
      {right && <aside class="td-right" aria-label={names.right}><div class="td-right-body">{right}</div>{foot && <div class="td-foot">{foot}</div>}</aside>}
    </div>;
  }
  const now = there[pane.value] ? pane.value : left ? 'left' : 'middle';
  const pages = (['left', 'middle', 'right'] as const).filter(each => there[each]);
  return <div class="td-page">
    {pages.length > 1 && <div class="tl-segment td-switch" role="group" aria-label={t('parts')}>{pages.map(each => <button type="button" class={each === now ? 'active' : ''} aria-pressed={each === now} onClick={() => { pane.value = each; }} key={each}>{names[each]}</button>)}</div>}
    {now === 'left' ? <section class="td-left" aria-label={names.left}>{left}</section> : now === 'middle' ? <div class="td-middle">{middle}</div>
      : <aside class="td-right" aria-label={names.right}><div class="td-right-body">{right}</div>{foot && <div class="td-foot">{foot}</div>}</aside>}
  </div>;
}

// -- the whole --------------------------------------------------------------------------------------------------------------------
export function startDesigner(design: Design): void {
  if (tab.value !== 'json' && !design.tabs.some(each => each.key === tab.value)) tab.value = design.tabs[0]!.key;
  inAddress('tab', tab, design.tabs[0]!.key);
  const place = $('#editor')!;
  place.replaceChildren();
  render(<><Outcome /><design.page /><design.dialogs /></>, place);
  render(<Tabs design={design} />, $('#designer-tabs')!);
  render(<Tools design={design} />, $('#editor-tools')!);
  fit($('.td-top')!);
  startKeys(() => { tab.value = 'json'; });
  addEventListener('pagehide', leave);
  effect(() => { const shown = $('[data-live]'); if (shown && live.value.version !== null) shown.textContent = ` · ${t('live_v', { version: live.value.version })}`; });
}
