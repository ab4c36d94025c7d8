// The designer of an app: its menu and its home page, put in order by dragging.
import './css/editor.css';
import './css/designer.css';
import './css/app_designer.css';
import { signal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { press, type Cargo } from './app_designer/carry';
import { addSection, BLOCK_ICONS, blocks, insertBlock, insertItem, KINDS, moveBlock, moveItem, moveSection, placeOf, readdress, sections, selected, shown, spotOfBlock,
  takeOutBlock, takeOutItem, takeOutSection, thingOf, things, tiles, usual, type Spot } from './app_designer/model';
import { speak } from './base/speak';
import { ObjectInput, Suggestions } from './designer/fields';
import { pane, Panes, startDesigner } from './designer/frame';
import { FormPane, JsonPane } from './designer/general';
import { Icon } from './designer/icon';
import { PublishDialog, StaleDialog } from './designer/publish';
import { advice, at, change, given, isObject, t, tab, undo, wide, type Schema } from './designer/state';
import { computed } from '@preact/signals';

const NAMES = { left: t('pane_add'), middle: t('pane_order'), right: t('pane_settings') };
const lifted = signal('');
let stepsLifted = 0;

// -- something that can be carried ------------------------------------------------------------------------------------------------
interface ThingProps { id: string; kind: 'menu' | 'home'; spot: Spot; label: string; icon: string; gone?: boolean; lists: string[]; counts: (list: string) => number; move: (from: Spot, to: Spot) => void; listName: (list: string) => string }

function Carried({ id, kind, spot, label, icon, gone, lists, counts, move, listName }: ThingProps) {
  const button = useRef<HTMLButtonElement>(null);
  const cargo = (): Cargo => ({ label, from: spot, drop: to => move(spot, to) });
  const isLifted = lifted.value === id;
  useEffect(() => { if (isLifted) button.current?.focus(); }, [isLifted]);
  const go = (to: Spot) => {
    stepsLifted += 1;
    const before = selected.value;
    move(spot, to);
    lifted.value = selected.value || before;
    const now = Number(lifted.value.split(':').at(-1));
    speak(t('moved', { what: label, place: listName(to.list), n: (kind === 'home' ? spotOfBlock(now).index : now) + 1 }));
  };
  const onKey = (event: KeyboardEvent) => {
    if (event.key === ' ') {
      event.preventDefault();
      if (isLifted) { lifted.value = ''; speak(t('dropped', { what: label })); } else { lifted.value = id; selected.value = id; stepsLifted = 0; speak(t('lifted', { what: label })); }
    } else if (isLifted && event.key === 'Escape') {
      event.preventDefault();
      event.stopPropagation();
      for (; stepsLifted > 0; stepsLifted -= 1) undo();
      lifted.value = '';
      speak(t('cancelled'));
    } else if (isLifted && ['ArrowUp', 'ArrowDown', 'ArrowLeft', 'ArrowRight'].includes(event.key)) {
      event.preventDefault();
      const place = lists.indexOf(spot.list), down = event.key === 'ArrowDown', right = event.key === 'ArrowRight';
      const near = lists[place + (down || right ? 1 : -1)];
      if (event.key === 'ArrowUp' && spot.index > 0) go({ list: spot.list, index: spot.index - 1 });
      else if (down && spot.index < counts(spot.list) - 1) go({ list: spot.list, index: spot.index + 2 });
      else if (near !== undefined) go({ list: near, index: down || right ? 0 : counts(near) });
    } else if (event.key === 'Delete') { selected.value = id; removeSelected(); }
  };
  return <li data-carry>
    <button class={`ad-thing${isLifted ? ' ad-lifted' : ''}`} type="button" ref={button} aria-pressed={selected.value === id} data-thing={id} onClick={() => { selected.value = id; if (!wide.peek()) pane.value = 'right'; }}
      onKeyDown={onKey} onPointerDown={event => press(event, kind, cargo, !!(event.target as Element).closest('.ad-grip'))}>
      <Icon name={icon} /><span>{label}{gone && <span class="tl-bad"> · {t('gone')}</span>}</span><span class="ad-grip" aria-hidden="true"><Icon name="grip-vertical" /></span>
    </button>
  </li>;
}

interface PieceProps { kind: 'menu' | 'home'; label: string; icon: string; insert: (to: Spot) => void; end: () => Spot }
const Piece = ({ kind, label, icon, insert, end }: PieceProps) => <button class="ad-piece" type="button" onClick={() => { insert(end()); speak(t('dropped', { what: label })); if (!wide.peek()) pane.value = 'middle'; }}
  onPointerDown={event => press(event, kind, () => ({ label, from: null, drop: insert }))}><Icon name={icon} /><span>{label}</span></button>;

// -- the menu ---------------------------------------------------------------------------------------------------------------------
const lastSection = (): Spot => { const all = sections(), list = Math.max(all.length - 1, 0); return { list: String(list), index: all[list]?.items.length ?? 0 }; };

function MenuPalette() {
  const groups = [['form', t('forms')], ['view', t('views')], ['dashboard', t('dashboards')]] as const;
  return <div class="ad-palette"><button class="btn btn-sm" type="button" onClick={addSection}><Icon name="plus" />{t('add_section')}</button>
    <Piece kind="menu" label={t('add_link')} icon="link" insert={to => insertItem('link:/tasks', to)} end={lastSection} />
    {groups.map(([kind, name]) => <><h3>{name}</h3>{things.filter(each => each.kind === kind).map(each => <Piece kind="menu" label={each.label} icon={each.icon} insert={to => insertItem(each.key, to)} end={lastSection} key={each.key} />)}</>)}
  </div>;
}

function MenuCanvas() {
  const all = sections();
  const lists = all.map((_each, n) => String(n));
  return <div class="ad-canvas"><p class="tl-meta tl-quiet">{t('drag_hint')}</p><div class="ad-menu">{all.map((section, n) => <section aria-label={section.label} key={n}>
    <div class="ad-head"><button type="button" aria-pressed={selected.value === `s:${n}`} onClick={() => { selected.value = `s:${n}`; if (!wide.peek()) pane.value = 'right'; }}>{section.label || t('new_section')}</button></div>
    <ul class="ad-list" data-carry-list={n} data-carry-kind="menu">{section.items.map((item, index) => {
      const thing = thingOf(item);
      return <Carried id={`i:${n}:${index}`} kind="menu" spot={{ list: String(n), index }} label={thing.label} icon={thing.icon} gone={thing.gone} lists={lists} counts={list => sections()[Number(list)]?.items.length ?? 0} move={moveItem} listName={list => sections()[Number(list)]?.label ?? ''} key={item} />;
    })}{!section.items.length && <li class="ad-none">{t('empty_section')}</li>}</ul></section>)}</div></div>;
}

// -- the home page ----------------------------------------------------------------------------------------------------------------
const COLUMNS = ['main', 'side'];
const columnName = (list: string): string => t(list === 'side' ? 'side_column' : 'main_column');
const inColumn = (list: string) => blocks().map((block, index) => ({ block, index })).filter(each => placeOf(each.block) === list);

function labelOf(block: Record<string, any>): string {
  const name = t(`block_${block.block}`);
  if (block.block === 'welcome') return shown(block.title) || name;
  if (block.block === 'chart') return `${name} · ${tiles[block.dashboard]?.[block.tile ?? 0] ?? t('gone')}`;
  if (block.block === 'list') return `${name} · ${things.find(each => each.key === `view:${block.view}`)?.label ?? t('gone')}`;
  return name;
}

const HomePalette = () => <div class="ad-palette"><h3>{t('blocks')}</h3>{KINDS.map(kind => <Piece kind="home" label={t(`block_${kind}`)} icon={BLOCK_ICONS[kind]!} insert={to => insertBlock(kind, to)} end={() => ({ list: 'main', index: inColumn('main').length })} key={kind} />)}</div>;

function HomeCanvas() {
  return <div class="ad-canvas"><p class="tl-meta tl-quiet">{t('drag_hint')}</p>
    {!blocks().length && <p>{t('empty_home')} <button class="btn btn-sm" type="button" onClick={usual}>{t('begin_home')}</button></p>}
    <div class="ad-columns ad-home">{COLUMNS.map(list => <section aria-label={columnName(list)} key={list}><div class="ad-head"><h3>{columnName(list)}</h3></div>
      <ul class="ad-list" data-carry-list={list} data-carry-kind="home">{inColumn(list).map(({ block, index }, n) => <Carried id={`b:${index}`} kind="home" spot={{ list, index: n }} label={labelOf(block)} icon={BLOCK_ICONS[String(block.block)] ?? 'square'} lists={COLUMNS} counts={each => inColumn(each).length} move={moveBlock} listName={columnName} key={`${index}-${block.block}`} />)}
        {!inColumn(list).length && <li class="ad-none">{t('no_blocks')}</li>}</ul></section>)}</div></div>;
}

// -- settings ---------------------------------------------------------------------------------------------------------------------
const DEFS: Record<string, string> = { welcome: 'Welcome', shortcuts: 'Shortcuts', tasks: 'Tasks', tiers: 'Tiers', chart: 'HomeChart', list: 'HomeList', next: 'NextSteps', records: 'Records' };
const schemaOf = (name: string): Schema => (given.schema as Schema | null)?.$defs?.[name] ?? {};

function removeSelected(): void {
  const [kind, one, two] = selected.value.split(':');
  if (kind === 'i') takeOutItem({ list: one!, index: Number(two) });
  if (kind === 's') takeOutSection(Number(one));
  if (kind === 'b') takeOutBlock(Number(one));
}

interface MovesProps { spot: Spot; lists: string[]; count: (list: string) => number; move: (from: Spot, to: Spot) => void; name: (list: string) => string }
const Moves = ({ spot, lists, count, move, name }: MovesProps) => <div class="ad-moves">
  <button class="btn btn-sm" type="button" disabled={spot.index === 0} onClick={() => move(spot, { ...spot, index: spot.index - 1 })}><Icon name="arrow-up" />{t('move_up')}</button>
  <button class="btn btn-sm" type="button" disabled={spot.index >= count(spot.list) - 1} onClick={() => move(spot, { ...spot, index: spot.index + 2 })}><Icon name="arrow-down" />{t('move_down')}</button>
  {lists.filter(each => each !== spot.list).map(each => <button class="btn btn-sm" type="button" onClick={() => move(spot, { list: each, index: count(each) })} key={each}>{t('move_to', { place: name(each) })}</button>)}
  <button class="btn btn-sm btn-quiet-danger" type="button" onClick={removeSelected}><Icon name="trash" />{t('take_out')}</button>
</div>;

function Panel() {
  const [kind, one, two] = selected.value.split(':');
  if (kind === 's' && isObject(at(['menu', Number(one)]))) {
    const n = Number(one), all = sections().length;
    return <div class="ad-panel" key={selected.value}><ObjectInput path={['menu', n]} schema={schemaOf('MenuSection')} without={['items']} />
      <div class="ad-moves"><button class="btn btn-sm" type="button" disabled={n === 0} onClick={() => moveSection(n, n - 1)}><Icon name="arrow-up" />{t('move_up')}</button><button class="btn btn-sm" type="button" disabled={n >= all - 1} onClick={() => moveSection(n, n + 1)}><Icon name="arrow-down" />{t('move_down')}</button><button class="btn btn-sm btn-quiet-danger" type="button" onClick={removeSelected}><Icon name="trash" />{t('take_out')}</button></div></div>;
  }
  const item = kind === 'i' ? sections()[Number(one)]?.items[Number(two)] : undefined;
  if (item !== undefined) {
    const spot = { list: one!, index: Number(two) };
    return <div class="ad-panel" key={item.startsWith('link:') ? selected.value : item}><h3>{thingOf(item).label}</h3>
      {item.startsWith('link:') && <div class="tl-field"><label class="form-label" for="ad-address">{t('address')}</label><input class="form-control" id="ad-address" value={item.slice(5)} onChange={event => readdress(spot, event.currentTarget.value.trim())} /></div>}
      <ObjectInput path={['entries', item]} schema={schemaOf('MenuEntry')} />
      <Moves spot={spot} lists={sections().map((_each, n) => String(n))} count={list => sections()[Number(list)]?.items.length ?? 0} move={moveItem} name={list => sections()[Number(list)]?.label ?? ''} /></div>;
  }
  const block = kind === 'b' ? blocks()[Number(one)] : undefined;
  if (block) {
    const n = Number(one), spot = spotOfBlock(n);
    return <div class="ad-panel" key={`${selected.value}-${block.block}`}><h3>{labelOf(block)}</h3>
      {block.block === 'chart' && <div class="tl-field"><label class="form-label" for="ad-tile">{t('tile')}</label><select class="form-select" id="ad-tile" value={`${block.dashboard}|${block.tile ?? 0}`} onChange={event => { const [dashboard, tile] = event.currentTarget.value.split('|'); change(['home', n], { ...block, dashboard: dashboard!, tile: Number(tile) }); }}>{Object.entries(tiles).flatMap(([dashboard, names]) => names.map((name, number) => <option value={`${dashboard}|${number}`} key={`${dashboard}|${number}`}>{name}</option>))}</select></div>}
      {block.block === 'list' && <div class="tl-field"><label class="form-label" for="ad-view">{t('views')}</label><select class="form-select" id="ad-view" value={String(block.view)} onChange={event => change(['home', n, 'view'], event.currentTarget.value)}>{things.filter(each => each.kind === 'view').map(each => <option value={each.key.slice(5)} key={each.key}>{each.label}</option>)}</select></div>}
      <ObjectInput path={['home', n]} schema={schemaOf(DEFS[String(block.block)] ?? '')} without={['block', 'place', 'dashboard', 'tile', 'view']} />
      <Moves spot={spot} lists={COLUMNS} count={list => inColumn(list).length} move={moveBlock} name={columnName} /></div>;
  }
  return <div class="ad-panel"><p class="tl-quiet">{t('nothing_selected')}</p><ObjectInput path={[]} schema={given.schema as Schema} without={['menu', 'entries', 'home', 'roles']} open={['label', 'icon', 'summary']} /></div>;
}

function Page() {
  if (tab.value === 'json') return <Panes middle={<><Suggestions /><FormPane /></>} right={<JsonPane />} names={{ left: '', middle: t('all_tab'), right: t('json_tab') }} />;
  if (tab.value === 'home') return <Panes left={<HomePalette />} middle={<><Suggestions /><HomeCanvas /></>} right={<Panel />} names={NAMES} />;
  return <Panes left={<MenuPalette />} middle={<><Suggestions /><MenuCanvas /></>} right={<Panel />} names={NAMES} />;
}

pane.value = 'middle';
startDesigner({
  tabs: [{ key: 'menu', label: t('tab_menu') }, { key: 'home', label: t('tab_home') }],
  hints: computed(() => advice.value),
  page: Page,
  dialogs: () => <><PublishDialog /><StaleDialog /></>,
});
