// Messages that leave by themselves. Pointing at one or moving the focus into it holds it.
import { $, $$, eachNow, icon, make } from './dom';
import { csrf } from './http';
import { say } from './texts';

export interface Toast { text: string; tone?: 'good' | 'care' | 'bad'; undo?: string; takeBack?: () => void; seconds?: number }

const ICONS = { good: 'circle-check', care: 'alert-triangle', bad: 'alert-circle' };

function leaveAfter(element: HTMLElement, seconds: number): void {
  let timer = 0;
  const start = () => { timer = window.setTimeout(() => element.remove(), seconds * 1000); };
  const hold = () => window.clearTimeout(timer);
  element.addEventListener('pointerenter', hold);
  element.addEventListener('focusin', hold);
  element.addEventListener('pointerleave', start);
  element.addEventListener('focusout', start);
  start();
}

/** Shows a message; one with `undo` (an address to post to) or `takeBack` stays ten seconds, a bad one until it is closed. */
export function toast({ text, tone = 'good', undo, takeBack, seconds }: Toast): HTMLElement {
  for (const shown of $$('.tl-toast')) if ($('span', shown)?.textContent === text) shown.remove();
  const close = make('button', { class: 'btn btn-sm btn-icon tl-close', type: 'button', 'data-toast-close': '', 'aria-label': say('close') }, icon('x'));
  const element = make('div', { class: `tl-toast tl-toast-${tone}` }, icon(ICONS[tone]), make('span', {}, text));
  if (undo) {
    element.append(make('form', { method: 'post', action: undo },
      make('input', { type: 'hidden', name: 'csrf_token', value: csrf() }), make('button', { class: 'btn btn-sm' }, say('undo'))));
  }
  if (takeBack) {
    const button = make('button', { class: 'btn btn-sm', type: 'button' }, say('undo'));
    button.addEventListener('click', () => { takeBack(); element.remove(); });
    element.append(button);
  }
  element.append(close);
  $('#toasts')?.append(element);
  const time = seconds ?? (tone === 'bad' ? 0 : undo || takeBack ? 10 : 6);
  if (time) leaveAfter(element, time);
  return element;
}

export function startToasts(): void {
  eachNow('[data-toast]', element => { const time = Number(element.dataset.toast); if (time) leaveAfter(element, time); });
  document.addEventListener('click', event => {
    (event.target as Element).closest('[data-toast-close]')?.closest('.tl-toast')?.remove();
  });
  document.addEventListener('keydown', event => {
    if (event.key === 'Escape' && !$('dialog[open]')) $$('.tl-toast').at(-1)?.remove();
  });
}
