// The middle: the form as people will fill it in, at the width of a desktop, a tablet or a phone. Only what is selected has tools.
import { computed, signal } from '@preact/signals';
import { useState } from 'preact/hooks';
import { speak } from '../base/speak';
import { fromAddress, inAddress } from '../designer/frame';
import { Icon } from '../designer/icon';
import { problems, shown, t, tab, type Json } from '../designer/state';
import { Card, liftKeys, NamesEditor } from './card';
import { drawn } from './controls';
import { press } from './drag';
import { here } from './presence';
import { changeSection, fields, focusOn, hasTabs, isSelected, keyOf, more, moveSection, sections, select, selected, several, type Section, type Thing } from './model';
import { chipsOf } from './rule_words';
import { openBegin } from './begin';
import { showPanel } from './shown';

export type Width = 'desktop' | 'tablet' | 'phone';
export const WIDTHS: readonly Width[] = ['desktop', 'tablet', 'phone'];
const ICONS = { desktop: 'device-desktop', tablet: 'device-laptop', phone: 'device-mobile' };
export const width = signal<Width>((WIDTHS.find(each => each === fromAddress('width')) ?? 'desktop'));
inAddress('width', width as never, 'desktop');

export function WidthSwitch() {
  return <div class="tl-segment" role="group" aria-label={t('view_as')}>{WIDTHS.map(each => <button type="button" class={width.value === each ? 'active' : ''} aria-pressed={width.value === each} onClick={() => { width.value = each; }} key={each}><Icon name={ICONS[each]} />{t(`width_${each}`)}</button>)}</div>;
}

/** What is wrong with each field, one line a problem. */
const faults = computed(() => {
  const found = new Map<number, string[]>();
  for (const { path, message } of problems.value) {
    const [list, n, inner, m] = path.split('/');
    if (list !== 'fields' || n === undefined || inner === 'fields' && m !== undefined) continue;
    found.set(Number(n), [...(found.get(Number(n)) ?? []), message]);
  }
  return found;
});

const places = computed(() => new Map(fields.value.map((each, n) => [keyOf(each), { each, n }])));
const chips = computed(chipsOf);

let naming = '';
/** Typing on in the name of one section is one step of the history. */
function putName(n: number, label: Json): void {
  changeSection(n, { label }, naming === `${n}`);
  naming = `${n}`;
}

function SectionHead({ section, n }: { section: Section; n: number }) {
  const [writing, setWriting] = useState(false);
  const id = `s:${n}`;
  const name = shown(section.label) || t('section');
  const keys = (event: KeyboardEvent) => {
    if (liftKeys(event, id, name, (by, sameStep) => { const done = moveSection(n, n + by, sameStep); if (done) { focusOn(`s:${n + by}`); speak(t('now_section', { place: n + by + 1 })); } return done; })) return;
    if (event.key === 'Enter') { event.preventDefault(); select(id); showPanel(); }
    if (event.key === 'F2') { event.preventDefault(); write(); }
    if (event.key === 'Escape') select('');
  };
  const write = () => { naming = ''; select(id); setWriting(true); };
  return <div class="fd-section-head" onPointerDown={event => press(event, () => ({ cargo: { is: 'section', n }, label: name }))}>
    <span class="fd-grip" aria-hidden="true" onPointerDown={event => { event.stopPropagation(); press(event, () => ({ cargo: { is: 'section', n }, label: name }), true); }}><Icon name="grip-vertical" /></span>
    {writing ? <NamesEditor value={section.label} name={t('label')} put={label => putName(n, label)} close={() => { setWriting(false); naming = ''; focusOn(id); }} />
      : <button class="fd-section-name" type="button" id={`fd-${id}`} aria-pressed={isSelected(id)} aria-describedby="fd-how" onKeyDown={keys} onClick={() => select(id, false)} onDblClick={write}>{section.divider ? <Icon name="separator" /> : null}{name}<span class="visually-hidden">, {t('section')}</span></button>}
    <span class="fd-columns-switch" role="group" aria-label={t('columns_of', { what: name })} onPointerDown={event => event.stopPropagation()}>{[1, 2, 3, 4].map(count => <button type="button" class={section.columns === count ? 'active' : ''} aria-pressed={section.columns === count} aria-label={count === 1 ? t('column_one') : t('columns_n', { n: count })} title={count === 1 ? t('column_one') : t('columns_n', { n: count })}
      onClick={() => changeSection(n, { columns: count })} key={count}>{count}</button>)}</span>
  </div>;
}

