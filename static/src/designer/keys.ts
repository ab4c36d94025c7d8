// Keys of every designer: save, publish, JSON, undo, redo.
import { $ } from '../base/dom';
import { toast } from '../base/toasts';
import { openPublish } from './publish';
import { redo, saved, saveNow, saving, t, undo } from './state';

/** `openJson` brings the JSON into sight; it then gets the focus. */
export function startKeys(openJson: () => void): void {
  document.addEventListener('keydown', event => {
    if (!(event.ctrlKey || event.metaKey) || event.altKey || $('dialog[open]')) return;
    const key = event.key.toLowerCase();
    if (key === 's') { event.preventDefault(); void saveNow().then(() => { if (saving.value === 'still') toast({ text: saved.value ? t('saved', { time: saved.value.time }) : t('no_changes') }); }); }
    if (key === 'enter') { event.preventDefault(); void openPublish(); }
    if (key === 'j') { event.preventDefault(); openJson(); requestAnimationFrame(() => $('#editor-json')?.focus()); }
    if ((event.target as HTMLElement).id === 'editor-json') return; // the text has its own undo
    if (key === 'z') { event.preventDefault(); if (event.shiftKey) redo(); else undo(); }
    if (key === 'y') { event.preventDefault(); redo(); }
  });
}
