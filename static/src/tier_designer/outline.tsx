// The left pane: dimensions with their weights, exceptions, and who takes part.
import { useRef } from 'preact/hooks';
import { moveEntry, NumberInput, Problems, removeEntry } from '../designer/fields';
import { showMiddle } from '../designer/frame';
import { Icon } from '../designer/icon';
import { change, problemsAt, t } from '../designer/state';
import { openAddDimension } from './add_dimension';
import { openCorrelation } from './correlation';
import { ExceptionList, PopulationLine } from './exceptions';
import { dimensions, freeKey, isException, liveOne, nameOf, selected, selectedDimension, weightSum, type Thing } from './model';
import { Warnings, Was } from './parts';
import { held } from './server';

export function Outline() {
  const sum = Math.round(weightSum.value * 1e4) / 1e4;
  return <>
    <section aria-labelledby="dimensions-title"><div class="td-left-head"><h2 id="dimensions-title">{t('dimensions')}</h2><span class={sum === 100 ? 'tl-quiet' : 'tl-care'}>{t('weight_sum', { sum })}</span>
      <button class="btn btn-sm btn-ghost btn-icon tl-push" type="button" aria-label={t('add_dimension')} title={t('add_dimension')} onClick={openAddDimension}><Icon name="plus" /></button></div>
      <Problems path={['dimensions']} />
      <div class="td-dimensions">{dimensions.value.map((each, n) => <Line value={each} n={n} key={String(each.key ?? n)} />)}</div>
      {dimensions.value.length === 0 && <div class="tl-empty tl-empty-small"><p>{t('no_dimensions')}</p><button class="btn btn-sm btn-primary" type="button" onClick={openAddDimension}><Icon name="plus" />{t('add_dimension')}</button></div>}
      <Warnings path="dimensions">{code => /many_dimensions$/.test(code) && <button class="btn-link-plain" type="button" onClick={openCorrelation}>{t('see_correlation')}</button>}</Warnings></section>
    <ExceptionList />
    <PopulationLine />
  </>;
}

function Line({ value, n }: { value: Thing; n: number }) {
  const now = !isException.value && selectedDimension.value === n;
  const name = nameOf(value, n);
  const was = liveOne('dimensions', value.key);
  const faulty = [...problemsAt.value.keys()].some(each => each.startsWith(`dimensions/${n}/`));
  const choose = () => { selected.value = String(value.key ?? ''); showMiddle(); };
  const keys = (event: KeyboardEvent) => {
    if (event.altKey && (event.key === 'ArrowUp' || event.key === 'ArrowDown')) { event.preventDefault(); moveEntry(['dimensions'], n, n + (event.key === 'ArrowUp' ? -1 : 1)); }
    if (event.key === 'Delete') { event.preventDefault(); removeEntry(['dimensions'], n); }
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 'd') {
      event.preventDefault();
      const all = dimensions.value;
      change(['dimensions'], [...all.slice(0, n + 1), { ...value, key: freeKey(String(value.key ?? ''), all.map(each => String(each.key))) }, ...all.slice(n + 1)]);
    }
  };
  return <div class={`td-dim${now ? ' active' : ''}${faulty ? ' td-faulty' : ''}`} role="group" aria-label={name}>
    <button class="td-dim-name tl-cut" type="button" id={`e-dimensions/${n}`} aria-pressed={now} onClick={choose} onKeyDown={keys}>{faulty && <Icon name="alert-circle" />}{name}</button>
    <Was path={['dimensions', n, 'weight']} from={was?.weight} /><span class={was && Number(was.weight) !== Number(value.weight) ? 'td-new' : ''}><NumberInput path={['dimensions', n, 'weight']} label={`${name}: ${t('weight')}`} small /></span>
    <WeightBar value={value} n={n} name={name} changed={!was || Number(was.weight) !== Number(value.weight)} />
    <Problems path={['dimensions', n, 'weight']} />
  </div>;
}

/** The weight as a bar to drag: arrow keys by 1, with Shift by 10. */
function WeightBar({ value, n, name, changed }: { value: Thing; n: number; name: string; changed: boolean }) {
  const grip = useRef('');
  const weight = Number(value.weight) || 0;
  const set = (next: number) => change(['dimensions', n, 'weight'], Math.max(1, Math.round(next)), grip.current || undefined);
  const keys = (event: KeyboardEvent) => {
    const by = ['ArrowRight', 'ArrowUp'].includes(event.key) ? 10 : ['ArrowLeft', 'ArrowDown'].includes(event.key) ? -10 : 0;
    if (by && event.shiftKey) { event.preventDefault(); set(Math.min(100, weight + by)); }
  };
  const hold = (on: boolean) => { held.value = on; grip.current = on ? `weight-${n}-${Date.now()}` : ''; };
  return <input class={`td-weight${changed ? ' td-weight-new' : ''}`} type="range" min="0" max={Math.max(100, weight)} step="1" value={weight} aria-label={t('weight_of', { name })} aria-valuetext={String(weight)} onKeyDown={keys}
    onPointerDown={() => hold(true)} onPointerUp={() => hold(false)} onPointerCancel={() => hold(false)} onInput={event => set(Number(event.currentTarget.value))} />;
}

