// How many records each group or lane has: asked in one request after the page is shown, and again after a card was moved.
import { $$, eachNow } from '../base/dom';
import { fetchJson } from '../base/http';
import { language } from '../base/texts';

const written = new Intl.NumberFormat(language === 'zh' ? 'zh-CN' : 'en');

export async function count(place: HTMLElement): Promise<void> {
  if (!place.dataset.counts) return;
  try {
    const found = await fetchJson<Record<string, number>>(place.dataset.counts);
    for (const each of $$('[data-count-of]', place.closest('.tl-list') ?? place)) each.textContent = written.format(found[each.dataset.countOf!] ?? 0);
  } catch { /* the records stand there without their number */ }
}

export const startCounts = (): void => eachNow<HTMLElement>('[data-counts]', place => void count(place));
