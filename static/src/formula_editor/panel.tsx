// The side panel of a formula box: fields and functions to pick from, and the result for a record, part by part.
import { useEffect, useRef, useState } from 'preact/hooks';
import { $$ } from '../base/dom';
import { Icon } from '../designer/icon';
import { given, t } from '../designer/state';
import { FunctionHelp } from './function_help';
import { choicesIn, functionChoice, matching, usable, type Choice } from './offers';
import { choose, chosen, recordsOf, type Chosen, type Part, type Result } from './server';
import type { FunctionOffer, Offer } from './words';

interface Props { label: string; offer: Offer; functions: FunctionOffer[]; form: string | null; result: Result | null; faulty: boolean; onPick: (choice: Choice) => void; onClose: () => void }
interface Group { name: string; choices: Choice[]; open: boolean }

/** The fields of this form, those of each relation and reference, the names of the place, the functions by family. */
function groupsOf(offer: Offer, functions: FunctionOffer[]): Group[] {
  const own = offer.form === null ? null : offer.forms[offer.form];
  const groups: Group[] = [];
  if (offer.names.length) groups.push({ name: t('fx_names'), open: true, choices: offer.names.map(each => ({ kind: 'name', label: each.key, detail: each.type, text: each.key, names: [each.key] })) });
  if (own) groups.push({ name: own.label, open: true, choices: choicesIn([], offer).filter(each => each.kind === 'field') });
  for (const each of own?.relations ?? []) groups.push({ name: each.label, open: false, choices: choicesIn([each.key], offer).filter(choice => choice.kind === 'field') });
  for (const each of own?.fields ?? []) if (each.to && offer.forms[each.to]) groups.push({ name: each.label, open: false, choices: choicesIn([each.key], offer).filter(choice => choice.kind === 'field') });
  for (const each of usable(functions, offer)) {
    const name = t('fx_family', { family: each.family });
    const group = groups.find(one => one.name === name);
    if (group) group.choices.push(functionChoice(each)); else groups.push({ name, open: false, choices: [functionChoice(each)] });
  }
  return groups.filter(each => each.choices.length);
}

export function Panel(props: Props) {
  const [tab, setTab] = useState<'pick' | 'try'>('pick');
  const place = useRef<HTMLElement>(null);
  useEffect(() => { place.current?.querySelector<HTMLElement>('input')?.focus(); }, [tab]);
  const keys = (event: KeyboardEvent) => { if (event.key === 'Escape') { event.stopPropagation(); event.preventDefault(); props.onClose(); } };
  return <aside class="tf-panel" ref={place} aria-label={`${t('fx_help')}: ${props.label}`} onKeyDown={keys}>
    <div class="tf-panel-head"><h2>{props.label}</h2><button class="btn btn-ghost btn-icon" type="button" aria-label={t('close')} title={t('close')} onClick={props.onClose}><Icon name="x" /></button></div>
    <div class="tl-tabs tb-tabs" role="group">{(['pick', 'try'] as const).map(each => <button type="button" class={each === tab ? 'active' : ''} aria-pressed={each === tab} onClick={() => setTab(each)} key={each}>{t(`fx_${each}`)}</button>)}</div>
    {tab === 'pick' ? <Pick {...props} /> : <Try {...props} />}
  </aside>;
}

// -- picking --------------------------------------------------------------------------------------------------------------------
function Pick({ offer, functions, onPick }: Props) {
  const [wanted, setWanted] = useState('');
  const [shown, setShown] = useState<Choice | null>(null);
  const list = useRef<HTMLDivElement>(null);
  const groups = groupsOf(offer, functions).map(each => ({ ...each, choices: matching(each.choices, wanted) })).filter(each => each.choices.length);
  const move = (event: KeyboardEvent) => {
    if (event.key !== 'ArrowDown' && event.key !== 'ArrowUp') return;
    const all = $$<HTMLElement>('input, summary, details[open] button', list.current!);
    const next = all[all.indexOf(document.activeElement as HTMLElement) + (event.key === 'ArrowDown' ? 1 : -1)];
    if (next) { event.preventDefault(); next.focus(); }
  };
  return <div class="tf-pick" ref={list} onKeyDown={move}>
    <div class="tf-search"><label class="visually-hidden" for="formula-search">{t('fx_search')}</label>
      <input class="form-control" id="formula-search" type="search" placeholder={t('fx_search')} autocomplete="off" value={wanted} onInput={event => setWanted(event.currentTarget.value)} /></div>
    <div class="tf-groups">{groups.map(group => <details open={group.open || wanted !== ''} key={`${group.name}${wanted !== ''}`}><summary>{group.name} <span class="tl-quiet">{group.choices.length}</span></summary>
      <ul>{group.choices.map(each => <li key={each.text}><button type="button" title={each.text} onFocus={() => setShown(each)} onMouseEnter={() => setShown(each)} onClick={() => onPick(each)}>
        <span class={each.kind === 'function' ? 'tf-name' : 'tf-chip tf-chip-own'}>{each.label}</span><span class="tl-quiet tl-meta tl-cut">{each.detail}</span></button></li>)}</ul></details>)}
      {groups.length === 0 && <p class="tl-quiet">{t('fx_nothing', { wanted })}</p>}</div>
    {shown && <div class="tf-foot">{shown.function ? <FunctionHelp each={shown.function} argument={-1} /> : <div class="tl-meta"><span class="tf-chip tf-chip-own">{shown.label}</span> {shown.detail} · <span class="tb-key">{shown.text}</span></div>}</div>}
  </div>;
}

