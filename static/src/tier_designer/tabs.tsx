// The pages beside scoring: tiers and borders, movement.
import type { ComponentChildren } from 'preact';
import { ChoiceInput, NumberInput, Problems, Value } from '../designer/fields';
import { Icon } from '../designer/icon';
import { resolve, shapeOf } from '../designer/schema';
import { at, change, given, isObject, live, t, type Json, type Path, type Schema } from '../designer/state';
import { freeKey, liveOne, listOf, nameOf, tiers, type Thing } from './model';
import { Card, Faults, TierOf, Warnings, Was } from './parts';
import { ScoreCard } from './scores';
import { simulation } from './server';

const propertiesOf = (name: string): Record<string, Schema> => resolve({ $ref: `#/$defs/${name}` }).properties as Record<string, Schema>;
const liveAt = (path: Path): Json | undefined => at(path, live.value.body ?? undefined);

// -- tiers and borders -----------------------------------------------------------------------------------------------------------------
export function TiersPage() {
  const all = tiers.value;
  const add = () => {
    const list = listOf('tiers');
    const top = all[0]?.from ?? 0;
    const key = freeKey('tier', list.map(each => String(each.key)));
    change(['tiers'], [{ key, label: t('new_tier'), color: 'green', from: Math.min(100, Math.round((top + 100) / 2)) }, ...list]);
  };
  return <>
    <ScoreCard handles />
    <Card id="tiers-title" title={t('tiers')} about={t('tiers_about')} tools={<button class="btn btn-sm" type="button" onClick={add}><Icon name="plus" />{t('add_tier')}</button>}>
      <Problems path={['tiers']} /><Warnings fits={path => path === 'tiers' || path.startsWith('tiers/')} />
      {all.map(({ value, n }, place) => <TierRow value={value} n={n} last={place === all.length - 1} key={String(value.key ?? n)} />)}
    </Card>
  </>;
}

function TierRow({ value, n, last }: { value: Thing; n: number; last: boolean }) {
  const path: Path = ['tiers', n];
  const was = liveOne('tiers', value.key);
  const name = nameOf(value, n);
  const found = simulation.found.value?.tiers.find(each => each.tier === value.key);
  const remove = () => change(path, undefined);
  return <div class="td-tier-row" role="group" aria-label={name}>
    <div class="td-tier-line"><span class="td-tier-name"><TierOf tier={value.key} /></span>
      <label class="tb-named"><span>{t('from')}</span><NumberInput path={[...path, 'from']} label={`${name}: ${t('from')}`} small /><Was path={[...path, 'from']} from={was?.from} /></label>
      {!last && <label class="tb-named"><span>{t('keep_from')}</span><NumberInput path={[...path, 'keep_from']} label={`${name}: ${t('keep_from')}`} placeholder={String(value.from ?? '')} small /><Was path={[...path, 'keep_from']} from={was?.keep_from} /></label>}
      {found && <span class="tl-quiet tl-push tl-num">{t('now_then', { now: found.now.toLocaleString('en'), then: found.then.toLocaleString('en') })}</span>}
      <button class="btn btn-sm btn-ghost btn-icon" type="button" aria-label={`${t('remove')}: ${name}`} title={t('remove')} disabled={tiers.value.length < 2} onClick={remove}><Icon name="trash" /></button></div>
    <Faults at={path} names={['from', 'keep_from', 'key']} />
    <details class="td-more"><summary>{t('name_colour')}</summary><div class="td-more-body">{(['label', 'color'] as const).map(each => <Value path={[...path, each]} name={each} shape={shapeOf(propertiesOf('Tier')[each]!)} required={each === 'label'} key={each} />)}</div></details>
  </div>;
}

// -- movement --------------------------------------------------------------------------------------------------------------------------
interface RuleProps { name: string; why: string; children?: ComponentChildren; path: Path }

/** One rule: its setting, why it is there, what the live version says. */
const Rule = ({ name, why, children, path }: RuleProps) => <div class="td-rule"><div class="td-rule-words"><label class="td-rule-name" for={`f-${path.join('/')}`}>{name}</label><p class="tl-meta tl-quiet">{why}</p></div>
  <div class="td-rule-value">{children}<Was path={path} from={liveAt(path)} /><Problems path={path} /><Warnings path={path.join('/')} /></div></div>;

