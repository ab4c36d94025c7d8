// Tabs of a form's page: without this script all parts stand one below the other. Whoever is led to a field of a closed part sees it opened.
import { $, $$, eachNow } from './dom';

function open(list: HTMLElement, wanted: HTMLAnchorElement): void {
  for (const tab of $$('a', list)) {
    const now = tab === wanted;
    tab.classList.toggle('active', now);
    tab.setAttribute('aria-selected', String(now));
    tab.tabIndex = now ? 0 : -1;
    const part = document.getElementById(tab.getAttribute('aria-controls')!);
    if (part) part.hidden = !now;
  }
}

function start(list: HTMLElement): void {
  const tabs = $$<HTMLAnchorElement>('a', list);
  list.setAttribute('role', 'tablist');
  for (const tab of tabs) {
    const part = document.getElementById(tab.hash.slice(1))!;
    tab.id = `${part.id}-tab`;
    tab.setAttribute('role', 'tab');
    tab.setAttribute('aria-controls', part.id);
    part.setAttribute('role', 'tabpanel');
    part.setAttribute('aria-labelledby', tab.id);
    $('.tl-form-tab-name', part)?.remove();
    tab.addEventListener('click', event => { event.preventDefault(); open(list, tab); });
  }
  list.addEventListener('keydown', event => {
    const step = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0;
    if (!step) return;
    event.preventDefault();
    const next = tabs[(tabs.indexOf(document.activeElement as HTMLAnchorElement) + step + tabs.length) % tabs.length]!;
    open(list, next);
    next.focus();
  });
  open(list, tabs.find(each => each.classList.contains('active')) ?? tabs[0]!);
  document.addEventListener('click', event => {
    const link = (event.target as Element).closest<HTMLAnchorElement>('a[href^="#"]');
    const part = link && !list.contains(link) ? document.getElementById(link.hash.slice(1))?.closest('[data-form-tab]') : null;
    const tab = part && tabs.find(each => each.getAttribute('aria-controls') === part.id);
    if (tab) open(list, tab);
  }, true);
}

export function startFormTabs(): void { eachNow('[data-form-tabs]', start); }
