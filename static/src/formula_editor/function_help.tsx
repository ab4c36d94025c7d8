// A function said: how it is called, what it does, an example.
import { make } from '../base/dom';
import { t } from '../designer/state';
import type { FunctionOffer } from './words';

const nameOf = (each: FunctionOffer, n: number): string => each.parameters[n]!.optional ? `[${each.parameters[n]!.name}]` : each.parameters[n]!.name;

/** Which of the parameters an argument is; those that repeat come again and again. */
function current(each: FunctionOffer, argument: number): number {
  const count = each.parameters.length;
  return argument < count ? argument : each.repeats ? count - each.repeats + (argument - count) % each.repeats : -1;
}

export function FunctionHelp({ each, argument }: { each: FunctionOffer; argument: number }) {
  const now = current(each, argument);
  return <div class="tf-signature" role="note">
    <div class="tf-call">{each.name}({each.parameters.map((_, n) => <span key={n}>{n > 0 && ', '}{n === now ? <b>{nameOf(each, n)}</b> : nameOf(each, n)}</span>)}{each.repeats > 0 && ', …'})
      {each.over_rows && <span class="tl-quiet"> {t('fx_over_rows')}</span>}</div>
    <div class="tl-meta tl-second">{each.label} · {each.description.split('\n\n')[0]}</div>
    {each.examples[0] && <div class="tf-example">{each.examples[0][0]} → {each.examples[0][1]}</div>}
  </div>;
}

/** The same beside a list of suggestions, which is no part of the page's tree. */
export function helpNode(each: FunctionOffer): Node {
  return make('div', { class: 'tf-info' }, make('div', { class: 'tf-call' }, `${each.name}(${each.parameters.map((_, n) => nameOf(each, n)).join(', ')}${each.repeats ? ', …' : ''})`), make('div', {}, `${each.label} · ${each.description.split('\n\n')[0]}`),
    ...each.examples.slice(0, 1).map(([text, result]) => make('div', { class: 'tf-example' }, `${text} → ${result}`)));
}
