// The editor of definitions, and the small behaviours of the design hub.
import './css/editor.css';
import './css/segments.css';
import { effect } from '@preact/signals';
import { render } from 'preact';
import { useState } from 'preact/hooks';
import { $ } from './base/dom';
import { FormPane, JsonPane, ProblemsPane, UsesPane } from './designer/general';
import { Icon } from './designer/icon';
import { startKeys } from './designer/keys';
import { nextVersion, openPublish, Outcome, PublishDialog, StaleDialog } from './designer/publish';
import { given, jump, leave, live, problems, saved, t, tab, wide } from './designer/state';
import { DraftState, UndoRedo } from './designer/tools';
import { PermissionPanel } from './editor/permission';
import { CountPanel, SegmentPanel } from './editor/segment';

// -- the first line -------------------------------------------------------------------------------------------------------------
function Tools() {
  const count = problems.value.length;
  return <>
    <DraftState />
    {count > 0 && <button class="btn btn-sm btn-quiet-danger tb-wide" type="button" onClick={() => jump(problems.value[0]!.path)}><Icon name="alert-triangle" />{t('problems_tab')} {count}</button>}
    <UndoRedo />
    <a class="btn btn-ghost btn-icon" href={`${given.here}/versions`} aria-label={t('versions')} title={t('versions')}><Icon name="history" /></a>
    <button class="btn btn-primary" type="button" data-publish onClick={() => void openPublish()}>{t('publish', { version: nextVersion() })}</button>
  </>;
}

// -- the whole ------------------------------------------------------------------------------------------------------------------
const MAIN = given.kind === 'permission_set' ? ['set', 'form'] : given.kind === 'segment' ? ['segment', 'form'] : ['form'];
const SIDE = ['json', 'problems', 'uses'];
const nameOf = (name: string): string => name === 'set' ? t('set_tab') : name === 'segment' ? t('segment_tab') : name === 'form' ? t(MAIN.length > 1 ? 'all_tab' : 'form_tab') : t(name === 'uses' ? 'uses_tab' : `${name}_tab`);

function Tabs({ names, now, choose }: { names: string[]; now: string; choose: (name: string) => void }) {
  return <div class="tl-tabs tb-tabs" role="group">{names.map(name => <button type="button" class={name === now ? 'active' : ''} aria-pressed={name === now} onClick={() => choose(name)} key={name}>{nameOf(name)}
    {name === 'problems' && problems.value.length > 0 && <span class="tl-count tl-count-hot">{problems.value.length}</span>}</button>)}</div>;
}

const Pane = ({ name }: { name: string }) => name === 'set' ? <PermissionPanel /> : name === 'segment' ? <SegmentPanel /> : name === 'json' ? <JsonPane /> : name === 'problems' ? <ProblemsPane /> : name === 'uses' ? <UsesPane /> : <FormPane />;

function Editor() {
  const main = MAIN.includes(tab.value) ? tab.value : MAIN[0]!;
  const [side, setSide] = useState(SIDE.includes(tab.value) ? tab.value : 'json');
  if (!wide.value) {
    const now = [...MAIN, ...SIDE].includes(tab.value) ? tab.value : MAIN[0]!;
    return <div class="tb-phone"><Outcome /><Tabs names={[...MAIN, ...SIDE]} now={now} choose={name => { tab.value = name; }} /><div class="tb-pane">{now === 'segment' && <CountPanel />}<Pane name={now} /></div><Dialogs /></div>;
  }
  return <><Outcome />
    {MAIN.length > 1 && <Tabs names={MAIN} now={main} choose={name => { tab.value = name; }} />}
    <div class="tb-columns"><div class="tb-pane tb-main"><Pane name={main} /></div>
      <aside class="tb-beside">{main === 'segment' && <div class="tb-pane tb-above"><CountPanel /></div>}<Tabs names={SIDE} now={side} choose={setSide} /><div class="tb-pane tb-side-pane"><Pane name={side} /></div></aside></div><Dialogs /></>;
}

const Dialogs = () => <><PublishDialog /><StaleDialog /></>;

function startEditor(place: HTMLElement): void {
  place.replaceChildren();
  render(<Editor />, place);
  render(<Tools />, $('#editor-tools')!);
  startKeys(() => { tab.value = 'json'; });
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
