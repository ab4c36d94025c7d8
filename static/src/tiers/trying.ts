// Trying a tier card out: a slider for each dimension moves the same bars. The server rates by the same rules; nothing is saved.
import { $, $$, eachNow, make } from '../base/dom';
import { fetchJson } from '../base/http';

interface Row { key: string; band: number | null; start: number; points: number; text: string; words: string }
interface Answer { score: number; score_text: string; badge: string; color: string; tier: string; notes: string[]; rows: Row[] }

const LEAST = 0.5;

class Trial {
  private readonly bar: HTMLElement;
  private before: { table: HTMLElement; badge: string; score: string };
  private sliders = new Map<string, HTMLInputElement>();
  private asked: AbortController | null = null;
  private on = false;

  constructor(private readonly card: HTMLElement, private readonly button: HTMLElement) {
    this.bar = $('[data-try-bar]', card)!;
    this.before = { table: this.now(), badge: '', score: '' };
    button.hidden = false;
    button.addEventListener('click', () => { if (this.on) this.end(); else this.begin(); });
    $('[data-try-reset]', card)!.addEventListener('click', () => { this.end(); this.begin(); });
  }

  private begin(): void {
    const shown = this.now();
    this.before = { table: shown, badge: $('[data-try-badge]', this.card)!.innerHTML, score: $('[data-try-score]', this.card)!.textContent ?? '' };
    const copy = shown.cloneNode(true) as HTMLElement;
    shown.replaceWith(copy);
    for (const row of $$('tr[data-dimension]:not([data-closed])', copy)) this.addSlider(row);
    this.set(true);
    [...this.sliders.values()][0]?.focus();
  }

  private end(): void {
    this.asked?.abort();
    this.now().replaceWith(this.before.table);
    $('[data-try-badge]', this.card)!.innerHTML = this.before.badge;
    $('[data-try-score]', this.card)!.textContent = this.before.score;
    $('[data-try-said]', this.card)!.textContent = '';
    this.sliders.clear();
    this.set(false);
  }

  private now(): HTMLElement { return $('.tl-why', this.card)!; }

  private set(on: boolean): void {
    this.on = on;
    this.bar.hidden = !on;
    this.card.classList.toggle('tl-is-trying', on);
    this.button.setAttribute('aria-pressed', String(on));
    this.button.classList.toggle('active', on);
  }

  private addSlider(row: HTMLElement): void {
    const { dimension, band, bands } = row.dataset;
    const slider = make('input', { type: 'range', class: 'tl-try-range', min: '1', max: bands, step: '1' });
    slider.value = band === '0' ? '1' : band!;
    slider.setAttribute('aria-label', $('.tl-why-name', row)!.textContent!.trim());
    slider.addEventListener('input', () => { slider.dataset.moved = ''; void this.ask(); });
    const place = $('.tl-why-band', row)!;
    place.replaceChildren(make('span', {}, slider, make('span', { class: 'tl-quiet tl-meta', 'data-try-band': '' }, band === '0' ? '–' : band!)));
    this.sliders.set(dimension!, slider);
  }

  private async ask(): Promise<void> {
    this.asked?.abort();
    this.asked = new AbortController();
    const wanted = [...this.sliders].filter(([, slider]) => slider.dataset.moved !== undefined).map(([key, slider]) => [`b.${key}`, slider.value]);
    try {
      this.show(await fetchJson<Answer>(`${this.card.dataset.tierCard}/try?${new URLSearchParams(wanted)}`, this.asked.signal));
    } catch (error) {
      if (!(error instanceof DOMException && error.name === 'AbortError')) $('[data-try-said]', this.card)!.textContent = String((error as Error).message);
    }
  }

  private show(answer: Answer): void {
    if (!this.on) return;
    const table = this.now();
    for (const each of answer.rows) {
      const row = $(`tr[data-dimension="${CSS.escape(each.key)}"]`, table);
      if (row) this.showRow(row, each);
    }
    const sum = $('tfoot tr', table)!;
    sum.className = `tier-${answer.color}`;
    $('.tl-fill', sum)!.setAttribute('width', `${Math.max(answer.score, LEAST)}%`);
    $('.tl-why-points', sum)!.textContent = answer.score_text;
    $('[data-try-badge]', this.card)!.innerHTML = answer.badge;
    $('[data-try-score]', this.card)!.textContent = answer.score_text;
    $('[data-try-said]', this.card)!.textContent = [`${answer.tier} ${answer.score_text}`, ...answer.notes].join(' · ');
  }

  private showRow(row: HTMLElement, each: Row): void {
    $('.tl-fill-rest', row)!.setAttribute('x', `${each.start}%`);
    const bar = $('.tl-fill-got', row)!;
    bar.setAttribute('x', `${each.start}%`);
    bar.setAttribute('width', `${Math.max(each.points, LEAST)}%`);
    $('.tl-why-points', row)!.textContent = each.text;
    const slider = this.sliders.get(each.key);
    if (!slider || slider.dataset.moved === undefined) return;
    slider.setAttribute('aria-valuetext', each.words);
    $('[data-try-band]', row)!.textContent = String(each.band ?? '–');
    $('.tl-why-fact', row)!.textContent = each.words;
  }
}

export function startTrying(): void {
  eachNow<HTMLElement>('[data-tier-card]', card => { const button = $('[data-try]', card); if (button && $('.tl-why', card)) new Trial(card, button); });
  eachNow<HTMLDialogElement>('dialog[data-open]', dialog => dialog.showModal());
}
