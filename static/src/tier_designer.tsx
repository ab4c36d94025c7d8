// The designer of tier models: cuts on real distributions, and beside them who would move.
import './css/editor.css';
import './css/designer.css';
import { computed } from '@preact/signals';
import { inAddress, Panes, startDesigner } from './designer/frame';
import { Suggestions } from './designer/fields';
import { FormPane, JsonPane } from './designer/general';
import { Icon } from './designer/icon';
import { onPublished, PublishDialog, StaleDialog } from './designer/publish';
import { onJump, ownHints, t, tab } from './designer/state';
import { AddDimensionDialog } from './tier_designer/add_dimension';
import { CorrelationDialog } from './tier_designer/correlation';
import { DimensionCard } from './tier_designer/dimension';
import { ExceptionCard } from './tier_designer/exceptions';
import { CompareDialog, Foot, openRecord, RecordDialog } from './tier_designer/foot';
import { dimensions, EXCEPTIONS, isException, selected, selectedDimension } from './tier_designer/model';
import { Outline } from './tier_designer/outline';
import { ReviewPage } from './tier_designer/review';
import { ScoreCard } from './tier_designer/scores';
import { askAgain, day, failing, simulation, startAsking, tests, warnings } from './tier_designer/server';
import { Simulation } from './tier_designer/simulation';
import { PlansPage } from './tier_designer/plans';
import { MovementPage, TiersPage } from './tier_designer/tabs';

const TABS = ['scoring', 'tiers', 'movement', 'plans', 'review'];

/** On which page a place of the definition stands. */
function turn(parts: string[]): void {
  const [first = '', second] = parts;
  if (first === 'dimensions') { tab.value = 'scoring'; selected.value = String(dimensions.value[Number(second ?? 0)]?.key ?? ''); return; }
  if (EXCEPTIONS.some(each => each === first)) { tab.value = 'scoring'; selected.value = `${first}/${second ?? 0}`; return; }
  if (first === 'population') { tab.value = 'scoring'; selected.value = 'population'; return; }
  tab.value = first === 'tiers' ? 'tiers' : ['movement', 'on_publish', 'recompute'].includes(first) ? 'movement' : ['plans', 'workload', 'contacts', 'commission'].includes(first) ? 'plans' : ['tests', 'review'].includes(first) ? 'review' : 'json';
}

function Scoring() {
  return <>{isException.value ? <ExceptionCard /> : selectedDimension.value >= 0 && <DimensionCard n={selectedDimension.value} key={selectedDimension.value} />}<ScoreCard handles={false} /></>;
}

const NAMES = { left: t('pane_left'), middle: t('pane_middle'), right: t('pane_right') };

function Page() {
  if (tab.value === 'json') return <Panes middle={<><Suggestions /><FormPane /></>} right={<JsonPane />} names={{ left: '', middle: t('all_tab'), right: t('json_tab') }} />;
  const middle = tab.value === 'tiers' ? <TiersPage /> : tab.value === 'movement' ? <MovementPage /> : tab.value === 'plans' ? <><Suggestions /><PlansPage /></> : tab.value === 'review' ? <ReviewPage /> : <Scoring />;
  return <Panes left={tab.value === 'scoring' ? <Outline /> : undefined} middle={middle} right={<Simulation />} foot={<Foot />} names={NAMES} />;
}

/** What a tier model adds to the dialog: who would move, named by the count of everybody, and its rule tests. */
function Publishing() {
  const found = simulation.found.value;
  const outcome = tests.found.value;
  return <PublishDialog>
    {found && simulation.state.value === 'still' && found.margin > 0 && <p class="tl-quiet">{t('publish_sample')}</p>}
    {outcome && outcome.of > 0 && !failing.value && <p class="tl-good"><Icon name="circle-check" /> {t('tests_passed', { passed: outcome.passed, of: outcome.of })}</p>}
  </PublishDialog>;
}

const Dialogs = () => <><Publishing /><StaleDialog /><AddDimensionDialog /><CorrelationDialog /><CompareDialog /><RecordDialog /></>;

onJump(turn);
ownHints.value = true;
onPublished(askAgain);
inAddress('select', selected);
inAddress('day', day);
startAsking();
startDesigner({
  tabs: TABS.map(key => ({ key, label: t(`tab_${key}`) })),
  hints: computed(() => warnings.value.map(each => ({ path: each.path, message: each.remedy ? `${each.sentence} ${each.remedy}` : each.sentence }))),
  tools: () => <button class="btn td-try" type="button" onClick={openRecord} aria-label={t('try_customer')} title={t('try_customer')}><Icon name="user-search" /><span class="td-label">{t('try_customer')}</span></button>,
  page: Page,
  dialogs: Dialogs,
});