// -- trying out -----------------------------------------------------------------------------------------------------------------
function Try({ form, result, faulty }: Props) {
  if (!form) return <div class="tf-pick"><p class="tl-quiet tf-said">{t('fx_no_record')}</p></div>;
  return <div class="tf-pick"><RecordPicker form={form} />
    <div class="tf-groups" aria-live="polite">
      {faulty ? <p class="tl-quiet">{t('fx_faulty')}</p> : !result ? <p class="tl-quiet">{t('checking')}</p> : result.problem ? <p class="tl-care">{result.problem}</p>
        : result.explanation && <div class="tf-result"><div class="tf-figure">{result.explanation.shown}</div><Parts part={result.explanation} level={0} /></div>}
    </div></div>;
}

function RecordPicker({ form }: { form: string }) {
  const [wanted, setWanted] = useState('');
  const [found, setFound] = useState<Chosen[]>([]);
  useEffect(() => {
    let late = false;
    const timer = setTimeout(() => void recordsOf(form, wanted).then(answer => { if (!late) setFound(answer); }).catch(() => undefined), wanted ? 250 : 0);
    return () => { late = true; clearTimeout(timer); };
  }, [form, wanted]);
  const now = chosen.value[form];
  return <div class="tf-search"><label class="form-label" for="formula-record">{t('fx_record')}</label>
    <input class="form-control" id="formula-record" type="search" autocomplete="off" placeholder={now?.title ?? t('fx_record_search')} value={wanted} onInput={event => setWanted(event.currentTarget.value)} />
    <div class="tf-records" role="group" aria-label={t('fx_record')}>{found.map(each => <button type="button" class={`tl-chip-button${each.record === now?.record ? ' active' : ''}`} aria-pressed={each.record === now?.record} onClick={() => choose(form, each)} key={each.record}>{each.title}</button>)}
      {found.length === 0 && <span class="tl-quiet">{t('fx_no_records')}</span>}</div></div>;
}

/** A part with its value; what it is made of unfolds. */
export function Parts({ part, level }: { part: Part; level: number }) {
  const more = part.children.length > 0 || !!part.rows;
  const line = <><span class="tl-part-text">{part.text}</span> {part.taken && <b class="tl-part-value">{part.shown}</b>}</>;
  const rest = <>{part.sentence && <div class="tl-part-sentence">{part.sentence}</div>}{part.note && <div class={part.taken ? 'tl-care tl-meta' : 'tl-quiet tl-meta'}>{part.note}</div>}</>;
  if (!more) return <div class={`tl-part${part.taken ? '' : ' tl-part-left'}`}>{line}{rest}</div>;
  return <details class="tl-part" open={level < 2}><summary>{line}</summary>{rest}
    {part.rows && <div class="tl-meta"><div class="tl-second">{part.rows.summary}{part.rows.filter && given.app !== '-' && <> · <a href={`/apps/${given.app}/${part.rows.form}?filter=${encodeURIComponent(part.rows.filter)}`}>{t('fx_show_rows')}</a></>}</div>
      <ul class="tl-counted">{part.rows.first.map((each, n) => <li key={n}>{each.record && given.app !== '-' ? <a href={`/apps/${given.app}/${part.rows!.form}/${each.record}`}>#{each.record}</a> : each.record ? `#${each.record}` : `${n + 1}.`} {each.day} {each.shown && <b>{each.shown}</b>}</li>)}
        {part.rows.counted > part.rows.first.length && <li class="tl-quiet">{t('fx_more_rows', { n: part.rows.counted - part.rows.first.length })}</li>}</ul></div>}
    {part.children.map((each, n) => <Parts part={each} level={level + 1} key={n} />)}</details>;
}
