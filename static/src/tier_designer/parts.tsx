// Small parts of the page that come again and again.
import type { ComponentChildren } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { Standing as Asking } from '../designer/asking';
import { Problems } from '../designer/fields';
import { Icon } from '../designer/icon';
import { at, jump, problems, t, type Json, type Path } from '../designer/state';
import { Aside } from '../designer/frame';
import { nameOf, signed, tiers } from './model';
import { warnings, type TierKey } from './server';

/** A tier as colour, word and rungs. */
export function TierName({ label, color, rank, count, former }: { label: string; color: string; rank: number; count: number; former?: boolean }) {
  if (!rank) return <span class="tl-quiet">{label}</span>;
  const all = Math.max(count, rank);
  const step = 14 / all;
  return <span class={`tl-tier tier-${color}${former ? ' tl-tier-former' : ''}`} title={former ? t('former') : undefined}><svg class="tl-rungs" width="14" height="14" viewBox="0 0 14 14" aria-hidden="true">
    {Array.from({ length: all }, (_, n) => <rect x="1" y={14 - (n + 1) * step + 0.6} width="12" height={Math.max(1, step - 1.2)} rx="0.8" class={n < rank ? 'tb-rung-on' : 'tb-rung-off'} key={n} />)}
  </svg>{label}</span>;
}

/** The same for a key of the draft's own tiers; `null` is no tier. */
export function TierOf({ tier }: { tier: TierKey | Json | undefined }) {
  const all = tiers.value;
  const place = all.findIndex(each => each.value.key === tier);
  if (place < 0) return <span class="tl-quiet">{tier ? String(tier) : t('no_tier')}</span>;
  const { value } = all[place]!;
  return <TierName label={nameOf(value)} color={String(value.color ?? 'blue')} rank={all.length - place} count={all.length} />;
}

export const Change = ({ by, shown = signed }: { by: number; shown?: (n: number) => string }) => by === 0 ? <span class="tl-quiet">·</span> : <span class={by > 0 ? 'tl-good' : 'tl-bad'}>{shown(by)}</span>;

/** What the live version says here, struck through, where that is something else. */
export function Was({ path, from, shown = String }: { path: Path; from: Json | undefined; shown?: (value: Json) => string }) {
  if (from === undefined || from === null || JSON.stringify(from) === JSON.stringify(at(path))) return null;
  return <s class="td-was" title={t('was_live')}><span class="visually-hidden">{t('was_live')} </span>{shown(from)}</s>;
}

/** Warnings of exactly this place, or of any place for which `fits` holds, each with what to do about it. */
export function Warnings({ path, fits, children }: { path?: string; fits?: (path: string) => boolean; children?: (code: string) => ComponentChildren }) {
  const found = warnings.value.filter(each => path !== undefined ? each.path === path : fits?.(each.path));
  return <>{found.map(each => <div class="tl-note tl-note-care td-warning" key={each.path + each.sentence}><Icon name="alert-triangle" /><div>{each.sentence} {each.remedy && <span class="td-remedy">{each.remedy}</span>} {children?.(each.code)}</div></div>)}</>;
}

/** Everything that is wrong at these places of a definition. */
export const Faults = ({ at: path, names }: { at: Path; names: string[] }) => <>{names.map(each => <Problems path={each ? [...path, ...each.split('/')] : path} key={each} />)}</>;

export function Segment<T extends string>({ label, now, choices, choose }: { label: string; now: T; choices: readonly (readonly [T, string])[]; choose: (value: T) => void }) {
  return <div class="tl-segment" role="group" aria-label={label}>{choices.map(([value, text]) => <button type="button" class={value === now ? 'active' : ''} aria-pressed={value === now} onClick={() => { if (value !== now) choose(value); }} key={value}>{text}</button>)}</div>;
}

export const ChartOrTable = ({ now, choose }: { now: 'chart' | 'table'; choose: (value: 'chart' | 'table') => void }) => <Segment label={t('view_as')} now={now} choices={[['chart', t('chart')], ['table', t('table')]]} choose={choose} />;

/** What keeps figures from being new: a faulty draft with its problems and the way back, a failure with its sentence and a second try. */
export function Standing({ of, quiet }: { of: Asking; quiet?: boolean }) {
  if (of.state.value === 'faulty') {
    return quiet ? null : <div class="tl-note tl-note-care td-standing"><Icon name="alert-triangle" /><div><p>{t('figures_faulty')}</p>
      <ul class="tl-plain">{problems.value.slice(0, 3).map(each => <li key={each.path + each.message}><button class="tb-problem" type="button" onClick={() => jump(each.path)}>{each.message}</button></li>)}</ul><Aside /></div></div>;
  }
  if (of.state.value !== 'failed') return null;
  return <div class="tl-note tl-note-bad" role="alert"><Icon name="alert-circle" /><div class="tl-grow">{of.why.value}</div><button class="btn btn-sm" type="button" onClick={() => of.again()}>{t('try_again')}</button></div>;
}

/** Grey lines where figures will stand; they show after a moment. */
export const Waiting = ({ lines = 4 }: { lines?: number }) => <div class="td-waiting" role="status"><span class="visually-hidden">{t('impact_wait')}</span>{Array.from({ length: lines }, (_, n) => <span key={n} />)}</div>;

export const dimmed = (of: Asking): string => of.state.value === 'waiting' || of.state.value === 'faulty' ? ' td-old' : '';

/** The width that an element has, as it changes. */
export function useWidth(): [{ current: HTMLDivElement | null }, number] {
  const place = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(0);
  useEffect(() => {
    if (!place.current) return;
    const watch = new ResizeObserver(found => setWidth(Math.floor(found[0]!.contentRect.width)));
    watch.observe(place.current);
    return () => watch.disconnect();
  }, []);
  return [place, width];
}

export const Card = ({ id, title, about, tools, children, class: kind = '' }: { id: string; title: ComponentChildren; about?: ComponentChildren; tools?: ComponentChildren; children: ComponentChildren; class?: string }) =>
  <section class={`card ${kind}`} aria-labelledby={id}><div class="card-header td-card-head"><h2 id={id}>{title}</h2>{about && <span class="tl-quiet td-about">{about}</span>}{tools && <span class="td-card-tools">{tools}</span>}</div><div class="card-body">{children}</div></section>;
