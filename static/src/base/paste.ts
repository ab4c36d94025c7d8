// A table copied from a spreadsheet, put into the rows of a sub-form. The server reads the cells, as it reads everything else that is typed.
import { $, $$, make } from './dom';
import { showError } from './fields';
import { request } from './http';
import { type Put, controlsIn, isTyped, putInto, takenFrom } from './putting';
import { addRows, cutRows, room, rowsOf } from './rows';
import { say } from './texts';
import { toast } from './toasts';

interface Read { cells: (Put | null)[][]; problems: { row: number; column: number; text: string; message: string }[] }
interface Snapshot { count: number; fields: { row: number; key: string; put: Put }[] }

const SHOWN = 8;

/** Cells by tabs and lines; a cell in quotes may hold both. */
export function cellsOf(text: string): string[][] {
  const rows: string[][] = [[]];
  let at = 0;
  while (at <= text.length) {
    const quoted = text[at] === '"' ? /^"((?:[^"]|"")*)"(?=[\t\r\n]|$)/.exec(text.slice(at)) : null;
    const cell = quoted ? quoted[1].replaceAll('""', '"') : /^[^\t\r\n]*/.exec(text.slice(at))![0];
    rows.at(-1)!.push(cell.trim());
    at += quoted ? quoted[0].length : cell.length;
    if (at >= text.length) break;
    if (text[at] !== '\t') { rows.push([]); if (text[at] === '\r' && text[at + 1] === '\n') at++; }
    at++;
  }
  if (rows.length > 1 && rows.at(-1)!.every(cell => !cell)) rows.pop();
  return rows;
}

const keyOf = (cell: Element | undefined): string => cell?.querySelector<HTMLElement>('[data-field]')?.dataset.field?.replace(/^.*-f_/, '') ?? '';
const editable = (cell: Element): boolean => !!cell.querySelector('input[name], select[name], textarea[name]');
const plain = (text: string): string => text.replace(/\s*\*.*$/, '').trim().toLowerCase();

/** The columns that the cells go into, and whether the first row names them. */
function columnsFor(row: HTMLTableRowElement, box: HTMLElement, from: number, cells: string[][]): { columns: string[]; named: boolean } {
  const all = [...row.cells].slice(1, -1);
  const labels = $$<HTMLElement>('thead th', box).slice(1, -1).map(each => plain(each.textContent ?? ''));
  const named = cells.length > 1 && cells[0].length > 1 && cells[0].filter(Boolean).every(each => labels.includes(plain(each)));
  if (named) return { columns: cells[0].map(each => { const cell = all[labels.indexOf(plain(each))]; return each && editable(cell) ? keyOf(cell) : ''; }), named };
  const rest = all.slice(from - 1);
  const width = Math.max(...cells.map(each => each.length));
  const open = rest.filter(editable);
  return { columns: (width <= open.length && width < rest.length ? open : rest).slice(0, width).map(each => (editable(each) ? keyOf(each) : '')), named };
}

/** How figures and days are written where this browser stands, which is how its spreadsheet copies them. */
function habits(): { order: string; decimal: string } {
  const parts = new Intl.DateTimeFormat(navigator.language).formatToParts(new Date(2026, 10, 22));
  const order = parts.filter(each => /^(year|month|day)$/.test(each.type)).map(each => each.type[0]).join('');
  return { order, decimal: new Intl.NumberFormat(navigator.language).formatToParts(1.5).find(each => each.type === 'decimal')?.value ?? '.' };
}

async function read(form: HTMLFormElement, box: HTMLElement, columns: string[], cells: string[][]): Promise<Read | null> {
  const url = form.dataset.checkUrl?.replace(/check$/, 'paste');
  if (!url) return null;
  try {
    const answer = await request(url, {
      method: 'POST', headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ subform: box.dataset.rows!.replace(/^f_/, ''), columns, cells, ...habits() }),
    });
    return answer.ok ? await answer.json() as Read : null;
  } catch { return null; }
}

function snapshot(box: HTMLElement, from: number, count: number, columns: string[]): Snapshot {
  const rows = rowsOf(box);
  const fields = rows.slice(from, from + count).flatMap((row, offset) => columns.filter(Boolean).map(key => ({ row: from + offset, key, put: takenFrom(controlsAt(row, key)) })));
  return { count: rows.length, fields };
}

const fieldAt = (row: HTMLElement, key: string) => $(`[data-field$="-f_${CSS.escape(key)}"]`, row);

const boxAt = (row: HTMLElement, key: string) => { const field = fieldAt(row, key); return field && $('[data-files]', field); };
const controlsAt = (row: HTMLElement, key: string) => { const field = fieldAt(row, key); return field ? controlsIn(field) : []; };

