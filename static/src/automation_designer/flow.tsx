// The flow: trigger, condition, steps; arms beside each other that join again, a loop as a box.
import { titleOf } from '../designer/fields';
import { Icon } from '../designer/icon';
import { at, body, change, given, isObject, t, type Path } from '../designer/state';
import { Plus } from './adding';
import { StepCard, stepName, TriggerCard, WhenCard } from './cards';
import { Chips, ConditionChips, inWords } from './chips';
import { begin, faultsAt, isBox, kindIcon, lanesOf, more, placeOf, selected, stepsAt, TOP, triggerIcon, trigger, type Lane } from './model';
import { choose } from './cards';
import { words } from './words';

// -- the whole in one sentence ----------------------------------------------------------------------------------------------------------
function OnOff() {
  const found = at(['enabled']);
  const on = found === undefined || found === true;
  return <label class="form-check form-switch ax-on" title={t('on_about')}><input class="form-check-input" type="checkbox" role="switch" checked={on} onChange={event => change(['enabled'], event.currentTarget.checked)} /><span class="form-check-label">{t(on ? 'switched_on' : 'switched_off')}</span></label>;
}

export function Sentence() {
  const found = words.found.value;
  return <div class={`ax-sentence${words.state.value === 'waiting' ? ' td-old' : ''}`}><p><span class="tl-quiet">{t('in_words')}</span> {found ? <Chips text={found.sentence} /> : '…'}</p><OnOff /></div>;
}

// -- the steps --------------------------------------------------------------------------------------------------------------------------
function Arm({ list, prefix }: { list: Path; prefix: string }) {
  const steps = stepsAt(list);
  return <ol class={`ax-arm${steps.length ? '' : ' ax-arm-empty'}`} data-arm={placeOf(list)}>
    {steps.map((_, n) => <li data-step={placeOf([...list, n])} key={n}>
      <Plus list={list} index={n} />
      <StepCard path={[...list, n]} label={`${prefix}${n + 1}`} />
      <Inside path={[...list, n]} prefix={`${prefix}${n + 1}.`} />
    </li>)}
    <li class="ax-last">{steps.length ? <Plus list={list} index={steps.length} /> : <Plus list={list} index={0} label={list.length === 1 ? t('no_steps') : t('add_step')} />}</li>
  </ol>;
}

function Inside({ path, prefix }: { path: Path; prefix: string }) {
  const step = at(path);
  const lanes = lanesOf(path);
  if (!isObject(step) || !lanes.length) return null;
  if (isBox(step.type)) return <div class="ax-box"><Arm list={lanes[0]!.list} prefix={prefix} /></div>;
  return <div class="ax-branch" data-lanes={lanes.length}><div class="ax-lanes">{lanes.map((lane, n) => <section class="ax-lane" aria-label={laneLabel(lane)} key={placeOf(lane.list)}>
    <span class="ax-lane-name">{lane.part ? <LaneWhen lane={lane} /> : laneLabel(lane)}</span><Arm list={lane.list} prefix={`${prefix}${lanes.length > 1 ? `${String.fromCharCode(97 + n)}` : ''}`} /></section>)}</div></div>;
}

const laneLabel = (lane: Lane): string => lane.part ? lane.name : titleOf(lane.name);
function LaneWhen({ lane }: { lane: Lane }) {
  const when = at([...lane.part!, 'when']);
  return typeof when === 'string' && when ? <ConditionChips text={when} /> : <>{lane.name}</>;
}

export function Flow() {
  const blank = !stepsAt(TOP).length && !isObject(given.live_body);
  return <div class="ax-page"><Sentence />
    <p class="visually-hidden" id="ax-lift-help">{t('lift_help')}</p>
    <div class="ax-flow" aria-label={t('flow_of')} role="group">
      <TriggerCard /><span class="ax-line" aria-hidden="true" /><WhenCard /><Arm list={TOP} prefix="" />
      {stepsAt(TOP).length > 0 && <span class="ax-end">{t('end')}</span>}
    </div>
    {blank && <Starters />}
  </div>;
}

function Starters() {
  return <section class="ax-starters" aria-labelledby="ax-starters"><h2 id="ax-starters">{t('starters_title')}</h2><p class="tl-quiet">{t('starters_about')}</p>
    <div class="ax-starter-list">{more.starters.map(each => <div class={`ax-starter${each.body ? '' : ' ax-starter-off'}`} key={each.key}><Icon name={each.icon} /><div><h3>{each.label}</h3><p class="tl-meta">{each.body ? each.about : each.missing}</p>
      {each.body && <button class="btn btn-sm" type="button" data-starter={each.key} onClick={() => begin(each.body!)}>{t('start_with')}</button>}</div></div>)}</div></section>;
}

// -- the outline ------------------------------------------------------------------------------------------------------------------------
export function Outline() {
  void body.value;
  return <div><div class="td-left-head"><h2>{t('pane_outline')}</h2></div>
    <ul class="ax-outline"><li><Entry place="trigger" icon={triggerIcon(trigger.value.type)} text={words.found.value?.trigger ?? t('trigger')} /></li><li><Entry place="when" icon="filter" text={typeof at(['when']) === 'string' && at(['when']) ? inWords(String(at(['when']))) : t('no_when')} /></li>
      <Entries list={TOP} /></ul></div>;
}

function Entries({ list }: { list: Path }) {
  return <>{stepsAt(list).map((step, n) => {
    const path = [...list, n], lanes = lanesOf(path);
    return <li key={n}><Entry place={placeOf(path)} icon={kindIcon(isObject(step) ? step.type : '')} text={stepName(path)} />
      {lanes.map(lane => stepsAt(lane.list).length > 0 && <div class="ax-outline-arm" key={placeOf(lane.list)}>{!isBox(isObject(step) ? step.type : '') && <span class="tl-meta tl-quiet">{laneLabel(lane)}</span>}<ul class="ax-outline"><Entries list={lane.list} /></ul></div>)}</li>;
  })}</>;
}

function Entry({ place, icon, text }: { place: string; icon: string; text: string }) {
  const faulty = faultsAt(place).length > 0;
  return <button class={`ax-entry${selected.value === place ? ' active' : ''}`} type="button" aria-pressed={selected.value === place} onClick={() => choose(place)}><Icon name={faulty ? 'alert-circle' : icon} /><span class="tl-cut">{text}</span></button>;
}
