// Calendars and timelines: a record is carried to another day, or a bar's end is drawn, with mouse, pen or finger, by keyboard, or from a menu.
// Each move is one write with the record's version, after which the days are drawn anew by the server; it can be taken back.
import { carry, type Place } from '../base/carry';
import { $, $$, eachNow, make } from '../base/dom';
import { request } from '../base/http';
import { speak } from '../base/speak';
import { language, say } from '../base/texts';
import { toast } from '../base/toasts';

const EDGE = 9;
const DAY = 86_400_000;
interface Answer { version: number; changed: boolean; was: { day: string; last?: string }; detail?: string; theirs?: string }
interface Move { day: string; last?: string }

const cardOf = (target: EventTarget | null) => (target as Element | null)?.closest<HTMLElement>('[data-day-card]') ?? null;
/** The name of a record, without the time of day before it. */
const titleOf = (card: HTMLElement) => ($('.tl-row-title, .tl-agenda-card b, .tl-day-card', card)?.lastChild?.textContent ?? '').trim();
const plus = (day: string, days: number) => new Date(Date.parse(day) + days * DAY).toISOString().slice(0, 10);
const words = (day: string) => new Date(Date.parse(day)).toLocaleDateString(language === 'zh' ? 'zh-CN' : 'en', { timeZone: 'UTC', weekday: 'short', month: 'long', day: 'numeric' });

async function save(page: HTMLElement, card: { id: string; version: string; title: string }, move: Move, back = false): Promise<void> {
  const { base, on, until } = page.dataset;
  const sent = new URLSearchParams({ on: on!, until: until!, version: card.version, ...move });
  const answer = await request(`${base}/${card.id}/days`, { method: 'POST', body: sent }).catch(() => null);
  const said = await answer?.json().catch(() => null) as Answer | null;
  if (!answer?.ok || !said) {
    const text = said?.theirs ? `${said.detail} ${say('theirs_is', { value: said.theirs })}` : said?.detail ?? say(answer?.status === 403 ? 'not_allowed' : 'fault');
    toast({ text, tone: 'bad' });
    speak(text);
    await redraw(page, card.id);
    return;
  }
  await redraw(page, card.id);
  const stretched = !back && move.last !== undefined && said.was.day === move.day;
  const text = say(back ? 'day_back' : stretched ? 'day_ends' : 'day_moved', { what: card.title, day: words(stretched ? move.last! : move.day) });
  speak(text);
  if (said.changed) toast({ text, takeBack: back ? undefined : () => void save(page, { ...card, version: String(said.version) }, said.was, true) });
}

/** The days as the server draws them now; who stood on the record stands on it again. */
async function redraw(page: HTMLElement, id: string): Promise<void> {
  const answer = await request(location.href).catch(() => null);
  const now = answer?.ok ? new DOMParser().parseFromString(await answer.text(), 'text/html').querySelector('[data-days]') : null;
  if (!now) return;
  page.replaceChildren(...now.childNodes);
  const shown = $$<HTMLElement>(`[data-day-card="${id}"]`, page).find(each => each.offsetParent);
  shown?.querySelector('a')?.focus({ preventScroll: false });
}

const facts = (card: HTMLElement) => ({ id: card.dataset.dayCard!, version: card.dataset.version!, title: titleOf(card) });

function go(page: HTMLElement, card: HTMLElement, move: Move): void {
  if (move.day === card.dataset.begin && (move.last === undefined || move.last === card.dataset.last)) return;
  card.setAttribute('aria-busy', 'true');
  void save(page, facts(card), move);
}

// -- carrying -----------------------------------------------------------------------------------------------------------------------
interface Day extends Place { move: Move }

