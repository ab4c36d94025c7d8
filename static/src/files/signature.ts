// A signature: drawn with finger, pen or mouse, or typed by whoever cannot draw. Either becomes a picture that is sent at once.
import SignaturePad from 'signature_pad';
import { $, make } from '../base/dom';
import { Refusal } from '../base/http';
import { speak } from '../base/speak';
import { addressOf, filled, isPutBack, keptTokens, partOf, told, type Told } from './parts';
import { sendFile } from './sending';
import { underWay } from './waiting';

const REST = 700;
const INK = '#16202e';

class Signing {
  private readonly form: HTMLFormElement | null;
  private readonly canvas: HTMLCanvasElement;
  private readonly typed: HTMLInputElement;
  private readonly shown: HTMLElement;
  private readonly drawn: HTMLElement;
  private readonly line: HTMLElement;
  private readonly pad: SignaturePad;
  private readonly first: string;
  private timer = 0;
  private stop: AbortController | null = null;

  constructor(private readonly box: HTMLElement) {
    this.form = box.closest('form');
    this.canvas = $<HTMLCanvasElement>('canvas', box)!;
    this.typed = $<HTMLInputElement>('[data-signature-typed]', box)!;
    this.shown = $('[data-signature-shown]', box)!;
    this.drawn = $('[data-signature-drawn]', box)!;
    this.line = $('[data-files-said]', box)!;
    this.first = $<HTMLInputElement>('input[type=hidden]', this.shown)?.value ?? '';
    this.pad = new SignaturePad(this.canvas, { penColor: INK, backgroundColor: '#ffffff' });
    this.listen();
    if (this.form && $('.tl-kept', this.form)) this.putBack();
    this.form?.addEventListener('tierloom:restored', event => { if (isPutBack(event)) this.putBack(); });
    box.addEventListener('tierloom:put', event => this.hold((event as CustomEvent<string[]>).detail[0] ?? ''));
    new ResizeObserver(() => this.fit()).observe(this.canvas);
    box.dataset.ready = '';
  }

  private get told(): Told { return told(this.box); }

  private listen(): void {
    this.pad.addEventListener('beginStroke', () => { clearTimeout(this.timer); this.typed.value = ''; });
    this.pad.addEventListener('endStroke', () => this.later(() => this.canvas));
    this.typed.addEventListener('input', event => {
      event.stopPropagation();
      if (this.typed.value.trim()) this.later(() => this.written(this.typed.value.trim()));
    });
    this.typed.addEventListener('change', event => event.stopPropagation());
    $('[data-signature-clear]', this.box)!.addEventListener('click', () => this.clear());
    $('[data-signature-again]', this.box)!.addEventListener('click', () => { this.hold(''); this.clear(); this.typed.focus(); });
  }

  /** The picture has as many points as the screen shows; a new size begins anew. */
  private fit(): void {
    const ratio = Math.max(window.devicePixelRatio || 1, 1);
    const [width, height] = [Math.round(this.canvas.offsetWidth * ratio), Math.round(this.canvas.offsetHeight * ratio)];
    if (!width || (this.canvas.width === width && this.canvas.height === height)) return;
    const lines = this.pad.toData();
    this.canvas.width = width;
    this.canvas.height = height;
    this.canvas.getContext('2d')!.scale(ratio, ratio);
    this.pad.fromData(lines);
  }

  private later(picture: () => HTMLCanvasElement): void {
    clearTimeout(this.timer);
    this.stop?.abort();
    this.say('');
    const finished = underWay(this.form, this.told.texts.wait);
    const stop = this.stop = new AbortController();
    let over = false;
    const end = (arrived: boolean) => { if (!over) { over = true; finished(arrived); } };
    stop.signal.addEventListener('abort', () => end(false));
    this.timer = window.setTimeout(() => { void this.send(picture(), stop.signal).then(end); }, REST);
  }

  private async send(canvas: HTMLCanvasElement, signal: AbortSignal): Promise<boolean> {
    const content = await new Promise<Blob | null>(resolve => { canvas.toBlob(resolve, 'image/png'); });
    if (!content || signal.aborted) return false;
    try {
      const sent = await sendFile(this.told.url, new File([content], 'signature.png', { type: 'image/png' }), () => {}, signal);
      this.hold(sent.token);
      speak(this.told.texts.signed);
      return true;
    } catch (error) {
      if (!signal.aborted) this.say(error instanceof Refusal && error.message || filled(this.told.texts.offline, { name: this.told.texts.draw }));
      return false;
    }
  }

  /** The name as a picture, for whoever signs with the keyboard. */
  private written(name: string): HTMLCanvasElement {
    const canvas = make('canvas', { width: '900', height: '300' });
    const pen = canvas.getContext('2d')!;
    pen.fillStyle = '#ffffff';
    pen.fillRect(0, 0, 900, 300);
    pen.fillStyle = INK;
    const size = Math.min(120, 1500 / Math.max(4, [...name].reduce((sum, each) => sum + (each > '\u2e80' ? 2 : 1), 0)));
    pen.font = `italic ${size}px "Segoe Script", "Snell Roundhand", "STXingkai", "KaiTi", "Noto Serif CJK SC", cursive`;
    pen.textAlign = 'center';
    pen.textBaseline = 'middle';
    pen.fillText(name, 450, 150, 860);
    return canvas;
  }

  private hold(token: string, heard = true): void {
    const part = partOf(token);
    const held = $('[data-signature-picture]', this.shown)!;
    held.replaceChildren(...part ? [make('img', { src: addressOf(this.told, part.id), alt: this.told.texts.signed }),
      make('input', { type: 'hidden', name: this.told.name, value: part.token })] : []);
    this.shown.hidden = !part;
    this.drawn.hidden = !!part;
    if (heard) this.box.dispatchEvent(new Event('change', { bubbles: true }));
  }

  private clear(): void {
    clearTimeout(this.timer);
    this.stop?.abort();
    this.pad.clear();
    this.typed.value = '';
    this.say('');
  }

  private putBack(): void {
    this.hold(keptTokens(this.form, this.told.name)?.[0] ?? this.first, false);
  }

  private say(text: string): void {
    this.line.textContent = text;
    this.line.hidden = !text;
  }
}

export const startSignature = (box: HTMLElement): void => { new Signing(box); };
