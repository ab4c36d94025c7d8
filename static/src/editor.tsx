// The editor of definitions, and the small behaviours of the design hub.
import './css/editor.css';
import { effect } from '@preact/signals';
import { render } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { $ } from './base/dom';
import { toast } from './base/toasts';
import { Icon } from './editor/icon';
import { ObjectInput, Suggestions } from './editor/fields';
import { resolve } from './editor/schema';
import { ImpactPanel, TierPanel } from './editor/tier';
import { PermissionPanel } from './editor/permission';
import { nextVersion, openPublish, Outcome, PublishDialog, StaleDialog } from './editor/publish';
import { advice, body, canRedo, canUndo, failure, given, isObject, jump, leave, live, problems, redo, saved, saveNow, saving, t, tab, typed, undo, wide, type Json } from './editor/state';

// -- the first line -------------------------------------------------------------------------------------------------------------
function DraftState() {
  const now = saving.value;
  const text = now === 'failed' ? t('unsaved', { why: failure.value || '…' }) : now === 'still' ? saved.value ? t('saved', { time: saved.value.time })
    : live.value.version === null ? t('never') : t('live_only', { version: live.value.version }) : t('saving');
  return <span class={`tl-pill tb-state${now === 'failed' ? ' tl-pill-bad' : ''}`} role="status"><Icon name={now === 'failed' ? 'cloud-off' : now === 'still' ? 'cloud-check' : 'cloud-upload'} /><span class="tl-cut">{text}</span></span>;
}

function Tools() {
  const count = problems.value.length;
  return <>
    <DraftState />
    {count > 0 && <button class="btn btn-sm btn-quiet-danger tb-wide" type="button" onClick={() => jump(problems.value[0]!.path)}><Icon name="alert-triangle" />{t('problems_tab')} {count}</button>}
    <button class="btn btn-ghost btn-icon" type="button" disabled={!canUndo.value} aria-label={t('undo')} title={`${t('undo')} (Ctrl Z)`} onClick={undo}><Icon name="arrow-back-up" /></button>
    <button class="btn btn-ghost btn-icon" type="button" disabled={!canRedo.value} aria-label={t('redo')} title={`${t('redo')} (Ctrl Shift Z)`} onClick={redo}><Icon name="arrow-forward-up" /></button>
    <a class="btn btn-ghost btn-icon" href={`${given.here}/versions`} aria-label={t('versions')} title={t('versions')}><Icon name="history" /></a>
    <button class="btn btn-primary" type="button" data-publish onClick={() => void openPublish()}>{t('publish', { version: nextVersion() })}</button>
  </>;
}

// -- the parts ------------------------------------------------------------------------------------------------------------------
function FormPane() {
  if (!given.schema) return <p class="tl-quiet">{t('not_a_form')}</p>;
  if (!isObject(body.value)) return <p class="tl-quiet">{t('not_a_form')}</p>;
  return <><Suggestions /><ObjectInput path={[]} schema={resolve(given.schema)} /><p class="tl-help">{t('key_fixed')}</p></>;
}

const pretty = (value: Json): string => JSON.stringify(value, null, 2);

function JsonPane() {
  const [text, setText] = useState(pretty(body.value));
  const [bad, setBad] = useState('');
  const draft = body.value;
  useEffect(() => {
    let same = false;
    try { same = pretty(JSON.parse(text)) === pretty(draft); } catch { same = false; }
    if (!same) { setText(pretty(draft)); setBad(''); }
  }, [draft]);
  const type = (next: string) => {
    setText(next);
    try {
      const found = JSON.parse(next) as Json;
      if (!isObject(found)) { setBad(t('json_object')); return; }
      setBad('');
      if (pretty(found) !== pretty(body.peek())) typed(found);
    } catch (error) { setBad(t('json_bad', { reason: error instanceof Error ? error.message : '' })); }
  };
  return <div class="tb-json"><label class="visually-hidden" for="editor-json">{t('json_label')}</label>
    <textarea id="editor-json" class="form-control" spellcheck={false} autocomplete="off" value={text} aria-invalid={bad ? 'true' : undefined} aria-describedby="editor-json-state" onInput={event => type(event.currentTarget.value)} />
    <div id="editor-json-state" aria-live="polite">{bad && <div class="tl-error"><Icon name="alert-circle" /><span>{bad}</span></div>}</div></div>;
}

function ProblemsPane() {
  return <div>
    {problems.value.length === 0 && <p class="tl-good"><Icon name="circle-check" /> {t('no_problems')}</p>}
    {problems.value.length > 0 && <><h2 class="tb-part">{t('problems_head')}</h2><ul class="tb-problems">{problems.value.map(each => <li key={each.path + each.message}><button class="tb-problem" type="button" onClick={() => jump(each.path)}><Icon name="alert-circle" /><span>{each.message}<span class="tb-key">{each.path}</span></span></button></li>)}</ul></>}
    {advice.value.length > 0 && <><h2 class="tb-part">{t('advice_head')}</h2><ul class="tb-problems tb-hints">{advice.value.map(each => <li key={each.path + each.message}><button class="tb-problem" type="button" onClick={() => jump(each.path)}><Icon name="bulb" /><span>{each.message}</span></button></li>)}</ul></>}
  </div>;
}

