// What is not decided by the score alone: lanes, floors, ceilings, freezes, provisional tiers, and who takes part at all.
import { NumberInput, Problems, removeEntry, Value } from '../designer/fields';
import { Layer, showMiddle } from '../designer/frame';
import { Icon } from '../designer/icon';
import { beginning, resolve, shapeOf } from '../designer/schema';
import { at, change, given, shown, t, type Schema } from '../designer/state';
import { EXCEPTIONS, figure, listOf, selected, tierName, tiers, type Exception, type Thing } from './model';
import { Card, Warnings } from './parts';
import { distribution, simulation } from './server';

const ICONS: Record<Exception | 'provisional', string> = { lanes: 'plant', floors: 'arrow-bar-up', ceilings: 'arrow-bar-down', freeze: 'lock', provisional: 'help-circle' };
const schemaOf = (name: string): Schema => (resolve(given.schema!).properties as Record<string, Schema>)[name]!;

/** One exception in a short sentence. */
export function said(kind: Exception, value: Thing): string {
  const when = String(value.when ?? '') || '…';
  if (kind === 'lanes') return shown(value.label) || when;
  const why = shown(value.why) || when;
  return kind === 'freeze' ? t('said_freeze', { why }) : t(kind === 'floors' ? 'said_floor' : 'said_ceiling', { why, tier: tierName(value.tier) || '…' });
}

const quality = (): number | null => { const value = at(['movement', 'provisional_below_quality']); return typeof value === 'number' ? value : null; };

function choose(what: string): void {
  selected.value = what;
  showMiddle();
}

export function ExceptionList() {
  const add = (kind: Exception) => {
    const list = listOf(kind);
    const items = (shapeOf(schemaOf(kind)).schema.items ?? {}) as Schema;
    const fresh = beginning(items);
    change([kind], [...list, kind === 'floors' || kind === 'ceilings' ? { ...(fresh as Thing), tier: String(tiers.value[0]?.value.key ?? '') } : fresh]);
    choose(`${kind}/${list.length}`);
  };
  const line = (what: string, icon: string, text: string) => <li key={what}><button class={`td-line${selected.value === what ? ' active' : ''}`} type="button" aria-pressed={selected.value === what} onClick={() => choose(what)}><Icon name={icon} /><span>{text}</span></button></li>;
  return <section aria-labelledby="exceptions-title"><div class="td-left-head"><h2 id="exceptions-title">{t('exceptions')}</h2>
    <span class="tl-push"><Layer class="btn btn-sm btn-ghost btn-icon" label={t('add_exception')} name="exception" button={<Icon name="plus" />}>{close => <ul class="tl-plain td-menu">{EXCEPTIONS.map(kind => <li key={kind}><button class="dropdown-item" type="button" onClick={() => { close(); add(kind); }}><Icon name={ICONS[kind]} />{t(`add_${kind}`)}</button></li>)}
      {quality() === null && <li><button class="dropdown-item" type="button" onClick={() => { close(); change(['movement', 'provisional_below_quality'], 60); choose('provisional'); }}><Icon name={ICONS.provisional} />{t('add_provisional')}</button></li>}</ul>}</Layer></span></div>
    <ul class="tl-plain td-lines">{EXCEPTIONS.flatMap(kind => listOf(kind).map((each, n) => line(`${kind}/${n}`, ICONS[kind], said(kind, each))))}
      {quality() !== null && line('provisional', ICONS.provisional, t('said_provisional', { n: quality()! }))}</ul>
    {!EXCEPTIONS.some(kind => listOf(kind).length) && quality() === null && <p class="tl-meta tl-quiet">{t('no_exceptions')}</p>}
    <Warnings fits={path => EXCEPTIONS.some(kind => path === kind || path.startsWith(`${kind}/`))} />
  </section>;
}

export function PopulationLine() {
  const text = String(at(['population']) ?? '');
  const count = distribution.found.value?.population ?? simulation.found.value?.population;
  const now = selected.value === 'population';
  return <section class="td-population" aria-label={t('population')}><button class={`td-line${now ? ' active' : ''}`} type="button" aria-pressed={now} onClick={() => choose('population')}><span class="td-people"><span class="tl-quiet">{t('population')}</span><span class={`tl-cut${text ? ' td-formula' : ''}`} title={text}>{text || t('everybody')}</span><b>{count === undefined ? '…' : t('people_count', { n: figure(count) })}</b></span></button>
    <Warnings fits={path => path === 'population'} /></section>;
}

/** The chosen exception, in the middle. */
export function ExceptionCard() {
  const [kind, place] = selected.value.split('/') as [Exception | 'population' | 'provisional', string | undefined];
  if (kind === 'population') {
    return <Card id="exception-title" title={t('population')} about={t('population_about')}><Value path={['population']} name="population" shape={shapeOf(schemaOf('population'))} required={false} /></Card>;
  }
  if (kind === 'provisional') {
    return <Card id="exception-title" title={t('provisional')} about={t('provisional_about')}><div class="tl-field"><label class="form-label" for="f-movement/provisional_below_quality">{given.settings.provisional_below_quality}</label><NumberInput path={['movement', 'provisional_below_quality']} small /><Problems path={['movement', 'provisional_below_quality']} /></div>
      <button class="btn btn-sm btn-quiet-danger" type="button" onClick={() => { change(['movement', 'provisional_below_quality'], undefined); selected.value = ''; }}><Icon name="trash" />{t('remove')}</button></Card>;
  }
  const n = Number(place);
  const value = listOf(kind)[n];
  if (!value) return <Card id="exception-title" title={t('exceptions')}><p class="tl-quiet">{t('gone')}</p></Card>;
  const items = (shapeOf(schemaOf(kind)).schema.items ?? {}) as Schema;
  return <Card id="exception-title" title={t(`one_${kind}`)} about={t(`about_${kind}`)}>
    <Value path={[kind, n]} name={String(n)} shape={shapeOf(items)} required />
    <button class="btn btn-sm btn-quiet-danger" type="button" onClick={() => { removeEntry([kind], n); selected.value = ''; }}><Icon name="trash" />{t('remove')}</button>
  </Card>;
}
