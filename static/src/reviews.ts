// The pages of reviews: printing shows what is folded away.
import './css/reviews.css';

function unfold(): void {
  for (const each of document.querySelectorAll<HTMLDetailsElement>('.tl-proposal details')) each.open = true;
}

addEventListener('beforeprint', unfold);
document.querySelector('[data-print]')?.addEventListener('click', () => window.print());
