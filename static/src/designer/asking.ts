// What the server works out for the draft as it stands now. A newer question cancels the older one; old figures stay, dimmed, until new ones are there.
import { signal, type Signal } from '@preact/signals';
import { send } from '../base/http';
import { given, type Problem } from './state';

/** What a page shows of any question, whatever the answer is. */
export interface Standing { readonly state: Signal<'still' | 'waiting' | 'faulty' | 'failed'>; readonly why: Signal<string>; again(): void }

export class Asked<T extends object> implements Standing {
  readonly found = signal<T | null>(null);
  readonly state = signal<'still' | 'waiting' | 'faulty' | 'failed'>('still');
  /** The sentence of a failure. */
  readonly why = signal('');
  #flight: AbortController | null = null;
  #timer = 0;
  #question = '';
  #sent: Record<string, unknown> = Object.create(null);

  #then: (found: T) => void;

  constructor(readonly place: string, then: (found: T) => void = () => undefined) { this.#then = then; }

  /** Asks after a short rest, the first time at once; not where `about`, all that the answer depends on, is answered or under way. */
  ask(sent: Record<string, unknown>, { rest = 300, about = sent as unknown } = {}): boolean {
    const question = JSON.stringify(about);
    if (question === this.#question && this.state.peek() !== 'failed') return false;
    this.cancel();
    this.#question = question;
    this.#sent = sent;
    this.state.value = 'waiting';
    this.#timer = window.setTimeout(() => void this.#send(sent), this.found.peek() ? rest : 0);
    return true;
  }

  /** Asks the same again: what is behind the figures has changed, or asking failed. */
  again(): void {
    if (!this.#question) return;
    const question = this.#question;
    this.cancel();
    this.#question = question;
    this.state.value = 'waiting';
    void this.#send(this.#sent);
  }

  cancel(): void {
    window.clearTimeout(this.#timer);
    this.#flight?.abort();
    this.#flight = null;
    this.#question = '';
  }

  forget(): void {
    this.cancel();
    this.found.value = null;
    this.state.value = 'still';
  }

  async #send(sent: Record<string, unknown>): Promise<void> {
    const flight = this.#flight = new AbortController();
    try {
      const answer = await send<T | { problems: Problem[] }>('POST', `${given.here}${this.place}`, sent, flight.signal);
      if (flight.signal.aborted) return;
      if ('problems' in answer) { this.state.value = 'faulty'; return; }
      this.found.value = answer;
      this.state.value = 'still';
      this.#then(answer);
    } catch (error) {
      if (flight.signal.aborted) return;
      this.state.value = 'failed';
      this.why.value = error instanceof Error ? error.message : '';
    }
  }
}
