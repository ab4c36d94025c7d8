// Lists of records: j k x Enter e n, picking rows, the footer of bulk actions.
import { $, $$, eachNow, isWriting } from './dom';
import { speak } from './speak';
import { say } from './texts';

const rows = (list: Element) => $$<HTMLElement>('[data-row-key]', list).filter(row => row.offsetParent !== null);

function stand(list: Element, row: HTMLElement | undefined): void {
  if (!row) return;
  for (const each of rows(list)) { each.classList.toggle('at', each === row); each.tabIndex = each === row ? 0 : -1; }
  row.focus({ preventScroll: true });
  row.scrollIntoView({ block: 'nearest' });
}

function move(list: Element, step: number): void {
  const all = rows(list);
  const now = all.findIndex(row => row.classList.contains('at'));
  stand(list, all[Math.max(0, Math.min(all.length - 1, now + step))]);
}

function pick(row: HTMLElement): void {
  const box = $<HTMLInputElement>('[data-pick]', row);
  if (!box) return;
  box.checked = !box.checked;
  box.dispatchEvent(new Event('change', { bubbles: true }));
}

function count(list: Element): void {
  const boxes = $$<HTMLInputElement>('[data-pick]', list);
  const picked = boxes.filter(box => box.checked);
  for (const box of boxes) box.closest('[data-row-key]')?.classList.toggle('selected', box.checked);
  const all = $<HTMLInputElement>('[data-pick-all]', list);
  if (all) { all.checked = picked.length > 0 && picked.length === boxes.length; all.indeterminate = picked.length > 0 && !all.checked; }
  for (const bar of $$('[data-bulk]')) {
    bar.hidden = picked.length === 0;
    const label = $('[data-bulk-count]', bar);
    if (label) label.textContent = say('selected', { n: picked.length });
  }
  // “all 186 of this list”, offered only when everything that is shown is picked
  for (const offer of $$('[data-whole]')) {
    offer.hidden = picked.length === 0 || picked.length !== boxes.length;
    const box = $<HTMLInputElement>('input', offer);
    if (box && offer.hidden) box.checked = false;
  }
}

function startList(list: HTMLElement): void {
  let last: HTMLInputElement | null = null;
  list.addEventListener('change', event => {
    const box = event.target as HTMLInputElement;
    if (box.matches('[data-pick-all]')) for (const each of $$<HTMLInputElement>('[data-pick]', list)) each.checked = box.checked;
    if (box.matches('[data-pick], [data-pick-all]')) {
      count(list);
      speak(say('selected', { n: $$('[data-pick]:checked', list).length }));
    }
  });
  list.addEventListener('click', event => {
    const target = event.target as HTMLElement;
    const box = target.closest<HTMLInputElement>('[data-pick]');
    if (box) { if (event.shiftKey && last) fill(list, last, box); last = box; return; }
    const row = target.closest<HTMLElement>('[data-row-key]');
    if (!row?.dataset.href || target.closest('a, button, input, select, textarea, label') || String(getSelection())) return;
    if (event.ctrlKey || event.metaKey) window.open(row.dataset.href, '_blank', 'noopener'); else location.assign(row.dataset.href);
  });
  const first = rows(list)[0];
  if (first) first.tabIndex = 0;
  count(list);
}

/** Shift-click picks everything between. */
function fill(list: Element, from: HTMLInputElement, to: HTMLInputElement): void {
  const boxes = $$<HTMLInputElement>('[data-pick]', list);
  const [start, end] = [boxes.indexOf(from), boxes.indexOf(to)].sort((a, b) => a - b);
  for (const box of boxes.slice(start, end + 1)) box.checked = to.checked;
  count(list);
}

function onKey(event: KeyboardEvent): void {
  const list = $('[data-list]');
  const writing = isWriting(event.target) || (event.target as Element).closest?.('a, button') && event.key === 'Enter';
  if (!list || event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || writing || $('dialog[open]')) return;
  const row = $<HTMLElement>('.at[data-row-key]', list) ?? (document.activeElement as HTMLElement)?.closest<HTMLElement>('[data-row-key]');
  const acts: Record<string, (() => void) | undefined> = {
    j: () => move(list, 1), k: () => move(list, -1), ArrowDown: row ? () => move(list, 1) : undefined, ArrowUp: row ? () => move(list, -1) : undefined,
    x: row ? () => pick(row) : undefined,
    Enter: row?.dataset.href ? () => location.assign(row.dataset.href!) : undefined,
    e: row?.dataset.editHref ? () => location.assign(row.dataset.editHref!) : undefined,
    n: (list as HTMLElement).dataset.newHref ? () => location.assign((list as HTMLElement).dataset.newHref!) : undefined,
  };
  const act = acts[event.key];
  if (act) { event.preventDefault(); act(); }
}

export function startLists(): void {
  eachNow('[data-list]', startList);
  document.addEventListener('keydown', onKey);
}
