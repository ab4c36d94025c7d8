// The page that people will fill in, made by the server from the saved draft, at three widths. What is filled in there is checked, and kept nowhere.
import { effect, signal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { Icon } from '../designer/icon';
import { given, problems, saved, saveNow, saving, t, tab } from '../designer/state';
import { WidthSwitch, width } from './canvas';
import { more } from './model';

const round = signal(0);
/** Whose eyes it is looked at with; empty: one's own. */
const role = signal('');
let shownFor = '';

export function startPreview(): void {
  effect(() => {
    const now = `${saved.value?.time}/${saving.value}/${problems.value.length}`;
    if (tab.value !== 'preview' || saving.value !== 'still' || problems.value.length || now === shownFor) return;
    shownFor = now;
    round.value = round.peek() + 1;
  });
}

export function PreviewPage() {
  const frame = useRef<HTMLIFrameElement>(null);
  useEffect(() => { void saveNow(); }, []);
  return <div class="fd-preview">
    <div class="fd-canvas-head"><WidthSwitch />{more.roles.length > 0 && <label class="fd-role"><span>{t('seen_as')}</span><select class="form-select" value={role.value} onChange={event => { role.value = event.currentTarget.value; }}><option value="">{t('seen_by_all')}</option>{more.roles.map(each => <option value={each.key} key={each.key}>{each.label}</option>)}</select></label>}<span class="tl-quiet fd-counts">{t('preview_about')}</span>
      <button class="btn btn-sm" type="button" onClick={() => { round.value += 1; }}><Icon name="refresh" />{t('begin_anew')}</button></div>
    {problems.value.length > 0 && <div class="tl-note tl-note-care"><Icon name="alert-triangle" /><div>{t('preview_waits')}</div></div>}
    <div class={`fd-frame fd-w-${width.value}`}><iframe ref={frame} title={t('preview_of')} src={`${given.here}/tried${role.value ? `/as/${encodeURIComponent(role.value)}` : ''}?round=${round.value}`} /></div>
  </div>;
}
