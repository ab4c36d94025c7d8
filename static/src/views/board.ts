// A board: cards carried to another lane with mouse, pen or finger, by keyboard, or chosen from a menu. Each move is one write with the card's version.
import { carry, type Place } from '../base/carry';
import { $, $$, eachNow, icon, make } from '../base/dom';
import { Refusal, request } from '../base/http';
import { speak } from '../base/speak';
import { say } from '../base/texts';
import { toast } from '../base/toasts';
import { count } from './counts';

const lanes = (board: HTMLElement) => $$('[data-lane]', board);
const laneOf = (card: HTMLElement) => card.closest<HTMLElement>('[data-lane]')!;
const nameOf = (lane: HTMLElement) => $('h2', lane)?.textContent?.trim() ?? '';
const titleOf = (card: HTMLElement) => $('.tl-row-title', card)?.textContent?.trim() ?? '';

interface Answer { version: number; detail?: string; theirs?: string }

/** Puts a card into a lane and saves it; where that is refused it goes back and the reason is said. */
async function moveTo(board: HTMLElement, card: HTMLElement, lane: HTMLElement, back = false): Promise<void> {
  const from = laneOf(card), after = card.nextElementSibling;
  if (from === lane) return;
  const focused = card.contains(document.activeElement);
  $('[data-lane-cards]', lane)!.prepend(card);
  if (focused) card.focus();
  card.setAttribute('aria-busy', 'true');
  try {
    const sent = new URLSearchParams({ lane: lane.dataset.lane!, version: card.dataset.version! });
    const answer = await request(`${board.dataset.base}/${card.dataset.card}/cell/${board.dataset.field}`, { method: 'POST', body: sent });
    const said = await answer.json().catch(() => ({})) as Answer;
    if (!answer.ok) throw new Refusal(answer.status, said.theirs ? `${said.detail} ${say('theirs_is', { value: said.theirs })}` : said.detail ?? say(answer.status === 403 ? 'not_allowed' : 'fault'));
    card.dataset.version = String(said.version);
    const text = say('card_moved', { what: titleOf(card), lane: nameOf(lane) });
    speak(text);
    toast({ text, takeBack: back ? undefined : () => void moveTo(board, card, from, true) });
    void count(board);
  } catch (error) {
    $('[data-lane-cards]', from)!.insertBefore(card, after?.parentElement === $('[data-lane-cards]', from) ? after : null);
    const text = error instanceof Refusal ? error.message : say('fault');
    toast({ text, tone: 'bad' });
    speak(text);
  } finally {
    card.removeAttribute('aria-busy');
    if (focused) card.focus();
  }
}

// -- mouse, pen, finger -----------------------------------------------------------------------------------------------------------
function press(board: HTMLElement, card: HTMLElement, event: PointerEvent): void {
  let over: HTMLElement | null = null;
  const mark = (lane: HTMLElement | null) => { over?.classList.remove('tl-over'); over = lane; over?.classList.add('tl-over'); };
  carry<Place & { lane: HTMLElement }>(event, () => ({
    label: titleOf(card),
    find: (x, y) => {
      const lane = document.elementFromPoint(x, y)?.closest<HTMLElement>('[data-lane]') ?? null;
      mark(lane && board.contains(lane) ? lane : null);
      return over ? { mark: over, side: 'into', lane: over } : null;
    },
    drop: ({ lane }) => void moveTo(board, card, lane),
    pane: () => board,
    lift: () => card.classList.add('tl-lifted'),
    settle: () => { card.classList.remove('tl-lifted'); mark(null); },
    said: { lifted: say('card_lifted', { what: titleOf(card) }), left: say('card_left') },
  }));
}

// -- keyboard ---------------------------------------------------------------------------------------------------------------------
let lifted: { card: HTMLElement; lane: number } | null = null;

