// Selects with search and references: tom-select, fetched only when a page has one.
import { $, eachNow } from './dom';
import { fetchJson, request } from './http';
import { say } from './texts';

export interface Found { value: string; title: string; hint?: string }
type Choice = Found & { text?: string };
type Escape = (text: string) => string;

const option = (item: Choice, escape: Escape) =>
  `<div>${escape(item.title ?? item.text ?? item.value)}${item.hint ? `<span class="tl-quiet">${escape(item.hint)}</span>` : ''}</div>`;
const chosen = (item: Choice, escape: Escape) => `<div>${escape(item.title ?? item.text ?? item.value)}</div>`;
const none = (first?: unknown) => {
  const said = document.createElement('div');
  said.textContent = typeof first === 'string' && first ? say('fill_first', { field: first }) : say('no_match');
  return `<div class="no-results" role="option" aria-disabled="true" aria-selected="false">${said.innerHTML}</div>`;
};

async function library() {
  return (await import('tom-select')).default;
}

/** The drawn control takes over the name, the description and the problem of the one it replaces. */
function describe(select: { control_input: HTMLElement; wrapper: HTMLElement }, from: HTMLElement): void {
  from.setAttribute('aria-hidden', 'true');
  const described = from.getAttribute('aria-describedby');
  if (described) select.control_input.setAttribute('aria-describedby', described);
  if (from.getAttribute('aria-invalid') === 'true') select.control_input.setAttribute('aria-invalid', 'true');
}

const searchAddress = (url: string, query: string): string => `${url}${url.includes('?') ? '&' : '?'}q=${encodeURIComponent(query)}`;

/** Asks while somebody types. An answer that a newer question has overtaken is forgotten; `clear` takes away what was offered before. */
function inTurn(ask: (query: string) => Promise<Found[]>, clear: () => void, forget: (query: string) => void) {
  let asked = 0;
  return (query: string, done: (found: Found[]) => void): void => {
    const turn = ++asked;
    const show = (found: Found[] | null): void => {
      if (turn !== asked) forget(query);
      else if (found) clear();
      done(turn === asked ? found ?? [] : []);
    };
    void ask(query).then(show, () => show(null));
  };
}

async function startReference(input: HTMLInputElement): Promise<void> {
  const { searchUrl, title, asks } = input.dataset;
  if (input.value && title) input.dataset.held = input.value;
  const TomSelect = await library();
  const searched = inTurn(query => (asks ? fitting(input, searchAddress(searchUrl!, query)) : fetchJson<Found[]>(searchAddress(searchUrl!, query))),
    () => select.clearOptions(), query => delete select.loadedSearches[query]);
  const select = new TomSelect(input, {
    valueField: 'value', labelField: 'title', searchField: [], maxItems: 1, create: false, preload: 'focus', loadThrottle: 150, ...(asks ? { shouldLoad: () => true } : {}),
    options: input.value ? [{ value: input.value, title: title || input.value }] : [], items: input.value ? [input.value] : [],
    plugins: input.required ? [] : { clear_button: { title: say('clear') } },
    placeholder: input.placeholder, render: { option, item: chosen, no_results: asks ? (): string => none(blankBefore(input)) : none },
    load: (query: string, done: (found: Found[]) => void) => searched(query, found => {
      const { isInputHidden } = select;
      select.isInputHidden ||= !select.isOpen && select.isFull(); // somebody chose while this was on its way: the list stays shut
      done(found);
      select.isInputHidden = isInputHidden;
    }),
  });
  describe(select as never, input);
  if (asks) input.form?.addEventListener('change', event => {
    if (event.target === input) return;
    select.clearActiveOption();
    select.clearOptions(); // what was offered may fit no more: it is asked for again when somebody comes here
    select.wrapper.classList.remove('preloaded');
  });
}

