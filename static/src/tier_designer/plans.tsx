// Service plans: what each tier is promised, which to-dos are made of it, and what serving it earns.
import { NumberInput, Problems, Value } from '../designer/fields';
import { Icon } from '../designer/icon';
import { resolve, shapeOf } from '../designer/schema';
import { at, change, given, isObject, live, t, type Json, type Path, type Schema } from '../designer/state';
import { tiers, type Thing } from './model';
import { Card, TierOf, Warnings, Was } from './parts';
import { Who } from './who';
import { simulation } from './server';

const propertiesOf = (name: string): Record<string, Schema> => resolve({ $ref: `#/$defs/${name}` }).properties as Record<string, Schema>;
const liveAt = (path: Path): Json | undefined => at(path, live.value.body ?? undefined);
const PROMISED = ['contact_every_days', 'respond_within_hours', 'channel', 'owner_pool', 'script', 'commission_factor'];
const PEOPLE = ['owner_pool', 'escalate_to'];

export function PlansPage() {
  return <><Warnings path="plans" />{tiers.value.map(({ value, n }) => <PlanCard tier={value} n={n} key={String(value.key ?? n)} />)}<WorkCard /><SourcesCard /></>;
}

/** Who does the work of the plans, and how much of it fits into a month. */
function WorkCard() {
  const people = (given as unknown as { members: Record<string, { key: string; label: string }[]> }).members[String(at(['form']) ?? '')] ?? [];
  const now = String(at(['workload', 'owner']) ?? '');
  return <Card id="work-settings" title={t('work_settings')} about={t('work_settings_about')}><Problems path={['workload']} /><Warnings fits={path => path === 'workload' || path.startsWith('workload/')} />
    <div class="td-pair"><div class="tl-field"><label class="form-label" for="f-workload/owner">{t('work_owner')}</label><select class="form-select" id="f-workload/owner" value={now} onChange={event => change(['workload', 'owner'], event.currentTarget.value || undefined)}>
        <option value="">{t('work_owner_first')}</option>{now && !people.some(each => each.key === now) && <option value={now}>{now}</option>}{people.map(each => <option value={each.key} key={each.key}>{each.label || each.key}</option>)}</select><Problems path={['workload', 'owner']} /></div>
      <div class="tl-field"><label class="form-label" for="f-workload/follow_ups_per_month">{t('work_most')}</label><NumberInput path={['workload', 'follow_ups_per_month']} /><Problems path={['workload', 'follow_ups_per_month']} /></div></div></Card>;
}

/** Which records count as contact, as reply and for commission is chosen on a page of its own. */
function SourcesCard() {
  return <Card id="plan-sources" title={t('plan_sources')} about={t('plan_sources_about')}><p><a href={`${location.pathname}/effect`}>{t('plan_sources_link')}</a></p></Card>;
}

function One({ path, name }: { path: Path; name: string }) {
  const shape = shapeOf(propertiesOf('Plan')[name]!);
  const was = liveAt([...path, name]);
  return <div class={name === 'script' ? 'td-wide' : ''}>{PEOPLE.includes(name) ? <Who path={[...path, name]} label={given.settings[name]!} /> : <Value path={[...path, name]} name={name} shape={shape} required={false} />}
    <Was path={[...path, name]} from={typeof was === 'object' ? undefined : was} /></div>;
}

function PlanCard({ tier, n }: { tier: Thing; n: number }) {
  const key = String(tier.key ?? n);
  const path: Path = ['plans', key];
  const plan = at(path);
  const found = simulation.found.value?.tiers.find(each => each.tier === key);
  const every = isObject(plan) ? Number(plan.contact_every_days) : 0;
  return <Card id={`plan-${key}`} title={<TierOf tier={key} />} about={found && <>{t('people_count', { n: found.then.toLocaleString('en') })}{every > 0 && t('contacts_month', { n: Math.round(found.then * 30 / every).toLocaleString('en') })}</>}
    tools={isObject(plan) && <button class="btn btn-sm btn-ghost" type="button" onClick={() => change(path, undefined)}><Icon name="x" />{t('no_plan_button')}</button>}>
    <Problems path={path} /><Warnings path={path.join('/')} />
    {isObject(plan) ? <><div class="td-plan">{PROMISED.map(name => <One path={path} name={name} key={name} />)}</div><Tasks path={path} plan={plan} tier={key} /></>
      : <p class="tl-quiet td-no-plan">{t('no_plan')} <button class="btn btn-sm" type="button" onClick={() => change(path, { contact_every_days: 30, tasks: true })}><Icon name="plus" />{t('add_plan')}</button></p>}
  </Card>;
}

/** What of the plan becomes to-dos. */
function Tasks({ path, plan, tier }: { path: Path; plan: Record<string, Json | undefined>; tier: string }) {
  const id = `f-${[...path, 'tasks'].join('/')}`;
  return <fieldset class="td-tasks"><legend class="visually-hidden">{given.settings.tasks}</legend>
    <div class="form-check form-switch tb-switch"><input class="form-check-input" type="checkbox" role="switch" id={id} checked={plan.tasks === true} aria-describedby={`${id}-help`} onChange={event => change([...path, 'tasks'], event.currentTarget.checked || undefined)} /><label class="form-check-label" for={id}>{given.settings.tasks}</label></div>
    <p class="tl-meta tl-quiet" id={`${id}-help`}>{t(plan.tasks === true ? 'tasks_on' : 'tasks_off')}</p><Problems path={[...path, 'tasks']} />
    {(plan.tasks === true || Array.isArray(plan.steps)) && <Steps path={[...path, 'steps']} tier={tier} />}
    {plan.tasks === true && <div class="td-plan">{['remind_days_before', 'escalate_after_days', 'escalate_to'].map(name => <One path={path} name={name} key={name} />)}</div>}
  </fieldset>;
}

/** The first days, to-do by to-do. */
function Steps({ path, tier }: { path: Path; tier: string }) {
  const now = at(path);
  const steps = Array.isArray(now) ? now.filter(isObject) : [];
  const properties = propertiesOf('PlanStep');
  const last = Number(steps.at(-1)?.on_day ?? -1);
  const add = () => {
    change(path, [...steps, { on_day: steps.length ? last + 3 : 0, todo: '' }]);
    requestAnimationFrame(() => document.getElementById(`f-${[...path, steps.length, 'todo'].join('/')}`)?.focus());
  };
  return <div class="td-steps" role="group" aria-label={`${tier}: ${t('plan_steps')}`}><h3>{t('plan_steps')}</h3><Problems path={path} />
    {steps.length > 0 && <ol>{steps.map((_, n) => <li key={n}><div class="td-step-day"><Value path={[...path, n, 'on_day']} name="on_day" shape={shapeOf(properties.on_day!)} required /></div>
      <div class="td-step-what"><Value path={[...path, n, 'todo']} name="todo" shape={shapeOf(properties.todo!)} required /></div><div class="td-step-how"><Value path={[...path, n, 'channel']} name="channel" shape={shapeOf(properties.channel!)} required={false} /></div>
      <button class="btn btn-sm btn-ghost btn-icon" type="button" aria-label={`${t('remove')}: ${t('plan_step', { n: n + 1 })}`} title={t('remove')} onClick={() => change(path, steps.length > 1 ? steps.filter((_each, place) => place !== n) : undefined)}><Icon name="trash" /></button></li>)}</ol>}
    <button class="btn btn-sm" type="button" onClick={add}><Icon name="plus" />{t('add_step')}</button></div>;
}
