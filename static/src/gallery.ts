// The template gallery: arrow keys go from card to card, Enter opens one as any link.
import './css/gallery.css';
import { $$ } from './base/dom';

const cards = $$<HTMLAnchorElement>('[data-card]');
const perRow = () => Math.max(1, cards.filter(each => each.offsetTop === cards[0]?.offsetTop).length);
const steps: Record<string, () => number> = { ArrowLeft: () => -1, ArrowRight: () => 1, ArrowUp: () => -perRow(), ArrowDown: () => perRow() };

cards.forEach((card, place) => card.addEventListener('keydown', event => {
  const next = steps[event.key] && cards[place + steps[event.key]!()];
  if (!next || event.altKey || event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  next.focus();
}));
