// The designer of a workflow: the drawing or the same as a list, properties beside it, the simulation below.
import './css/editor.css';
import './css/designer.css';
import './css/form_designer.css';
import './css/workflow_designer.css';
import { batch, computed, signal } from '@preact/signals';
import { onNames, Suggestions } from './designer/fields';
import { fromAddress, inAddress, pane, Panes, startDesigner } from './designer/frame';
import { JsonPane } from './designer/general';
import { Icon } from './designer/icon';
import { here, startPresence } from './designer/presence';
import { PublishDialog, StaleDialog } from './designer/publish';
import { advice, given, isObject, onJump, t, tab, wide } from './designer/state';
import { Palette } from './workflow_designer/adding';
import { Canvas } from './workflow_designer/canvas';
import { List } from './workflow_designer/list';
import { begin, isBlank, keyOf, more, nameOf, nodes, panelTab, selected } from './workflow_designer/model';
import { offered, offeredKeys, pageOf, Panel, SettingsPanel } from './workflow_designer/panel';
import { Simulation } from './workflow_designer/simulation';
import { simulating, startSimulation, startWords } from './workflow_designer/words';

const NAMES = { left: t('pane_palette'), middle: t('pane_flow'), right: t('pane_panel') };
/** Drawing or list; a narrow screen begins with the list. */
const shape = signal(fromAddress('as') || (wide.peek() ? 'drawing' : 'list'));

function Others() {
  return here.value.length > 0 ? <p class="wx-here tl-meta" role="status"><Icon name="users" /> {here.value.map(each => each.place.startsWith('n:') ? t('here_at', { who: each.name, where: nameOf(each.place.slice(2)) }) : t('here', { who: each.name })).join(t('comma'))}</p> : null;
}

function Middle() {
  const isList = shape.value === 'list';
  return <div class={`wx-middle${isList ? ' wx-as-list' : ''}`}>
    <div class="wx-top"><div class="tl-segment" role="group" aria-label={t('view')}>{(['drawing', 'list'] as const).map(each => <button type="button" class={shape.value === each ? 'active' : ''} aria-pressed={shape.value === each} onClick={() => { shape.value = each; }} key={each}>{t(`as_${each}`)}</button>)}</div><Others /></div>
    {isList ? <List /> : <Canvas />}
    {isBlank.value && !isObject(given.live_body) && <Starters />}
    {simulating.value && <Simulation />}
  </div>;
}

function Starters() {
  return <section class="wx-starters" aria-labelledby="wx-starters"><h2 id="wx-starters">{t('starters_title')}</h2>
    <div class="wx-starter-list">{more.starters.map(each => <div class={`wx-starter${each.body ? '' : ' wx-starter-off'}`} key={each.key}><Icon name={each.icon} /><div><h3>{each.label}</h3><p class="tl-meta">{each.body ? each.about : each.missing}</p>
      {each.body && <button class="btn btn-sm" type="button" data-starter-body={each.key} onClick={() => begin(each.body!)}>{t('start_with')}</button>}</div></div>)}</div></section>;
}

function Page() {
  if (tab.value === 'settings') return <Panes middle={<div class="wx-settings"><Suggestions /><SettingsPanel /></div>} names={{ ...NAMES, middle: t('tab_settings') }} />;
  if (tab.value === 'json') return <Panes middle={<Middle />} right={<JsonPane />} names={{ left: '', middle: t('pane_flow'), right: t('json_tab') }} />;
  return <Panes left={wide.value ? <Palette /> : undefined} middle={<><Suggestions /><Middle /></>} right={<Panel />} names={NAMES} />;
}

/** The node or line on which the place of a problem stands, and the page of the panel that holds it. */
function turnTo(parts: string[]): void {
  const [list, number, name] = parts;
  batch(() => {
    tab.value = 'flow';
    pane.value = 'right';
    if (list === 'nodes' && number !== undefined) { selected.value = `n:${keyOf(nodes.value[Number(number)])}`; panelTab.value = name ? pageOf(name) : 'who'; }
    else if (list === 'lines' && number !== undefined) selected.value = `l:${number}`;
    else { selected.value = ''; if (list !== 'nodes' && list !== 'lines') tab.value = 'settings'; pane.value = 'middle'; }
  });
}

onNames(offered, offeredKeys);
selected.value = fromAddress('select');
onJump(turnTo);
inAddress('select', selected);
inAddress('as', shape, wide.peek() ? 'drawing' : 'list');
startWords();
startSimulation();
startPresence(() => selected.peek());
pane.value = 'middle';
startDesigner({
  tabs: [{ key: 'flow', label: t('tab_flow') }, { key: 'settings', label: t('tab_start') }],
  hints: computed(() => advice.value),
  tools: () => <button class={`btn wx-try${simulating.value ? ' active' : ''}`} type="button" aria-pressed={simulating.value} aria-label={t('simulation')} title={t('simulation')} data-simulate onClick={() => { batch(() => { simulating.value = !simulating.value; tab.value = 'flow'; pane.value = 'middle'; }); }}><Icon name="player-play" /><span class="td-label">{t('simulation')}</span></button>,
  page: Page,
  dialogs: () => <><PublishDialog /><StaleDialog /></>,
});
