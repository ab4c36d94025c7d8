// The designer of an automation: the flow in the middle, its properties or a dry run beside it.
import './css/editor.css';
import './css/designer.css';
import './css/form_designer.css';
import './css/automation_designer.css';
import { batch, computed } from '@preact/signals';
import { onNames, Suggestions } from './designer/fields';
import { fromAddress, inAddress, pane, Panes, startDesigner } from './designer/frame';
import { JsonPane } from './designer/general';
import { Icon } from './designer/icon';
import { PublishDialog, StaleDialog } from './designer/publish';
import { advice, at, given, isObject, onJump, t, tab, type Path } from './designer/state';
import { Palette } from './automation_designer/adding';
import { DryRun, PERIODS } from './automation_designer/dry';
import { mode, period } from './automation_designer/dry_run';
import { Flow, Outline } from './automation_designer/flow';
import { lanesOf, placeOf, selected } from './automation_designer/model';
import { offered, offeredKeys } from './automation_designer/offers';
import { Panel, SettingsPanel } from './automation_designer/panel';
import { beginValue, valueInput } from './automation_designer/values';
import { RunsTab } from './automation_designer/runs';
import { dryOpen, startWords } from './automation_designer/words';

const NAMES = { left: t('pane_outline'), middle: t('pane_flow'), right: t('pane_panel') };

/** The card on which the place of a problem stands. */
function cardOf(parts: string[]): string {
  if (parts[0] !== 'steps') return parts[0] === 'trigger' || parts[0] === 'when' ? parts[0] : '';
  let path: Path = ['steps', Number(parts[1])];
  for (let deeper = true; deeper;) {
    deeper = false;
    for (const lane of lanesOf(path)) {
      const length = lane.list.length;
      if (parts.length > length && parts.slice(0, length).join('/') === placeOf(lane.list) && isObject(at([...lane.list, Number(parts[length])]))) { path = [...lane.list, Number(parts[length])]; deeper = true; break; }
    }
  }
  return placeOf(path);
}

function Page() {
  const right = dryOpen.value ? <DryRun /> : <Panel />;
  if (tab.value === 'runs') return <Panes middle={<RunsTab />} names={{ ...NAMES, middle: t('tab_runs') }} />;
  if (tab.value === 'settings') return <Panes middle={<div class="ax-settings"><Suggestions /><SettingsPanel /></div>} names={{ ...NAMES, middle: t('tab_settings') }} />;
  if (tab.value === 'json') return <Panes middle={<Flow />} right={<JsonPane />} names={{ left: '', middle: t('pane_flow'), right: t('json_tab') }} />;
  return <Panes left={<><Outline /><Palette /></>} middle={<><Suggestions /><Flow /></>} right={right} names={{ ...NAMES, right: dryOpen.value ? t('pane_dry') : NAMES.right }} />;
}

onNames(offered, offeredKeys, { input: valueInput, begin: beginValue });
selected.value = fromAddress('select');
const asked = fromAddress('dry');
if (PERIODS.includes(asked)) batch(() => { dryOpen.value = true; mode.value = 'past'; period.value = asked; pane.value = 'right'; });
onJump(parts => { batch(() => { tab.value = 'flow'; dryOpen.value = false; selected.value = cardOf(parts); if (!selected.value) tab.value = 'settings'; pane.value = 'right'; }); });
inAddress('select', selected);
startWords();
pane.value = 'middle';
startDesigner({
  tabs: [{ key: 'flow', label: t('tab_flow') }, { key: 'runs', label: () => given.live_body ? t('tab_runs') : '' }, { key: 'settings', label: t('tab_settings') }],
  hints: computed(() => advice.value),
  tools: () => <button class={`btn ax-try${dryOpen.value ? ' active' : ''}`} type="button" aria-pressed={dryOpen.value} aria-label={t('dry')} title={t('dry')} onClick={() => { batch(() => { dryOpen.value = !dryOpen.value; if (dryOpen.value) { tab.value = 'flow'; pane.value = 'right'; } }); }}><Icon name="player-play" /><span class="td-label">{t('dry')}</span></button>,
  page: Page,
  dialogs: () => <><PublishDialog /><StaleDialog /></>,
});
