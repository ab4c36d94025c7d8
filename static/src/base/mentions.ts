// @ in a comment offers people: type on to search, arrows choose, Enter or Tab takes, Escape leaves.
import { eachNow, make } from './dom';
import { fetchJson } from './http';
import { say } from './texts';
import { speak } from './speak';

interface Found { value: string; title: string; hint?: string }

const OPEN = /(?:^|[^\w.@])@([^\s@]{0,40})$/;
let count = 0;

class Offer {
  private list = make('ul', { class: 'tl-people', role: 'listbox', id: `people-${count += 1}`, hidden: '' });
  private found: Found[] = [];
  private at = 0;
  private asked = 0;

  constructor(private box: HTMLTextAreaElement) {
    box.after(this.list);
    box.setAttribute('aria-autocomplete', 'list');
    box.setAttribute('aria-controls', this.list.id);
    box.addEventListener('input', () => { void this.look(); });
    box.addEventListener('click', () => this.close());
    box.addEventListener('blur', () => this.close());
    box.addEventListener('keydown', event => this.press(event));
  }

  private typed(): string | null {
    return OPEN.exec(this.box.value.slice(0, this.box.selectionStart))?.[1] ?? null;
  }

  private async look(): Promise<void> {
    const words = this.typed();
    const asked = this.asked += 1;
    if (words === null) { this.close(); return; }
    if (!this.list.hidden) this.show(this.found.filter(each => `${each.title} ${each.hint ?? ''}`.toLowerCase().includes(words.toLowerCase())));
    const found = await fetchJson<Found[]>(`${this.box.dataset.mentions}?q=${encodeURIComponent(words)}`).catch(() => []);
    if (asked !== this.asked || this.typed() === null) return;
    this.show(found);
  }

  /** What is offered fits what is typed, at every moment: Enter takes nobody who was offered for fewer letters. */
  private show(found: Found[]): void {
    const words = (this.typed() ?? '').toLowerCase();
    const begins = (each: Found) => Number(!each.title.toLowerCase().startsWith(words)); // whose name begins so comes first
    this.found = [...found].sort((one, other) => begins(one) - begins(other)).slice(0, 8);
    this.at = 0;
    this.list.replaceChildren(...this.found.map((each, number) => this.line(each, number)));
    this.list.hidden = this.found.length === 0;
    if (!this.list.hidden) this.point();
  }

  private line(each: Found, number: number): HTMLElement {
    const line = make('li', { role: 'option', id: `${this.list.id}-${number}` });
    const name = make('b');
    name.textContent = each.title;
    const hint = make('span', { class: 'tl-quiet' });
    hint.textContent = each.hint ?? '';
    line.append(name, hint);
    line.addEventListener('mousedown', event => { event.preventDefault(); this.take(each); });
    return line;
  }

  private point(): void {
    [...this.list.children].forEach((line, number) => line.setAttribute('aria-selected', String(number === this.at)));
    this.box.setAttribute('aria-activedescendant', `${this.list.id}-${this.at}`);
    this.list.children[this.at]?.scrollIntoView({ block: 'nearest' });
    speak(`${this.found[this.at]!.title}, ${this.found[this.at]!.hint ?? ''}`);
  }

  private press(event: KeyboardEvent): void {
    if (this.list.hidden || event.isComposing) return;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) { this.at = (this.at + step + this.found.length) % this.found.length; this.point(); }
    else if (event.key === 'Enter' || event.key === 'Tab') this.take(this.found[this.at]!);
    else if (event.key === 'Escape') this.close();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  /** Two people of one name are told apart by their address. */
  private take(each: Found): void {
    const name = this.found.filter(other => other.title === each.title).length > 1 ? each.hint ?? each.title : each.title;
    const end = this.box.selectionStart;
    const start = end - (this.typed() ?? '').length;
    this.box.setRangeText(`${name} `, start, end, 'end');
    this.close();
    this.box.focus();
  }

  private close(): void {
    this.asked += 1;
    this.list.hidden = true;
    this.box.removeAttribute('aria-activedescendant');
  }
}

export function startMentions(): void {
  eachNow<HTMLTextAreaElement>('textarea[data-mentions]', box => {
    const offer = new Offer(box);
    void offer;
  });
}
