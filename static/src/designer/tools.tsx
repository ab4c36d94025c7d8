// What stands at the right of every designer's first line: the state of the draft, and a step back or forth.
import { Icon } from './icon';
import { canRedo, canUndo, failure, live, redo, saved, saving, t, undo } from './state';

export const stateIcon = (): string => saving.value === 'failed' ? 'cloud-off' : saving.value === 'still' ? 'cloud-check' : 'cloud-upload';

export function stateText(): string {
  if (saving.value === 'failed') return t('unsaved', { why: failure.value || '…' });
  if (saving.value !== 'still') return t('saving');
  if (saved.value) return t('saved', { time: saved.value.time });
  return live.value.version === null ? t('never') : t('live_only', { version: live.value.version });
}

export const DraftState = () => <span class={`tl-pill tb-state${saving.value === 'failed' ? ' tl-pill-bad' : ''}`} role="status"><Icon name={stateIcon()} /><span class="tl-cut">{stateText()}</span></span>;

export const UndoRedo = () => <>
  <button class="btn btn-ghost btn-icon" type="button" disabled={!canUndo.value} aria-label={t('undo')} title={`${t('undo')} (Ctrl Z)`} onClick={undo}><Icon name="arrow-back-up" /></button>
  <button class="btn btn-ghost btn-icon" type="button" disabled={!canRedo.value} aria-label={t('redo')} title={`${t('redo')} (Ctrl Shift Z)`} onClick={redo}><Icon name="arrow-forward-up" /></button>
</>;