const putFiles = (box: HTMLElement, { texts }: Put) => box.dispatchEvent(new CustomEvent('tierloom:put', { detail: texts.filter(Boolean) }));

function told(box: HTMLElement, lines: string[]): void {
  $(':scope > [data-paste-note]', box)?.remove();
  if (!lines.length) return;
  const close = make('button', { class: 'btn-link-plain', type: 'button' }, say('close'));
  const more = lines.length > SHOWN ? [make('li', {}, say('paste_more', { n: lines.length - SHOWN }))] : [];
  const note = make('div', { class: 'tl-note tl-note-care', role: 'status', 'data-paste-note': '' },
    make('div', {}, make('b', {}, say('paste_unfit', { n: lines.length })), make('ul', {}, ...lines.slice(0, SHOWN).map(each => make('li', {}, each)), ...more), close));
  close.addEventListener('click', () => note.remove());
  box.append(note);
}

function finish(box: HTMLElement): void {
  box.closest('form')?.dispatchEvent(new CustomEvent('tierloom:restored', { detail: { filled: true } }));
  box.dispatchEvent(new Event('change', { bubbles: true }));
}

export async function pasteRows(box: HTMLElement, target: HTMLElement, text: string): Promise<void> {
  const row = target.closest<HTMLTableRowElement>('[data-row]')!;
  const form = box.closest('form')!;
  let cells = cellsOf(text);
  const { columns, named } = columnsFor(row, box, target.closest('td')!.cellIndex, cells);
  if (named) cells = cells.slice(1);
  const from = rowsOf(box).indexOf(row);
  const fits = rowsOf(box).length - from + room(box);
  const over = cells.length - fits;
  cells = cells.slice(0, fits).map(each => columns.map((key, n) => (key ? each[n] ?? '' : '')));
  box.setAttribute('aria-busy', 'true');
  const found = await read(form, box, columns, cells);
  box.removeAttribute('aria-busy');
  const before = snapshot(box, from, cells.length, columns);
  addRows(box, from + cells.length - rowsOf(box).length);
  finish(box); // so that the rules have looked at the new rows
  const rows = rowsOf(box);
  const closed = (number: number, column: number): boolean => {
    const key = columns[column];
    if (!key) return false;
    const put = found ? found.cells[number]?.[column] : { texts: [cells[number][column]] };
    const files = boxAt(rows[from + number], key);
    if (files) { if (found && put?.texts.length) putFiles(files, put); return false; } // a blank cell leaves them
    const all = controlsAt(rows[from + number], key), controls = all.filter(control => !control.disabled && !control.readOnly);
    if (all.length && !controls.length) return !!cells[number][column] && !!put;
    putInto(controls, put ?? { texts: controls.map(control => (control.type === 'text' && isTyped(control) && !control.dataset.searchUrl ? cells[number][column] : '')) });
    return false;
  };
  let waiting = cells.flatMap((each, number) => each.map((_, column) => [number, column])).filter(([number, column]) => closed(number, column));
  for (let before = 0; waiting.length && waiting.length !== before;) { // what was put in may be what shows them
    finish(box);
    before = waiting.length;
    waiting = waiting.filter(([number, column]) => closed(number, column));
  }
  const unfit = (found?.problems ?? []).map(({ row: number, column, text: given, message }) => {
    const field = fieldAt(rows[from + number], columns[column]);
    if (field) showError(field, message);
    return say('paste_cell', { row: from + number + 1, column: labelOf(box, columns[column]), text: given, message });
  });
  unfit.push(...waiting.map(([number, column]) => say('paste_cell', { row: from + number + 1, column: labelOf(box, columns[column]), text: cells[number][column], message: say('paste_closed') })));
  if (over > 0) unfit.push(say('paste_rows_over', { n: over, most: box.dataset.most ?? '' }));
  told(box, unfit);
  finish(box);
  toast({ text: say('pasted', { n: cells.length }), tone: unfit.length ? 'care' : 'good', takeBack: () => takeBack(box, before) });
}

function labelOf(box: HTMLElement, key: string): string {
  const number = [...$<HTMLTableRowElement>('tbody > [data-row]', box)!.cells].findIndex(cell => keyOf(cell) === key);
  return ($$('thead th', box)[number]?.textContent ?? key).replace(/\s*\*.*$/, '').trim();
}

function takeBack(box: HTMLElement, { count, fields }: Snapshot): void {
  cutRows(box, count);
  const rows = rowsOf(box);
  for (const { row, key, put } of fields) {
    const files = boxAt(rows[row], key);
    if (files) putFiles(files, put); else putInto(controlsAt(rows[row], key), put);
    const field = fieldAt(rows[row], key);
    if (field) showError(field, '');
  }
  told(box, []);
  finish(box);
}
