// How the scores of all customers are spread, stacked by the tier they lead to, with the borders of the tiers; where asked, the borders are handles.
import { useRef, useState } from 'preact/hooks';
import { change, t } from '../designer/state';
import { BOTTOM, CountAxis, LEFT, RIGHT, roundTop } from './axes';
import { DrawnKnobs, flagLines, useKnobs, type Knob } from './knobs';
import { figure, liveOne, nameOf, tierColor, tierName, tiers } from './model';
import { Card, ChartOrTable, dimmed, Standing, TierOf, useWidth, Waiting } from './parts';
import { simulation, type Result } from './server';
import { nextVersion } from '../designer/publish';

const PLOT = 190;

export function ScoreCard({ handles }: { handles: boolean }) {
  const [view, setView] = useState<'chart' | 'table'>('chart');
  const found = simulation.found.value;
  const keys = tiers.value.map(each => String(each.value.key));
  return <Card id="scores-title" title={t('scores')} about={found && t(handles ? 'scores_handles' : 'scores_about', { version: nextVersion(), count: figure(rated(found)) })} tools={<>
    <span class="tl-legend td-legend" aria-hidden="true">{keys.map(key => <span class={`tier-${tierColor(key)}`} key={key}><svg width="10" height="10"><rect class="tl-fill" width="10" height="10" rx="2" /></svg>{tierName(key)}</span>)}</span><ChartOrTable now={view} choose={setView} /></>}>
    {!found && <Standing of={simulation} />}
    <div class={`td-figures${dimmed(simulation)}`}>
      {!found ? simulation.state.value === 'waiting' ? <Waiting lines={6} /> : null : !found.scores.bins.length ? <p class="tl-quiet">{found.sentence}</p> : view === 'chart' ? <Chart found={found} keys={keys} handles={handles} /> : <Table found={found} keys={keys} />}
    </div>
  </Card>;
}

const rated = (found: Result): number => found.tiers.reduce((sum, each) => sum + (each.tier === null ? 0 : each.then), 0);

function Chart({ found, keys, handles }: { found: Result; keys: string[]; handles: boolean }) {
  const [place, width] = useWidth();
  return <div class="td-chart" ref={place}>{width > 120 && <Drawing found={found} keys={keys} handles={handles} width={width} />}</div>;
}

/** A border stays between those of the tiers above and below; a keep border not above its own. */
function kept(n: number, what: 'from' | 'keep_from', value: number): number {
  const all = tiers.peek();
  const at = all.findIndex(each => each.n === n);
  const own = all[at]!;
  const most = what === 'keep_from' ? own.from : (all[at - 1]?.from ?? 101) - 1;
  const least = what === 'keep_from' ? 0 : Math.max(all[at + 1] ? all[at + 1]!.from + 1 : 0, Number(own.value.keep_from ?? 0));
  return Math.round(Math.min(most, Math.max(least, value)) * 1e4) / 1e4;
}

function borders(handles: boolean, x: (score: number) => number): Knob[] {
  return tiers.value.filter(each => each.from > 0 || each.n !== tiers.value.at(-1)?.n).flatMap(({ value, n, from }): Knob[] => {
    const was = liveOne('tiers', value.key);
    const name = nameOf(value, n);
    const one = (what: 'from' | 'keep_from', score: number): Knob => ({
      key: `${n}/${what}`, value: score, x: x(score), label: `${name}: ${t(what)}`, text: what === 'from' ? `${name} ${score}` : t('keep_short', { score }), least: 0, greatest: 100, fixed: !handles,
      kind: what === 'keep_from' ? 'keep' : was && Number(was.from) !== score ? 'moved' : 'cut', height: what === 'keep_from' ? 0.75 : 0.45,
    });
    const old: Knob[] = was && Number(was.from) !== from ? [{ key: `old-${n}`, value: Number(was.from), x: x(Number(was.from)), label: '', text: t('cut_old', { value: Number(was.from) }), least: 0, greatest: 0, kind: 'old' }] : [];
    return [...old, one('from', from), ...(handles && value.keep_from !== undefined && value.keep_from !== null ? [one('keep_from', Number(value.keep_from))] : [])];
  });
}

function Drawing({ found, keys, handles, width }: { found: Result; keys: string[]; handles: boolean; width: number }) {
  const drawing = useRef<SVGSVGElement>(null);
  const x = (score: number) => LEFT + (width - LEFT - RIGHT) * score / 100;
  const knobs = borders(handles, x);
  const { dragged, on, keys: onKey } = useKnobs(drawing, knobs, {
    step: 1, valueAt: at => Math.round(100 * (at - LEFT) / (width - LEFT - RIGHT)),
    move: (key, value, grip) => { const [n, what] = key.split('/') as [string, 'from' | 'keep_from']; change(['tiers', Number(n), what], kept(Number(n), what, value), grip); },
    type: key => { const box = document.getElementById(`f-tiers/${key}`) as HTMLInputElement | null; box?.focus(); box?.select(); },
  });
  const top = 8 + 22 * (1 + Math.max(0, ...flagLines(knobs).values()));
  const bottom = top + PLOT;
  const { bins, step } = found.scores;
  const most = roundTop(Math.max(1, ...bins.map(each => Object.values(each.counts).reduce((sum, count) => sum + count, 0))));
  return <svg class={`td-drawing${handles ? '' : ' td-still'}`} ref={drawing} width={width} height={bottom + BOTTOM} role="group" aria-label={t('scores_of', { count: figure(rated(found)) })} {...(handles ? on : {})}>
    <rect class="td-ground" width={width} height={bottom + BOTTOM} />
    <CountAxis most={most} top={top} bottom={bottom} width={width} />
    {bins.map(bin => {
      let low = bottom;
      return keys.map(key => {
        const tall = (bottom - top) * (bin.counts[key] ?? 0) / most;
        if (!tall) return null;
        low -= tall;
        return <g class={`tier-${tierColor(key)}`} key={`${bin.from}/${key}`}><rect class="tl-fill" x={x(bin.from) + 0.5} y={low} width={Math.max(0.5, x(Math.min(100, bin.from + step)) - x(bin.from) - 1)} height={tall} /></g>;
      });
    })}
    <line class="td-axis" x1={LEFT} x2={width - RIGHT} y1={bottom} y2={bottom} />
    {Array.from({ length: 11 }, (_, n) => n * 10).filter(each => width > 420 || each % 20 === 0).map(each => <text class="td-tick" x={x(each)} y={bottom + 16} text-anchor="middle" key={each}>{each}</text>)}
    <DrawnKnobs knobs={knobs} top={top} bottom={bottom} width={width} dragged={dragged} keys={onKey} />
  </svg>;
}

function Table({ found, keys }: { found: Result; keys: string[] }) {
  return <div class="table-scroll td-long" tabIndex={0} role="region" aria-label={t('scores')}><table class="table table-dense"><thead><tr><th scope="col">{t('score')}</th>{keys.map(key => <th class="tl-num" scope="col" key={key}><TierOf tier={key} /></th>)}</tr></thead>
    <tbody>{found.scores.bins.map(bin => <tr key={bin.from}><th scope="row">{bin.from} – {Math.min(100, bin.from + found.scores.step)}</th>{keys.map(key => <td class="tl-num" key={key}>{bin.counts[key] ? figure(bin.counts[key]!) : <span class="tl-quiet">·</span>}</td>)}</tr>)}</tbody></table></div>;
}
