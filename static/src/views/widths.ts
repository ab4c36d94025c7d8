// Columns are made wider or narrower at their right edge: by dragging, or with the arrow keys. One's own view keeps it; else it stands in the address.
import { $, $$, eachNow, make } from '../base/dom';
import { csrf, request } from '../base/http';
import { say } from '../base/texts';

const LEAST = 60, MOST = 800, STEP = 16;

function apply(table: HTMLTableElement, head: HTMLElement, width: number): void {
  const now = Math.round(Math.max(LEAST, Math.min(MOST, width)));
  const place = (head as HTMLTableCellElement).cellIndex;
  head.dataset.width = String(now);
  for (const row of table.rows) {
    const cell = row.cells[place];
    if (!cell || cell.colSpan > 1) continue;
    for (const name of ['min-width', 'max-width', 'width']) cell.style.setProperty(name, `${now}px`);
    cell.classList.add('tl-fixed-width');
  }
  $('[role=separator]', head)?.setAttribute('aria-valuenow', String(now));
}

let timer = 0;
function keep(table: HTMLTableElement): void {
  const widths = $$('th[data-key][data-width]', table).map(each => `${each.dataset.key}:${each.dataset.width}`).join(',');
  const place = new URL(location.href);
  place.searchParams.set('widths', widths);
  clearTimeout(timer);
  if (!table.dataset.widths) { history.replaceState(history.state, '', place); return; }
  timer = window.setTimeout(() => void request(table.dataset.widths!, { method: 'POST', body: new URLSearchParams({ csrf_token: csrf(), back: place.search }) }), 500);
}

function startHead(table: HTMLTableElement, head: HTMLElement): void {
  const edge = make('span', { class: 'tl-width', role: 'separator', tabindex: '0', 'aria-orientation': 'vertical', 'aria-valuemin': String(LEAST), 'aria-valuemax': String(MOST),
    'aria-valuenow': String(head.offsetWidth), 'aria-label': say('width_of', { name: head.textContent?.trim() ?? '' }) });
  head.append(edge);
  edge.addEventListener('pointerdown', event => {
    if (event.button !== 0) return;
    event.preventDefault();
    const [x, before] = [event.clientX, head.offsetWidth];
    const move = (next: PointerEvent) => apply(table, head, before + next.clientX - x);
    const end = () => { edge.classList.remove('at'); removeEventListener('pointermove', move); removeEventListener('pointerup', end); keep(table); };
    edge.classList.add('at');
    addEventListener('pointermove', move);
    addEventListener('pointerup', end);
  });
  edge.addEventListener('keydown', event => {
    if (event.key !== 'ArrowLeft' && event.key !== 'ArrowRight') return;
    event.preventDefault();
    event.stopPropagation();
    apply(table, head, head.offsetWidth + (event.key === 'ArrowRight' ? STEP : -STEP));
    keep(table);
  });
}

export function startWidths(): void {
  eachNow<HTMLTableElement>('table[data-list]', table => {
    for (const head of $$('th[data-key]', table)) {
      startHead(table, head);
      if (head.dataset.width) apply(table, head, Number(head.dataset.width));
    }
  });
}