function Cards({ section }: { section: Section }) {
  const drawing = drawn.value;
  const many = selected.value.length > 1;
  return <div class={`tl-form tl-form-${section.columns} fd-fields`}>
    {section.fields.map(key => {
      const found = places.value.get(key);
      if (!found) return <div class="fd-field fd-wide fd-faulty" data-fd={key} key={key}><div class="tl-error"><Icon name="alert-circle" /><span>{t('no_such_field', { key })}</span></div></div>;
      const chosen = isSelected(`f:${key}`);
      return <Card field={found.each} n={found.n} chosen={chosen} alone={chosen && !many} wide={section.wide.includes(key)} columns={section.columns}
        problems={(faults.value.get(found.n) ?? []).join('\n')} chips={(chips.value.get(key) ?? []).join(' · ')} drawing={drawing} key={key} />;
    })}
    {!section.fields.length && <p class="fd-empty tl-quiet">{t('drop_here')}</p>}
  </div>;
}

const openTab = signal(0);

/** Sections of one tab; without tabs all. */
function parts(): { label: string; from: number; to: number }[] {
  const all = sections.value;
  if (!hasTabs.value) return [{ label: '', from: 0, to: all.length }];
  const starts = all.map((each, n) => ({ each, n })).filter(({ each, n }) => n === 0 || each.tab !== undefined);
  return starts.map(({ each, n }, place) => ({ label: shown(each.tab) || t('tab'), from: n, to: starts[place + 1]?.n ?? all.length }));
}

/** Shows the tab on which a section or field stands. */
export function openPartOf(section: number): void { const n = parts().findIndex(each => section >= each.from && section < each.to); if (n >= 0) openTab.value = n; }

function Beginning() {
  if (!more.is_new || fields.value.length > 1) return null;
  return <div class="fd-begin"><Icon name="forms" /><p>{t('begin_hint')}</p><button class="btn" type="button" onClick={openBegin}><Icon name="table-import" />{t('from_elsewhere')}</button></div>;
}

function Counts() {
  const count = fields.value.length;
  return <span class="tl-quiet fd-counts">{count === 1 ? t('field_one') : t('n_fields', { n: count })} · {t('what_they_see')}</span>;
}

function People() {
  if (!here.value.length) return null;
  const names = here.value.map(each => each.name).join(', ');
  return <span class="fd-people" role="status">{here.value.map(each => <span class="fd-person" title={each.name} aria-hidden="true" key={each.id}>{each.name.slice(0, 1).toUpperCase()}</span>)}<span>{here.value.length === 1 ? t('also_here', { who: names }) : t('also_here_many', { who: names })}</span></span>;
}

export function CanvasPage() {
  const all = sections.value;
  const tabs = parts();
  const now = tabs[Math.min(openTab.value, tabs.length - 1)]!;
  const cards: number[][] = [];
  for (let n = now.from; n < now.to; n += 1) if (all[n]!.divider && cards.length) cards.at(-1)!.push(n); else cards.push([n]);
  const away = (event: MouseEvent) => { if (event.target === event.currentTarget) select(''); };
  return <div class="fd-canvas-page">
    <div class="fd-canvas-head"><WidthSwitch /><button class={`btn btn-sm${several.value ? ' active' : ''}`} type="button" aria-pressed={several.value} onClick={() => { several.value = !several.value; }}><Icon name="list-check" />{t('select_several')}</button><Counts /><People /></div>
    <p class="visually-hidden" id="fd-how">{t('how_keys')}</p>
    <div class={`fd-canvas fd-w-${width.value}`} onClick={away} role="group" aria-label={t('canvas')}>
      {tabs.length > 1 && <div class="tl-tabs fd-parts" role="group" aria-label={t('tabs')}>{tabs.map((each, n) => <button type="button" class={each === now ? 'active' : ''} aria-pressed={each === now} onClick={() => { openTab.value = n; }} key={each.from}>{each.label}</button>)}</div>}
      {cards.map(card => <section class="card fd-card" key={card[0]}>{card.map(n => <div class={`fd-section${isSelected(`s:${n}`) ? ' active' : ''}`} data-section={n} key={n}><SectionHead section={all[n]!} n={n} /><Cards section={all[n]!} /></div>)}</section>)}
      <Beginning />
    </div>
  </div>;
}

/** Where a place of the definition stands on the page. */
export function turnTo(parts: string[]): void {
  const [first = '', n, inner, m] = parts;
  if (first === 'fields' && n !== undefined) {
    const field = fields.value[Number(n)];
    const key = keyOf(field);
    const list = field?.fields;
    const column = inner === 'fields' && m !== undefined && Array.isArray(list) ? keyOf(list[Number(m)] as Thing) : '';
    tab.value = 'fields';
    select(column ? `c:${key}.${column}` : `f:${key}`);
    openPartOf(sections.value.findIndex(each => each.fields.includes(key)));
    showPanel();
  } else if (first === 'layout' && n !== undefined) { tab.value = 'fields'; openPartOf(Number(n)); select(`s:${n}`); }
  else if (first === 'rules') tab.value = 'rules';
  else if (['limits', 'duplicates', 'quality', 'team', 'pool'].includes(first)) tab.value = 'checks';
  else if (['label', 'title', 'icon', 'event_date', 'fields'].includes(first)) { tab.value = 'fields'; select(''); }
  else tab.value = 'json';
}