function press(page: HTMLElement, card: HTMLElement, event: PointerEvent): void {
  const bar = $<SVGRectElement>('[data-bar]', card);
  carry<Day>(event, () => ({
    label: bar ? null : titleOf(card),
    find: bar ? along(page, card, bar, event) : (x, y) => {
      const mark = document.elementFromPoint(x, y)?.closest<HTMLElement>('[data-day]');
      return mark && page.contains(mark) ? { mark, side: 'into', move: { day: plus(card.dataset.begin!, days(from(card, event), mark.dataset.day!)) } } : null;
    },
    drop: place => go(page, card, place.move),
    pane: () => page,
    lift: () => card.classList.add('tl-lifted'),
    settle: () => { card.classList.remove('tl-lifted'); if (bar) unshift(card, bar); },
    said: { lifted: say('card_lifted', { what: titleOf(card) }), left: say('card_left') },
  }));
}

/** The day on which a record was taken hold of: one that lasts for days may be held by any of them. */
const from = (card: HTMLElement, event: PointerEvent) => (event.target as Element).closest<HTMLElement>('[data-day]')?.dataset.day ?? card.dataset.begin!;
const days = (one: string, other: string) => Math.round((Date.parse(other) - Date.parse(one)) / DAY);

/** Along time a bar follows the pointer day by day; near its end, where there is one, its end alone does. */
function along(page: HTMLElement, card: HTMLElement, bar: SVGRectElement, event: PointerEvent): (x: number) => Day {
  const box = bar.getBoundingClientRect(), day = bar.ownerSVGElement!.getBoundingClientRect().width / Number(page.dataset.span);
  const end = !!page.dataset.until && event.clientX > box.right - Math.min(EDGE, box.width / 3);
  return x => {
    const by = Math.round((x - event.clientX) / day);
    const move = moved(card, by, end);
    shift(card, bar, move, day);
    return { mark: card, side: 'into', move };
  };
}

const moved = (card: HTMLElement, by: number, end: boolean): Move => {
  const { begin, last } = card.dataset as { begin: string; last: string };
  return end ? { day: begin, last: days(begin, last) + by < 0 ? begin : plus(last, by) } : { day: plus(begin, by) };
};

function shift(card: HTMLElement, bar: SVGRectElement, move: Move, day: number): void {
  const { begin, last } = card.dataset as { begin: string; last: string };
  bar.style.transform = move.last === undefined ? `translateX(${days(begin, move.day) * day}px)` : '';
  bar.style.width = move.last === undefined ? '' : `${(days(begin, move.last) + 1) * day}px`;
  const place = $('.tl-meta', card)!;
  place.dataset.was ??= place.textContent ?? '';
  place.textContent = move.last === undefined ? words(move.day) + (last === begin ? '' : ` – ${words(plus(last, days(begin, move.day)))}`) : `${words(begin)} – ${words(move.last)}`;
}

function unshift(card: HTMLElement, bar: SVGRectElement): void {
  bar.style.transform = bar.style.width = '';
  const place = $('.tl-meta', card)!;
  if (place.dataset.was !== undefined) place.textContent = place.dataset.was;
  delete place.dataset.was;
}

// -- keyboard -----------------------------------------------------------------------------------------------------------------------
let lifted: { card: HTMLElement; by: number; end: boolean } | null = null;
const STEPS: Record<string, number> = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -7, ArrowDown: 7 };

function settle(): void {
  if (!lifted) return;
  const { card } = lifted, bar = $<SVGRectElement>('[data-bar]', card);
  card.classList.remove('tl-lifted');
  for (const each of $$('[data-spot]')) each.removeAttribute('data-spot');
  if (bar) unshift(card, bar);
  lifted = null;
}