function movementSentence(): string {
  const movement = at(['movement']);
  const value = isObject(movement) ? movement : {};
  const days = value.least_stay_days ? t('stay_days', { n: Number(value.least_stay_days) }) : value.least_stay_months ? t('stay_months', { n: Number(value.least_stay_months) }) : t('stay_none');
  const grace = value.grace_days ? t('grace_said', { n: Number(value.grace_days) }) : t('grace_none');
  return [days, grace, t(value.down === 'one_step' ? 'down_one' : 'down_direct'), t(value.demotion === 'propose' ? 'demotion_proposed' : 'demotion_auto')].join(given.language === 'zh' ? '' : ' ');
}

export function MovementPage() {
  const movement = (name: string): Path => ['movement', name];
  const number = (name: string, unit: string) => <span class="td-unit"><NumberInput path={movement(name)} small /><span class="tl-quiet">{unit}</span></span>;
  const automations = given.known.automation;
  const chosen = String(at(movement('grace_automation')) ?? '');
  return <>
    <Card id="movement-title" title={t('movement')}><p class="td-said">{movementSentence()}</p><Problems path={['movement']} /><Warnings path="movement" />
      <Rule name={given.settings.least_stay_days!} why={t('why_stay')} path={movement('least_stay_days')}>{number('least_stay_days', t('days'))}</Rule>
      <Rule name={given.settings.least_stay_months!} why={t('why_stay_months')} path={movement('least_stay_months')}>{number('least_stay_months', t('months'))}</Rule>
      <Rule name={given.settings.grace_days!} why={t('why_grace')} path={movement('grace_days')}>{number('grace_days', t('days'))}</Rule>
      <Rule name={given.settings.grace_automation!} why={t('why_win_back')} path={movement('grace_automation')}><select class="form-select" id="f-movement/grace_automation" value={chosen} onChange={event => change(movement('grace_automation'), event.currentTarget.value || undefined)}>
        <option value="">{t('nothing')}</option>{chosen && !automations.some(each => each.key === chosen) && <option value={chosen}>{chosen}</option>}{automations.map(each => <option value={each.key} key={each.key}>{each.label || each.key}</option>)}</select></Rule>
      <Rule name={given.settings.down!} why={t('why_down')} path={movement('down')}><ChoiceInput path={movement('down')} values={['direct', 'one_step']} fallback="direct" plain /></Rule>
      <Rule name={given.settings.demotion!} why={t('why_demotion')} path={movement('demotion')}><ChoiceInput path={movement('demotion')} values={['auto', 'propose']} fallback="auto" plain /></Rule>
      <Rule name={given.settings.provisional_below_quality!} why={t('why_provisional')} path={movement('provisional_below_quality')}>{number('provisional_below_quality', '%')}</Rule>
    </Card>
    <Card id="publishing-title" title={t('when_rated')}>
      <Rule name={given.settings.on_publish!} why={t('why_on_publish')} path={['on_publish']}><ChoiceInput path={['on_publish']} values={['place', 'respect_movement']} fallback="place" plain /></Rule>
      <Rule name={given.settings.nightly_at!} why={t('why_nightly')} path={['recompute', 'nightly_at']}><input class="form-control tb-small" id="f-recompute/nightly_at" value={String(at(['recompute', 'nightly_at']) ?? '')} placeholder="02:30" autocomplete="off" onInput={event => change(['recompute', 'nightly_at'], event.currentTarget.value || undefined)} /></Rule>
      <Rule name={given.settings.on_change!} why={t('why_on_change')} path={['recompute', 'on_change']}><ChoiceOnOff path={['recompute', 'on_change']} usual /></Rule>
    </Card>
  </>;
}

function ChoiceOnOff({ path, usual }: { path: Path; usual: boolean }) {
  const on = at(path) ?? usual;
  return <span class="form-check form-switch tb-switch"><input class="form-check-input" type="checkbox" role="switch" id={`f-${path.join('/')}`} checked={on === true} onChange={event => change(path, event.currentTarget.checked)} /></span>;
}