function onKey(board: HTMLElement, card: HTMLElement, event: KeyboardEvent): void {
  if (event.target !== card || event.ctrlKey || event.metaKey || event.altKey) return;
  const all = lanes(board);
  if (event.key === ' ') {
    event.preventDefault();
    if (!lifted) {
      lifted = { card, lane: all.indexOf(laneOf(card)) };
      card.classList.add('tl-lifted');
      speak(say('card_lifted', { what: titleOf(card) }));
    } else {
      const to = all[lifted.lane]!;
      settle();
      if (to === laneOf(card)) speak(say('card_left')); else void moveTo(board, card, to);
    }
  } else if (lifted && (event.key === 'ArrowLeft' || event.key === 'ArrowRight')) {
    event.preventDefault();
    lifted.lane = Math.max(0, Math.min(all.length - 1, lifted.lane + (event.key === 'ArrowRight' ? 1 : -1)));
    for (const each of all) each.toggleAttribute('data-spot', each === all[lifted.lane]);
    all[lifted.lane]!.scrollIntoView({ block: 'nearest', inline: 'nearest' });
    speak(nameOf(all[lifted.lane]!));
  } else if (lifted && event.key === 'Escape') {
    event.preventDefault();
    settle();
    speak(say('card_left'));
  } else if (!lifted && event.key === 'Enter') {
    location.assign($<HTMLAnchorElement>('.tl-row-title', card)!.href);
  } else if (!lifted && (event.key === 'ArrowDown' || event.key === 'ArrowUp')) {
    const cards = $$('[data-card]', laneOf(card)), next = cards[cards.indexOf(card) + (event.key === 'ArrowDown' ? 1 : -1)];
    if (next) { event.preventDefault(); next.focus(); }
  }
}

function settle(): void {
  lifted?.card.classList.remove('tl-lifted');
  for (const each of $$('[data-spot]')) each.removeAttribute('data-spot');
  lifted = null;
}

// -- menu -------------------------------------------------------------------------------------------------------------------------
function openMenu(board: HTMLElement, card: HTMLElement, grip: HTMLElement): void {
  $('.tl-lane-menu')?.remove();
  const menu = make('div', { class: 'dropdown-menu show tl-lane-menu', role: 'menu' });
  const close = (back = true) => { menu.remove(); document.removeEventListener('pointerdown', away); if (back) grip.focus(); };
  const away = (event: PointerEvent) => { if (!menu.contains(event.target as Node)) close(false); };
  for (const lane of lanes(board)) {
    const here = lane === laneOf(card);
    const entry = make('button', { class: 'dropdown-item', type: 'button', role: 'menuitemradio', 'aria-checked': String(here) }, nameOf(lane));
    if (here) entry.append(icon('check'));
    entry.addEventListener('click', () => { close(); void moveTo(board, card, lane); });
    menu.append(entry);
  }
  menu.addEventListener('keydown', event => {
    const all = $$('button', menu), at = all.indexOf(document.activeElement as HTMLElement);
    if (event.key === 'Escape') { event.stopPropagation(); close(); }
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') { event.preventDefault(); all[(at + (event.key === 'ArrowDown' ? 1 : all.length - 1)) % all.length]!.focus(); }
  });
  document.body.append(menu);
  const box = grip.getBoundingClientRect();
  menu.style.setProperty('left', `${Math.max(8, Math.min(box.left, innerWidth - menu.offsetWidth - 8))}px`);
  menu.style.setProperty('top', `${Math.max(8, Math.min(box.bottom, innerHeight - menu.offsetHeight - 8))}px`);
  document.addEventListener('pointerdown', away);
  $('button', menu)?.focus();
}

function startBoard(board: HTMLElement): void {
  const choice = $<HTMLSelectElement>('[data-lane-choice]');
  choice?.addEventListener('change', () => { for (const each of lanes(board)) each.classList.toggle('tl-lane-now', each.dataset.lane === choice.value); });
  if (board.dataset.movable === undefined) return;
  board.addEventListener('pointerdown', event => {
    const card = (event.target as Element).closest<HTMLElement>('[data-card]');
    if (card && event.button === 0 && !(event.target as Element).closest('[data-grip], .tl-lane-more') && !card.hasAttribute('aria-busy')) press(board, card, event);
  });
  board.addEventListener('keydown', event => {
    const card = (event.target as Element).closest<HTMLElement>('[data-card]');
    if (card) onKey(board, card, event);
  });
  board.addEventListener('focusout', () => { if (lifted) settle(); });
  board.addEventListener('dragstart', event => event.preventDefault());
  board.addEventListener('click', event => {
    const grip = (event.target as Element).closest<HTMLElement>('[data-grip]');
    if (grip) openMenu(board, grip.closest<HTMLElement>('[data-card]')!, grip);
  });
}

export const startBoards = (): void => eachNow<HTMLElement>('[data-board]', startBoard);
