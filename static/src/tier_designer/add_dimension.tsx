// A new dimension picked by clicking: a field, or records of a relation → what about them → which of them → over how long. It writes the formula.
import { signal } from '@preact/signals';
import { useEffect, useState } from 'preact/hooks';
import { Dialog } from '../designer/dialog';
import { showMiddle } from '../designer/frame';
import { Icon } from '../designer/icon';
import { change, t } from '../designer/state';
import { offerAt } from '../formula_editor/server';
import { quoted, type FieldOffer, type FormOffer, type Offer } from '../formula_editor/words';
import { dimensions, freeKey, selected } from './model';
import { Waiting } from './parts';

const isOpen = signal(false);
export const openAddDimension = (): void => { isOpen.value = true; };

interface Condition { field: string; relation: string; value: string }
interface Picked { source: string; measure: string; field: string; conditions: Condition[]; on: string; days: string }

const NUMBERS = ['number', 'money', 'duration'];
const DAYS = ['date', 'datetime'];
const AGGREGATES: Record<string, string[]> = { COUNT: [], SUM: NUMBERS, AVG: NUMBERS, MAX: NUMBERS, MIN: NUMBERS, SINCE: DAYS };
const OWN = '';

export const relationsFor = (kind: string): string[] => kind === 'boolean' ? ['is', 'is_not'] : NUMBERS.includes(kind) ? ['>=', '<=', '=='] : ['==', '!='];

function conditionText(prefix: string, each: Condition, field: FieldOffer): string {
  const name = `${prefix}.${each.field}`;
  if (field.kind === 'boolean') return each.relation === 'is_not' ? `not ${name}` : name;
  const value = NUMBERS.includes(field.kind) ? String(Number(each.value) || 0) : quoted(each.value);
  return `${name} ${each.relation} ${value}`;
}

/** The formula of what was picked; empty while something is still to be chosen. */
export function formulaOf(picked: Picked, offer: Offer): string {
  const own = offer.form ? offer.forms[offer.form] : undefined;
  if (picked.source === OWN) {
    const field = own?.fields.find(each => each.key === picked.field);
    return !field ? '' : DAYS.includes(field.kind) ? `DAYS_SINCE(${field.key})` : field.key;
  }
  const relation = own?.relations.find(each => each.key === picked.source);
  const far = relation && offer.forms[relation.to];
  if (!relation || !far || (picked.measure !== 'COUNT' && !picked.field)) return '';
  const what = picked.measure === 'COUNT' ? relation.key : `${relation.key}.${picked.field}`;
  const known = picked.conditions.map(each => ({ each, field: far.fields.find(one => one.key === each.field) })).filter(({ each, field }) => field && (field.kind === 'boolean' || each.value.trim()));
  const where = known.length ? `, where=${known.map(({ each, field }) => conditionText(relation.key, each, field!)).join(' and ')}` : '';
  const days = Number(picked.days);
  const window = days > 0 && picked.on ? `, on=${relation.key}.${picked.on}, days=${Math.round(days)}` : '';
  return picked.measure === 'SINCE' ? `DAYS_SINCE(MAX(${what}${where}${window}))` : `${picked.measure}(${what}${where}${window})`;
}

function proposedName(picked: Picked, offer: Offer): string {
  const own = offer.form ? offer.forms[offer.form] : undefined;
  if (picked.source === OWN) return own?.fields.find(each => each.key === picked.field)?.label ?? '';
  const relation = own?.relations.find(each => each.key === picked.source);
  const field = relation && offer.forms[relation.to]?.fields.find(each => each.key === picked.field);
  return relation ? t(`name_${picked.measure.toLowerCase()}`, { records: relation.label || relation.key, field: field?.label || field?.key || '' }) : '';
}

const EMPTY: Picked = { source: OWN, measure: 'COUNT', field: '', conditions: [], on: '', days: '' };

export function AddDimensionDialog() {
  const [offer, setOffer] = useState<Offer | null>(null);
  const [picked, setPicked] = useState<Picked>(EMPTY);
  const [name, setName] = useState('');
  const [why, setWhy] = useState('');
  const shown = isOpen.value;
  useEffect(() => {
    if (!shown) return;
    setPicked(EMPTY);
    setName('');
    setWhy('');
    void offerAt(`dimensions/${dimensions.peek().length}/value`).then(found => setOffer(found.offer)).catch(error => setWhy(error instanceof Error ? error.message : ''));
  }, [shown]);
  const close = () => { isOpen.value = false; };
  const text = offer ? formulaOf(picked, offer) : '';
  const label = name || (offer ? proposedName(picked, offer) : '');
  const add = () => {
    const all = dimensions.peek();
    const key = freeKey([picked.source, picked.field].filter(Boolean).join('_') || label, all.map(each => String(each.key)));
    const better = /^DAYS_SINCE/.test(text) ? 'lower' : 'higher';
    change(['dimensions'], [...all, { key, label: label || key, weight: 20, value: text, bands: { by: 'quantiles', count: 5, better }, missing: 'worst' }]);
    selected.value = key;
    close();
    showMiddle();
  };
  return <Dialog shown={shown} close={close} title={t('add_dimension')} foot={<><button class="btn" type="button" onClick={close}>{t('cancel')}</button><button class="btn btn-primary" type="submit" form="add-dimension" disabled={!text}>{t('add_dimension')}</button></>}>
    <form id="add-dimension" onSubmit={event => { event.preventDefault(); if (text) add(); }}>
      {why && <div class="tl-note tl-note-bad" role="alert"><Icon name="alert-circle" /><div>{why}</div></div>}
      {!offer && !why && <Waiting />}
      {offer && <Pick offer={offer} picked={picked} set={setPicked} />}
      <div class="tl-field"><label class="form-label" for="dimension-name">{t('dimension_name')}</label><input class="form-control" id="dimension-name" value={name} placeholder={label} autocomplete="off" onInput={event => setName(event.currentTarget.value)} /></div>
      <p class="td-written"><span class="tl-quiet">{t('writes')}</span> <code>{text || '…'}</code></p>
      <p class="tl-help">{t('dimension_begins')}</p>
    </form>
  </Dialog>;
}

