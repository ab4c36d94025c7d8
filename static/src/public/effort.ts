// A small piece of arithmetic before a public form is sent (runtime/public/effort.py): begun when somebody begins to fill in, in slices that no
// frame notices, without a worker and without another host. Whoever is quicker waits at the button.
import { $, eachNow, make } from '../base/dom';
import { speak } from '../base/speak';
import { say } from '../base/texts';
import { leadingZeros } from './sha256';

const SLICE = 6; // milliseconds

async function stamp(number: string, bits: number): Promise<string> {
  const zeros = leadingZeros(`${number}:`);
  let tried = 0;
  for (;;) {
    const until = performance.now() + SLICE;
    while (performance.now() < until) for (let step = 0; step < 50; step++, tried++) if (zeros(String(tried)) >= bits) return String(tried);
    await new Promise(go => setTimeout(go));
  }
}

function start(form: HTMLFormElement): void {
  const place = $<HTMLInputElement>('input[name=effort]', form)!;
  let working: Promise<void> | null = null;
  const work = () => working ??= stamp(place.dataset.effort!, Number(place.dataset.bits)).then(found => { place.value = found; });
  for (const name of ['input', 'focusin', 'pointerdown']) form.addEventListener(name, () => void work(), { once: true });
  form.addEventListener('submit', event => {
    if (place.value) return;
    event.preventDefault();
    event.stopImmediatePropagation(); // the button is not busy yet: it was not sent
    const note = make('div', { class: 'tl-help' }, say('one_moment'));
    $('.tl-blank-foot', form)?.append(note);
    speak(say('one_moment'));
    const by = (event as SubmitEvent).submitter;
    void work().then(() => { note.remove(); form.requestSubmit(by); });
  }, true);
}

export const startEffort = (): void => eachNow<HTMLFormElement>('form:has(input[name=effort])', start);