// -- narrowed by what is being filled in -------------------------------------------------------------------------------------------------
/** Asks with the page as it is filled in now. */
async function fitting(input: HTMLInputElement, address: string): Promise<Found[]> {
  const row = /-(\d+)-f_[^-]+$/.exec(input.name)?.[1];
  const answer = await request(row === undefined ? address : `${address}&row=${row}`, { method: 'POST', body: new FormData(input.form!) });
  return answer.ok ? await answer.json() as Found[] : [];
}

/** The label of the first field that has to be filled in before. */
function blankBefore(input: HTMLInputElement): string {
  const row = /^(.*-\d+-)f_[^-]+$/.exec(input.name)?.[1] ?? '';
  const filled = new FormData(input.form!);
  for (const key of input.dataset.asks!.split(' ')) {
    const name = key.startsWith('parent.') ? `f_${key.slice(7)}` : `${row}f_${key}`;
    const field = $(`[data-field="${CSS.escape(name)}"]`, input.form!);
    if (field && filled.has(name) && !filled.getAll(name).some(Boolean)) return field.dataset.label ?? $('.form-label', field)?.firstChild?.textContent?.trim() ?? '';
  }
  return '';
}

/** Several people or records, each searched for while typing. */
async function startSeveral(element: HTMLSelectElement): Promise<void> {
  const { searchUrl, most, placeholder } = element.dataset;
  const TomSelect = await library();
  const searched = inTurn(query => fetchJson<Found[]>(searchAddress(searchUrl!, query)),
    () => { for (const key of Object.keys(select.options)) if (!select.items.includes(key)) select.removeOption(key, true); },
    query => delete select.loadedSearches[query]);
  const select = new TomSelect(element, {
    valueField: 'value', labelField: 'title', searchField: [], maxItems: Number(most) || null, create: false, preload: 'focus', loadThrottle: 150,
    options: [...element.selectedOptions].map(each => ({ value: each.value, title: each.text })), items: [...element.selectedOptions].map(each => each.value),
    plugins: { remove_button: { title: say('clear') } }, hideSelected: true, placeholder: placeholder ?? '', render: { option, item: chosen, no_results: none },
    load: (query: string, done: (found: Found[]) => void) => searched(query, done),
  });
  describe(select as never, element);
}

async function startSelect(element: HTMLSelectElement): Promise<void> {
  if (element.options.length < 12 && !element.multiple) return;
  const TomSelect = await library();
  const plugins = element.multiple ? { remove_button: { title: say('clear') } } : element.required ? [] : { clear_button: { title: say('clear') } };
  const select = new TomSelect(element, { plugins, maxOptions: 500, placeholder: element.dataset.placeholder ?? '', allowEmptyOption: false, render: { no_results: none } });
  describe(select as never, element);
}

/** An optional choice shown as buttons can be taken back by clicking it again. */
function startUnpick(group: HTMLElement): void {
  let was: HTMLInputElement | null = $<HTMLInputElement>('input:checked', group);
  group.addEventListener('click', event => {
    const radio = event.target as HTMLInputElement;
    if (radio.type !== 'radio') return;
    if (was === radio) { radio.checked = false; was = null; radio.dispatchEvent(new Event('change', { bubbles: true })); } else was = radio;
  });
}

/** Of many rows only the searches are made that somebody comes near. */
const near = typeof IntersectionObserver === 'undefined' ? null : new IntersectionObserver(seen => {
  for (const { isIntersecting, target } of seen) if (isIntersecting) { near?.unobserve(target); void startReference(target as HTMLInputElement); }
}, { rootMargin: '300px' });

export function startSelects(): void {
  eachNow<HTMLInputElement>('input[data-search-url]', input => { if (near && input.closest('[data-row]')) near.observe(input); else void startReference(input); });
  eachNow<HTMLSelectElement>('select[data-search-url]', select => void startSeveral(select));
  eachNow<HTMLSelectElement>('select[data-select]', select => void startSelect(select));
  eachNow('[data-unpick]', startUnpick);
}