interface PickProps { offer: Offer; picked: Picked; set: (picked: Picked) => void }

function Choose({ id, label, now, options, set, none }: { id: string; label: string; now: string; options: readonly (readonly [string, string])[]; set: (value: string) => void; none?: string }) {
  return <div class="tl-field"><label class="form-label" for={id}>{label}</label><select class="form-select" id={id} value={now} onChange={event => set(event.currentTarget.value)}>
    {none !== undefined && <option value="">{none}</option>}{options.map(([key, text]) => <option value={key} key={key}>{text}</option>)}</select></div>;
}

const fieldsOf = (form: FormOffer | undefined, kinds?: string[]) => (form?.fields ?? []).filter(each => !kinds || kinds.includes(each.kind)).map(each => [each.key, each.label || each.key] as const);

function Pick({ offer, picked, set }: PickProps) {
  const own = offer.form ? offer.forms[offer.form] : undefined;
  const relation = own?.relations.find(each => each.key === picked.source);
  const far = relation && offer.forms[relation.to];
  const dates = fieldsOf(far, DAYS);
  return <>
    <Choose id="pick-source" label={t('pick_source')} now={picked.source} options={[[OWN, t('pick_own', { form: own?.label ?? '' })], ...(own?.relations ?? []).map(each => [each.key, t('pick_records', { records: each.label || each.key })] as const)]}
      set={source => set({ ...EMPTY, source, on: fieldsOf(own && offer.forms[own.relations.find(each => each.key === source)?.to ?? ''], DAYS)[0]?.[0] ?? '' })} />
    {!relation && <Choose id="pick-field" label={t('pick_field')} now={picked.field} none={t('choose')} options={fieldsOf(own, [...NUMBERS, ...DAYS])} set={field => set({ ...picked, field })} />}
    {relation && <>
      <div class="td-pair"><Choose id="pick-measure" label={t('pick_measure')} now={picked.measure} options={Object.keys(AGGREGATES).map(each => [each, t(`measure_${each.toLowerCase()}`)] as const)} set={measure => set({ ...picked, measure, field: '' })} />
        {picked.measure !== 'COUNT' && <Choose id="pick-field" label={t('pick_field')} now={picked.field} none={t('choose')} options={fieldsOf(far, AGGREGATES[picked.measure])} set={field => set({ ...picked, field })} />}</div>
      <Conditions far={far} picked={picked} set={set} />
      {dates.length > 0 && <div class="td-pair"><Choose id="pick-on" label={t('pick_on')} now={picked.on} options={dates} set={on => set({ ...picked, on })} />
        <div class="tl-field"><label class="form-label" for="pick-days">{t('pick_days')}</label><input class="form-control" id="pick-days" inputMode="numeric" placeholder={t('all_time')} value={picked.days} onInput={event => set({ ...picked, days: event.currentTarget.value })} /></div></div>}
    </>}
  </>;
}

/** Which of the records count: field, relation, value. */
function Conditions({ far, picked, set }: { far: FormOffer | undefined; picked: Picked; set: (picked: Picked) => void }) {
  const usable = (far?.fields ?? []).filter(each => each.options.length || ['boolean', 'text', ...NUMBERS].includes(each.kind));
  const put = (n: number, next: Partial<Condition>) => set({ ...picked, conditions: picked.conditions.map((each, at) => at === n ? { ...each, ...next } : each) });
  const begin = (key: string): Condition => { const field = usable.find(each => each.key === key); return { field: key, relation: relationsFor(field?.kind ?? '')[0]!, value: field?.options[0]?.[0] ?? '' }; };
  return <fieldset class="tl-field"><legend class="form-label">{t('pick_where')}</legend>
    {picked.conditions.map((each, n) => {
      const field = usable.find(one => one.key === each.field);
      return <div class="td-condition" key={n}>
        <select class="form-select" aria-label={t('pick_field')} value={each.field} onChange={event => put(n, begin(event.currentTarget.value))}>{usable.map(one => <option value={one.key} key={one.key}>{one.label || one.key}</option>)}</select>
        <select class="form-select" aria-label={t('relation')} value={each.relation} onChange={event => put(n, { relation: event.currentTarget.value })}>{relationsFor(field?.kind ?? '').map(one => <option value={one} key={one}>{t(`relation_${one}`)}</option>)}</select>
        {field?.options.length ? <select class="form-select" aria-label={t('value')} value={each.value} onChange={event => put(n, { value: event.currentTarget.value })}>{field.options.map(([key, label]) => <option value={key} key={key}>{label || key}</option>)}</select>
          : field?.kind !== 'boolean' && <input class="form-control" aria-label={t('value')} autocomplete="off" value={each.value} onInput={event => put(n, { value: event.currentTarget.value })} />}
        <button class="btn btn-sm btn-ghost btn-icon" type="button" aria-label={t('remove')} title={t('remove')} onClick={() => set({ ...picked, conditions: picked.conditions.filter((_, at) => at !== n) })}><Icon name="x" /></button></div>;
    })}
    {usable.length > 0 && <button class="btn btn-sm" type="button" onClick={() => set({ ...picked, conditions: [...picked.conditions, begin(usable[0]!.key)] })}><Icon name="plus" />{t('add_condition')}</button>}
  </fieldset>;
}
