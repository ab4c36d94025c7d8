// Ctrl K: one box for pages, records, settings and actions; GET /jump?q= answers [{label, href, hint}].
import { $, make } from './dom';
import { fetchJson } from './http';
import { say } from './texts';

interface Place { label: string; href: string; hint?: string }

let places: Place[] = [];
let at = 0;
let pending: AbortController | null = null;
let timer = 0;

const dialog = () => $<HTMLDialogElement>('#jump');
const input = () => $<HTMLInputElement>('#jump input')!;
const state = (text: string) => { $('#jump [data-state]')!.textContent = text; };

export function openJump(): boolean {
  const box = dialog();
  if (!box) return false;
  if (box.open) return true;
  box.showModal();
  input().value = '';
  void look('');
  return true;
}

async function look(query: string): Promise<void> {
  pending?.abort();
  pending = new AbortController();
  state(query ? say('searching') : say('jump_hint'));
  try {
    places = await fetchJson<Place[]>(`/jump?q=${encodeURIComponent(query)}`, pending.signal);
    at = 0;
    draw();
    state(places.length || !query ? say('jump_hint') : say('nothing_found', { query }));
  } catch (reason) {
    if ((reason as Error).name !== 'AbortError') state(say('search_failed'));
  }
}

function draw(): void {
  const list = $('#jump-list')!;
  list.replaceChildren(...places.map((place, index) => {
    const line = make('li', { id: `jump-${index}`, role: 'option', 'aria-selected': String(index === at) }, make('span', { class: 'tl-cut' }, place.label));
    if (place.hint) line.append(make('span', { class: 'tl-quiet tl-nowrap' }, place.hint));
    line.addEventListener('click', () => go(index));
    return line;
  }));
  input().setAttribute('aria-activedescendant', places.length ? `jump-${at}` : '');
  list.children[at]?.scrollIntoView({ block: 'nearest' });
}

function go(index: number): void {
  const place = places[index];
  if (place) location.assign(place.href);
  else if (input().value.trim()) location.assign(`/search?q=${encodeURIComponent(input().value.trim())}`);
}

export function startJump(): void {
  if (!dialog()) return;
  input().addEventListener('input', () => { clearTimeout(timer); timer = window.setTimeout(() => void look(input().value.trim()), 120); });
  input().addEventListener('keydown', event => {
    if (event.isComposing) return;
    const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0;
    if (step && places.length) { event.preventDefault(); at = (at + step + places.length) % places.length; draw(); }
    if (event.key === 'Enter') { event.preventDefault(); go(at); }
  });
  document.addEventListener('click', event => {
    if (!(event.target as Element).closest('[data-jump]') || event.ctrlKey || event.metaKey) return;
    if (openJump()) event.preventDefault();
  });
}