function UsesPane() {
  if (!given.uses.length) return <p class="tl-quiet">{t('used_by_none')}</p>;
  return <ul class="tb-plain">{given.uses.map(each => <li key={each.href}><a href={each.href}><Icon name={each.icon} /> {each.label}</a> <span class="tl-quiet tl-meta">{each.kind}</span></li>)}</ul>;
}

// -- the whole ------------------------------------------------------------------------------------------------------------------
const MAIN = given.kind === 'tier_model' ? ['model', 'form'] : given.kind === 'permission_set' ? ['set', 'form'] : ['form'];
const SIDE = ['json', 'problems', 'uses'];
const nameOf = (name: string): string => name === 'model' ? t('model_tab') : name === 'set' ? t('set_tab') : name === 'form' ? t(MAIN.length > 1 ? 'all_tab' : 'form_tab') : t(name === 'uses' ? 'uses_tab' : `${name}_tab`);

function Tabs({ names, now, choose }: { names: string[]; now: string; choose: (name: string) => void }) {
  return <div class="tl-tabs tb-tabs" role="group">{names.map(name => <button type="button" class={name === now ? 'active' : ''} aria-pressed={name === now} onClick={() => choose(name)} key={name}>{nameOf(name)}
    {name === 'problems' && problems.value.length > 0 && <span class="tl-count tl-count-hot">{problems.value.length}</span>}</button>)}</div>;
}

const Pane = ({ name }: { name: string }) => name === 'model' ? <TierPanel /> : name === 'set' ? <PermissionPanel /> : name === 'json' ? <JsonPane /> : name === 'problems' ? <ProblemsPane /> : name === 'uses' ? <UsesPane /> : <FormPane />;

function Editor() {
  const main = MAIN.includes(tab.value) ? tab.value : MAIN[0]!;
  const [side, setSide] = useState(SIDE.includes(tab.value) ? tab.value : 'json');
  if (!wide.value) {
    const now = [...MAIN, ...SIDE].includes(tab.value) ? tab.value : MAIN[0]!;
    return <div class="tb-phone"><Outcome /><Tabs names={[...MAIN, ...SIDE]} now={now} choose={name => { tab.value = name; }} /><div class="tb-pane">{now === 'model' && <ImpactPanel />}<Pane name={now} /></div><Dialogs /></div>;
  }
  return <><Outcome />
    {MAIN.length > 1 && <Tabs names={MAIN} now={main} choose={name => { tab.value = name; }} />}
    <div class="tb-columns"><div class="tb-pane tb-main"><Pane name={main} /></div>
      <aside class="tb-beside">{main === 'model' ? <div class="tb-pane"><ImpactPanel />{(problems.value.length > 0 || advice.value.length > 0) && <ProblemsPane />}</div>
        : <><Tabs names={SIDE} now={side} choose={setSide} /><div class="tb-pane tb-side-pane"><Pane name={side} /></div></>}</aside></div><Dialogs /></>;
}

const Dialogs = () => <><PublishDialog /><StaleDialog /></>;

function startEditor(place: HTMLElement): void {
  place.replaceChildren();
  render(<Editor />, place);
  render(<Tools />, $('#editor-tools')!);
  document.addEventListener('keydown', event => {
    if (!(event.ctrlKey || event.metaKey) || event.altKey || $('dialog[open]')) return;
    const key = event.key.toLowerCase();
    if (key === 's') { event.preventDefault(); void saveNow().then(() => { if (saving.value === 'still') toast({ text: saved.value ? t('saved', { time: saved.value.time }) : t('no_changes') }); }); }
    if (key === 'enter') { event.preventDefault(); void openPublish(); }
    if (key === 'j') { event.preventDefault(); tab.value = 'json'; requestAnimationFrame(() => $('#editor-json')?.focus()); }
    if ((event.target as HTMLElement).id === 'editor-json') return; // the text has its own undo
    if (key === 'z') { event.preventDefault(); if (event.shiftKey) redo(); else undo(); }
    if (key === 'y') { event.preventDefault(); redo(); }
  });
  addEventListener('pagehide', leave);
  effect(() => { const note = $('[data-draft-note]'); if (note) note.hidden = saved.value === null; });
  effect(() => { const shown = $('[data-live]'); if (shown && live.value.version !== null) shown.textContent = ` · ${t('live_v', { version: live.value.version })}`; });
}

/** In the hub: the key is proposed from the name until somebody writes one. */
function startNew(form: HTMLFormElement): void {
  const label = $<HTMLInputElement>('#new-label', form)!;
  const key = $<HTMLInputElement>('#new-key', form)!;
  let own = false;
  key.addEventListener('input', () => { own = key.value !== ''; });
  label.addEventListener('input', () => {
    if (!own) key.value = label.value.toLowerCase().replace(/[^a-z0-9\u3400-\u9fff]+/g, '_').replace(/^[_0-9]+|_+$/g, '').slice(0, 41);
  });
}

const place = $('[data-editor]');
if (place) startEditor(place);
const fresh = $<HTMLFormElement>('[data-new-definition]');
if (fresh) startNew(fresh);
