// Fields of files: their scripts are fetched only by a page that has one. Pictures open large, over the page.
import { $, eachNow, make } from './dom';
import { say } from './texts';

function enlarge(link: HTMLAnchorElement): void {
  const name = $('img', link)?.getAttribute('alt') ?? '';
  const close = make('button', { class: 'btn', type: 'button' }, say('close'));
  const box = make('dialog', { class: 'tl-picture-large', 'aria-label': name }, make('img', { src: link.href, alt: name }),
    make('div', { class: 'tl-row' }, make('a', { class: 'btn', href: link.href, download: '' }, name), close));
  close.addEventListener('click', () => box.close());
  box.addEventListener('click', event => { if (event.target === box) box.close(); });
  box.addEventListener('close', () => { box.remove(); link.focus(); });
  document.body.append(box);
  box.showModal();
}

export function startAttachments(): void {
  eachNow('[data-files]:not([data-signature])', box => { void import('../files/box').then(({ startBox }) => startBox(box)); });
  eachNow('[data-signature]', box => { void import('../files/signature').then(({ startSignature }) => startSignature(box)); });
  eachNow('[data-rich]', box => { void import('../rich_text/editor').then(({ startEditor }) => startEditor(box)); });
  document.addEventListener('click', event => {
    const link = (event.target as Element).closest<HTMLAnchorElement>('a[data-picture]');
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    enlarge(link);
  });
}
