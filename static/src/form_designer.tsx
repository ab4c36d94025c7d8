// The designer of forms: a palette, the form as people will fill it in, and the settings of what is selected.
import './css/editor.css';
import './css/designer.css';
import './css/form_designer.css';
import { computed, effect } from '@preact/signals';
import { fromAddress, inAddress, Panes, startDesigner } from './designer/frame';
import { Suggestions } from './designer/fields';
import { FormPane, JsonPane } from './designer/general';
import { Icon } from './designer/icon';
import { PublishDialog, StaleDialog } from './designer/publish';
import { advice, onJoin, onJump, t, tab } from './designer/state';
import { signal } from '@preact/signals';
import { BeginDialog } from './form_designer/begin';
import { CanvasPage, openPartOf, turnTo } from './form_designer/canvas';
import { ChecksPage } from './form_designer/checks';
import { startDrawing } from './form_designer/controls';
import { rules, sections, selected } from './form_designer/model';
import { OtherKeyDialog } from './form_designer/other_key';
import { Palette } from './form_designer/palette';
import { Panel } from './form_designer/panel';
import { startPresence } from './form_designer/presence';
import { PreviewPage, startPreview } from './form_designer/preview';
import { readyToJoin } from './form_designer/renaming';
import { RemovingDialog } from './form_designer/removing';
import { RulesPage } from './form_designer/rules';

const TABS = ['fields', 'rules', 'checks', 'preview'];
const NAMES = { left: t('pane_palette'), middle: t('pane_canvas'), right: t('pane_settings') };

function Page() {
  if (tab.value === 'json') return <Panes middle={<><Suggestions /><FormPane /></>} right={<JsonPane />} names={{ left: '', middle: t('all_tab'), right: t('json_tab') }} />;
  if (tab.value === 'rules') return <Panes middle={<><Suggestions /><RulesPage /></>} names={NAMES} />;
  if (tab.value === 'checks') return <Panes middle={<ChecksPage />} names={NAMES} />;
  if (tab.value === 'preview') return <Panes middle={<PreviewPage />} names={NAMES} />;
  return <Panes left={<Palette />} middle={<CanvasPage />} right={<Panel />} names={NAMES} />;
}

const Dialogs = () => <><PublishDialog /><StaleDialog /><BeginDialog /><RemovingDialog /><OtherKeyDialog /></>;
const Preview = () => <button class="btn td-try fd-try" type="button" aria-pressed={tab.value === 'preview'} aria-label={t('preview_button')} title={t('preview_button')} onClick={() => { tab.value = tab.value === 'preview' ? 'fields' : 'preview'; }}><Icon name="eye" /><span class="td-label">{t('preview_button')}</span></button>;

const place = signal(fromAddress('select'));
if (place.peek()) selected.value = [place.peek()];
effect(() => { place.value = selected.value.length === 1 ? selected.value[0]! : ''; });
inAddress('select', place);
effect(() => { const key = place.value.slice(2).split('.')[0]!; const section = place.value.startsWith('s:') ? Number(key) : sections.peek().findIndex(each => each.fields.includes(key)); if (section >= 0) openPartOf(section); });
onJump(turnTo);
onJoin(readyToJoin);
startDrawing();
startPreview();
startPresence();
const counted = (key: string): string => key === 'preview' ? '' : key === 'rules' && rules.value.length ? `${t('tab_rules')} ${rules.value.length}` : t(`tab_${key}`);
startDesigner({
  tabs: TABS.map(key => ({ key, label: () => counted(key) })),
  hints: computed(() => advice.value),
  tools: Preview,
  page: Page,
  dialogs: Dialogs,
});
