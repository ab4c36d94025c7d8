// Staying on a tier badge of a list, with the mouse or by keyboard, shows how the score came about: one request, kept for the page.
import { $, eachNow, make } from '../base/dom';
import { request } from '../base/http';

const AFTER = 400;
const GAP = 6;
const BADGE = 'tr[data-href] .tl-tier:not(.tl-tier-none)';
const kept = new Map<string, Promise<string>>();
let waiting = 0;
let shown: HTMLElement | null = null;

const badgeAt = (target: EventTarget | null): HTMLElement | null => target instanceof Element ? target.closest<HTMLElement>(BADGE) : null;

function fetched(address: string): Promise<string> {
  const found = kept.get(address) ?? request(address, { headers: { Accept: 'text/html' } }).then(async answer => {
    if (!answer.ok) throw new Error(String(answer.status));
    return answer.text();
  });
  kept.set(address, found);
  found.catch(() => kept.delete(address));
  return found;
}

function box(): HTMLElement {
  const there = $('#tier-hover');
  if (there) return there;
  const made = make('div', { id: 'tier-hover', class: 'tl-hover', role: 'tooltip' });
  made.hidden = true;
  made.addEventListener('pointerleave', hide);
  document.body.append(made);
  return made;
}

async function show(badge: HTMLElement): Promise<void> {
  const address = `${badge.closest<HTMLElement>('tr[data-href]')!.dataset.href}/tier/hover`;
  shown = badge;
  try {
    const page = await fetched(address);
    if (shown !== badge) return;
    const card = box();
    card.innerHTML = page;
    card.hidden = false;
    badge.setAttribute('aria-describedby', card.id);
    place(card, badge.getBoundingClientRect());
  } catch {
    shown = null; // the record's page says what is wrong, if anything is
  }
}

function place(card: HTMLElement, at: DOMRect): void {
  const { width, height } = card.getBoundingClientRect();
  const below = at.bottom + GAP + height <= innerHeight;
  card.style.left = `${Math.max(GAP, Math.min(at.left, innerWidth - width - GAP))}px`;
  card.style.top = `${below ? at.bottom + GAP : Math.max(GAP, at.top - GAP - height)}px`;
}

function hide(): void {
  clearTimeout(waiting);
  shown?.removeAttribute('aria-describedby');
  shown = null;
  const card = $('#tier-hover');
  if (card) card.hidden = true;
}

function soon(badge: HTMLElement): void {
  if (badge === shown) return;
  hide();
  waiting = setTimeout(() => void show(badge), AFTER);
}

export function startTierHover(): void {
  eachNow<HTMLElement>(BADGE, badge => { badge.tabIndex = 0; });
  document.addEventListener('pointerover', event => {
    const badge = event.pointerType === 'touch' ? null : badgeAt(event.target);
    if (badge) soon(badge);
  });
  document.addEventListener('pointerout', event => {
    const to = event.relatedTarget;
    if (badgeAt(event.target) && !badgeAt(to) && !(to instanceof Element && to.closest('#tier-hover'))) hide();
  });
  document.addEventListener('focusin', event => { const badge = badgeAt(event.target); if (badge) soon(badge); else if (shown) hide(); });
  document.addEventListener('focusout', event => { if (badgeAt(event.target)) hide(); });
  document.addEventListener('keydown', event => { if (event.key === 'Escape' && shown) hide(); });
  document.addEventListener('scroll', hide, { capture: true, passive: true });
}
