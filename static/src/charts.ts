// Charts on pages: [data-chart] holds the place, an option as JSON (or an address of one) and the same figures as a table.
import { $, $$, eachNow, make } from './base/dom';
import { fetchJson } from './base/http';
import { say } from './base/texts';
import { draw, type Chart, type Option } from './charts/library';

async function optionOf(box: HTMLElement): Promise<Option | null> {
  const written = $('[data-chart-option]', box)?.textContent;
  if (written) return JSON.parse(written) as Option;
  return box.dataset.url ? fetchJson<Option>(box.dataset.url) : null;
}

function sentence(place: HTMLElement, text: string): void {
  place.replaceChildren(make('p', { class: 'tl-quiet' }, text));
}

function save(name: string, address: string): void {
  const link = make('a', { href: address, download: name });
  link.click();
}

function asCsv(table: HTMLTableElement): string {
  const cell = (text: string) => /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  const guarded = (text: string) => cell(/^[=+@\t]/.test(text) ? `'${text}` : text);
  return '\ufeff' + [...table.rows].map(row => [...row.cells].map(each => guarded(each.textContent?.trim() ?? '')).join(',')).join('\r\n');
}

function show(box: HTMLElement, what: string, chart: Chart | null): void {
  const table = $('[data-chart-table]', box);
  const picture = $('[data-chart-picture]', box)!;
  if (table) table.hidden = what !== 'table';
  picture.hidden = what === 'table';
  for (const button of $$('[data-chart-show]', box)) {
    const on = button.dataset.chartShow === what;
    button.classList.toggle('active', on);
    button.setAttribute('aria-pressed', String(on));
  }
  if (what !== 'table') chart?.resize(); // it may have been drawn while hidden
}

function startExport(box: HTMLElement, chart: () => Chart | null): void {
  const name = $('h2', box)?.textContent?.trim() || box.dataset.chart || 'chart';
  for (const button of $$('[data-chart-export]', box)) {
    button.addEventListener('click', () => {
      const table = $<HTMLTableElement>('[data-chart-table] table', box);
      if (button.dataset.chartExport === 'csv' && table) {
        const address = URL.createObjectURL(new Blob([asCsv(table)], { type: 'text/csv' }));
        save(`${name}.csv`, address);
        setTimeout(() => URL.revokeObjectURL(address), 1000);
      } else if (chart()) {
        const ground = getComputedStyle(document.documentElement).getPropertyValue('--tl-card').trim();
        save(`${name}.png`, chart()!.getDataURL({ pixelRatio: 2, backgroundColor: ground }));
      }
    });
  }
}

async function startChart(box: HTMLElement): Promise<void> {
  const place = $('[data-chart-picture]', box)!;
  let chart: Chart | null = null;
  for (const button of $$('[data-chart-show]', box)) button.addEventListener('click', () => show(box, button.dataset.chartShow!, chart));
  startExport(box, () => chart);
  const table = $('[data-chart-table]', box);
  if (table && matchMedia('(max-width: 767.98px)').matches && box.dataset.phone === 'table') show(box, 'table', null);
  try {
    const option = await optionOf(box);
    if (!option || !([] as unknown[]).concat(option.series ?? []).length) { sentence(place, say('chart_empty')); return; }
    const canvas = make('div', { class: 'tl-chart-canvas' });
    place.replaceChildren(canvas);
    const paint = () => { chart = draw(canvas, option); };
    paint();
    chart!.on('click', point => { const href = (point.data as { href?: string } | undefined)?.href; if (href) location.assign(href); });
    new ResizeObserver(() => { if (canvas.offsetWidth) chart?.resize(); }).observe(canvas);
    document.addEventListener('tierloom:repaint', paint);
  } catch {
    sentence(place, say('chart_failed'));
  }
}

eachNow<HTMLElement>('[data-chart]', box => void startChart(box));
