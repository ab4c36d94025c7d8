// Which part of the designer is in sight: where there is room for one pane only, settings are a page of their own.
import { pane } from '../designer/frame';
import { wide } from '../designer/state';

/** Brings the settings into sight and puts the focus on the first of them. */
export function showPanel(): void {
  if (!wide.peek()) { pane.value = 'right'; scrollTo(0, 0); }
  requestAnimationFrame(() => setTimeout(() => document.querySelector<HTMLElement>('.td-right input, .td-right select, .td-right textarea')?.focus()));
}
