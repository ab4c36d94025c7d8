// The page of unfinished entries: adds what only this device keeps.
import { $, icon, make } from './base/dom';
import { everythingKept, forget } from './base/kept';
import { language } from './base/texts';

interface Words { forms: Record<string, { href: string; label: string; title: string }>; new: string; change: string; on: string; discard: string }

const place = $<HTMLElement>('[data-unfinished]');
if (place) show(place);

function show(page: HTMLElement): void {
  const words = JSON.parse($('[data-kept-forms]', page)!.textContent || '{}') as Words;
  const list = $('[data-kept-list]', page)!, card = $<HTMLElement>('[data-kept-here]', page)!;
  for (const { key, at, values } of everythingKept()) {
    const [form = '', what = ''] = key.split('/'), known = words.forms[form];
    if (!known || !/^(new|[0-9]+)$/.test(what)) continue;
    const when = new Date(at).toLocaleString(language === 'zh' ? 'zh-CN' : 'en', { month: 'numeric', day: 'numeric', hour: '2-digit', minute: '2-digit' });
    const first = values.find(([name, text]) => name === known.title && text.trim())?.[1].slice(0, 80) ?? '';
    const href = `${known.href}/${what === 'new' ? 'new' : `${what}/edit`}`;
    const drop = make('button', { class: 'btn btn-sm btn-ghost', type: 'button' }, icon('trash'), words.discard);
    const line = make('li', {}, make('span', { class: 'tl-grow' }, make('a', { href }, make('b', {}, first || known.label)), make('br'),
      make('span', { class: 'tl-meta tl-quiet' }, `${known.label} · ${what === 'new' ? words.new : words.change} · ${when}`)), make('a', { class: 'btn btn-sm', href }, words.on), drop);
    drop.addEventListener('click', () => { forget(key); line.remove(); settle(); });
    list.append(line);
  }
  function settle(): void {
    card.hidden = !list.children.length;
    $<HTMLElement>('[data-nothing]', page)!.hidden = !card.hidden || page.querySelectorAll('.tl-drafts-list > li').length > 0;
  }
  settle();
}