function onKey(page: HTMLElement, card: HTMLElement, event: KeyboardEvent): void {
  if (event.ctrlKey || event.metaKey || event.altKey || (event.target as Element).closest('[data-day-grip]')) return;
  const step = STEPS[event.key], bar = $<SVGRectElement>('[data-bar]', card);
  if (event.key === ' ') {
    event.preventDefault();
    if (!lifted) {
      lifted = { card, by: 0, end: false };
      card.classList.add('tl-lifted');
      speak(say('card_lifted', { what: titleOf(card) }));
    } else {
      const move = moved(card, lifted.by, lifted.end), still = lifted.by === 0;
      settle();
      if (still) speak(say('card_left')); else go(page, card, move);
    }
  } else if (lifted && step !== undefined) {
    event.preventDefault();
    event.stopPropagation();
    const end = !!bar && event.shiftKey && !!page.dataset.until;
    if (end !== lifted.end) lifted = { card, by: 0, end };
    lifted.by += step;
    const move = moved(card, lifted.by, end);
    for (const each of $$('[data-spot]', page)) each.removeAttribute('data-spot');
    if (bar) shift(card, bar, move, bar.ownerSVGElement!.getBoundingClientRect().width / Number(page.dataset.span));
    const mark = $(`[data-day="${move.day}"]`, page);
    mark?.setAttribute('data-spot', 'into');
    mark?.scrollIntoView({ block: 'nearest' });
    speak(words(move.last ?? move.day));
  } else if (lifted && event.key === 'Escape') {
    event.preventDefault();
    settle();
    speak(say('card_left'));
  }
}

// -- menu ---------------------------------------------------------------------------------------------------------------------------
function openMenu(page: HTMLElement, card: HTMLElement, grip: HTMLElement): void {
  $('.tl-lane-menu')?.remove();
  const begin = card.dataset.begin!;
  const menu = make('div', { class: 'dropdown-menu show tl-lane-menu', role: 'dialog', 'aria-label': grip.getAttribute('aria-label') ?? '' });
  const close = (back = true) => { menu.remove(); document.removeEventListener('pointerdown', away); if (back && grip.isConnected) grip.focus(); };
  const away = (event: PointerEvent) => { if (!menu.contains(event.target as Node)) close(false); };
  const to = (day: string) => { close(); go(page, card, { day }); };
  for (const [label, by] of [[say('day_earlier'), -1], [say('day_later'), 1], [say('week_later'), 7]] as const) {
    const entry = make('button', { class: 'dropdown-item', type: 'button' }, label);
    entry.addEventListener('click', () => to(plus(begin, by)));
    menu.append(entry);
  }
  const day = make('input', { class: 'form-control', type: 'date', value: begin, 'aria-label': say('day_choose') });
  const form = make('form', { class: 'tl-day-choose' }, day, make('button', { class: 'btn btn-sm btn-primary' }, say('day_go')));
  form.addEventListener('submit', event => { event.preventDefault(); if (day.value) to(day.value); });
  menu.append(form);
  menu.addEventListener('keydown', event => { if (event.key === 'Escape') { event.stopPropagation(); close(); } });
  document.body.append(menu);
  const box = grip.getBoundingClientRect();
  menu.style.setProperty('left', `${Math.max(8, Math.min(box.left, innerWidth - menu.offsetWidth - 8))}px`);
  menu.style.setProperty('top', `${Math.max(8, Math.min(box.bottom, innerHeight - menu.offsetHeight - 8))}px`);
  document.addEventListener('pointerdown', away);
  $('button', menu)?.focus();
}

function startDaysIn(page: HTMLElement): void {
  page.addEventListener('pointerdown', event => {
    const card = cardOf(event.target), element = event.target as Element;
    if (card && !card.hasAttribute('aria-busy') && !element.closest('[data-day-grip]') && (!$('[data-bar]', card) || element.closest('[data-bar]'))) press(page, card, event);
  });
  page.addEventListener('keydown', event => { const card = cardOf(event.target); if (card) onKey(page, card, event); });
  page.addEventListener('focusout', settle);
  page.addEventListener('dragstart', event => event.preventDefault());
  page.addEventListener('click', event => {
    const grip = (event.target as Element).closest<HTMLElement>('[data-day-grip]');
    if (grip) openMenu(page, cardOf(grip)!, grip);
  });
}

export const startDays = (): void => eachNow<HTMLElement>('[data-days]', startDaysIn);
