// The box of a field of files or pictures: choose, drop or paste; each file is sent at once, can be stopped, tried again and removed.
import { $, $$, icon, make } from '../base/dom';
import { Refusal } from '../base/http';
import { speak } from '../base/speak';
import { addressOf, filled, isPicture, isPutBack, keptTokens, partOf, sizeInWords, told, type Part, type Told } from './parts';
import { sendFile } from './sending';
import { underWay } from './waiting';

class Box {
  private readonly list: HTMLElement;
  private readonly input: HTMLInputElement;
  private readonly line: HTMLElement;
  private readonly form: HTMLFormElement | null;
  private readonly first: string[];

  constructor(private readonly box: HTMLElement) {
    this.list = $('[data-files-list]', box)!;
    this.input = $<HTMLInputElement>('input[type=file]', box)!;
    this.line = $('[data-files-said]', box)!;
    this.form = box.closest('form');
    this.first = this.tokens();
    this.listen();
    if (this.form && $('.tl-kept', this.form)) this.putBack();
    this.form?.addEventListener('tierloom:restored', event => { if (isPutBack(event)) this.putBack(); });
    box.addEventListener('tierloom:put', event => { this.show((event as CustomEvent<string[]>).detail); this.changed(); });
    box.dataset.ready = '';
  }

  private listen(): void {
    this.input.addEventListener('change', event => {
      event.stopPropagation();
      this.take([...this.input.files ?? []]);
      this.input.value = '';
    });
    this.list.addEventListener('click', event => {
      const button = (event.target as Element).closest<HTMLElement>('[data-file-remove]');
      if (button) this.remove(button.closest('li')!);
    });
    for (const name of ['dragenter', 'dragover']) this.box.addEventListener(name, event => { event.preventDefault(); this.box.classList.add('over'); });
    for (const name of ['dragleave', 'drop']) this.box.addEventListener(name, () => this.box.classList.remove('over'));
    this.box.addEventListener('drop', event => { event.preventDefault(); this.take([...event.dataTransfer?.files ?? []]); });
    this.box.addEventListener('paste', event => { if (event.clipboardData?.files.length) this.take([...event.clipboardData.files]); });
  }

  private get told(): Told { return told(this.box); }

  private tokens(): string[] {
    return $$<HTMLInputElement>('input[type=hidden]', this.list).map(input => input.value);
  }

  private putBack(): void {
    this.show(keptTokens(this.form, this.told.name) ?? this.first);
    this.changed(false);
  }

  private show(tokens: string[]): void {
    this.list.replaceChildren(...tokens.map(partOf).filter((part): part is Part => part !== null).map(part => this.row(part)));
  }

  private changed(told = true): void {
    this.list.hidden = !this.list.childElementCount;
    if (told) this.box.dispatchEvent(new Event('change', { bubbles: true }));
  }

  private say(text: string): void {
    this.line.textContent = text;
    this.line.hidden = !text;
  }

  // -- coming ---------------------------------------------------------------------------------------------------------------
  private take(files: File[]): void {
    this.say('');
    if (this.input.disabled || this.box.closest('[data-locked]')) return;
    for (const file of files) {
      const wrong = this.wrong(file);
      if (wrong) this.say(wrong); else this.send(file);
    }
  }

  private wrong(file: File): string {
    const { texts, most, bytes, accept } = this.told;
    if (this.list.childElementCount >= most) return filled(texts.many, { most });
    if (file.size > bytes) return filled(texts.large, { name: file.name, most: Math.round(bytes / 1024 / 1024) });
    if (!file.size) return filled(texts.empty, { name: file.name });
    const fits = accept.split(',').some(ending => file.name.toLowerCase().endsWith(ending));
    return fits ? '' : filled(texts.kind, { name: file.name, endings: accept.replaceAll('.', ' ').trim() });
  }

  private send(file: File): void {
    const { texts } = this.told;
    const stop = new AbortController();
    const bar = make('progress', { max: '1', value: '0', 'aria-label': filled(texts.sending, { name: file.name }) });
    const cancel = make('button', { class: 'btn btn-sm', type: 'button' }, texts.cancel);
    const row = make('li', { class: 'tl-file' }, icon(isPicture(file.name) ? 'photo' : 'file'),
      make('span', { class: 'tl-file-name' }, file.name), bar, cancel);
    cancel.addEventListener('click', () => stop.abort());
    this.list.append(row);
    this.list.hidden = false;
    const finished = underWay(this.form, texts.wait);
    sendFile(this.told.url, file, share => { bar.value = share; }, stop.signal).then(
      sent => { row.replaceWith(this.row(sent)); speak(filled(texts.sent, { name: sent.name })); this.changed(); finished(true); },
      (error: unknown) => { this.failed(row, file, error); finished(false); });
  }

  private failed(row: HTMLElement, file: File, error: unknown): void {
    const { texts } = this.told;
    if (error instanceof DOMException && error.name === 'AbortError') { row.remove(); this.changed(false); this.input.focus(); return; }
    const sentence = error instanceof Refusal && error.message || filled(texts.offline, { name: file.name });
    const again = make('button', { class: 'btn btn-sm', type: 'button' }, texts.retry);
    again.addEventListener('click', () => { row.remove(); this.send(file); });
    row.dataset.fileLeft = filled(texts.left, { name: file.name });
    row.replaceChildren(icon('alert-circle'), make('span', { class: 'tl-file-name tl-bad', role: 'alert' }, sentence), again, this.remover(file.name));
  }

  // -- there ----------------------------------------------------------------------------------------------------------------
  private row(part: { id: string; size: number; name: string; token: string }): HTMLElement {
    const url = addressOf(this.told, part.id);
    const sight = isPicture(part.name)
      ? make('a', { href: url, 'data-picture': '', class: 'tl-file-sight' }, make('img', { src: url, alt: part.name, loading: 'lazy' })) : icon('file');
    return make('li', { class: 'tl-file' }, sight, make('a', { class: 'tl-file-name', href: url, download: '' }, part.name),
      make('span', { class: 'tl-meta tl-quiet' }, [sizeInWords(part.size), isPicture(part.name) ? '' : this.told.texts.unseen].filter(Boolean).join(' · ')), this.remover(part.name),
      make('input', { type: 'hidden', name: this.told.name, value: part.token }));
  }

  private remover(name: string): HTMLElement {
    const label = filled(this.told.texts.remove, { name });
    return make('button', { class: 'btn btn-ghost btn-icon', type: 'button', 'data-file-remove': '', 'aria-label': label, title: label }, icon('trash'));
  }

  private remove(row: HTMLElement): void {
    const name = $('.tl-file-name', row)?.textContent ?? '';
    row.remove();
    speak(filled(this.told.texts.removed, { name }));
    this.say('');
    this.changed();
    this.input.focus();
  }
}

export const startBox = (box: HTMLElement): void => { new Box(box); };
