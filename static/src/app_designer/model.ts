// The menu and the home page of a draft as lists of things with a place, and the few ways in which they change.
import { signal } from '@preact/signals';
import { at, body, change, given, isObject, language, replace, t, type Json } from './state';

export interface Thing { key: string; label: string; icon: string; kind: string }
const more = given as unknown as { menu_things: Thing[]; tiles: Record<string, string[]> };
export const things = more.menu_things;
export const tiles = more.tiles;

/** A place: of an entry its section and number, of a block its number in the draft. */
export interface Spot { list: string; index: number }
export const selected = signal<string>('');

export const shown = (value: Json | undefined): string => typeof value === 'string' ? value : isObject(value) ? String(value[language] ?? value.zh ?? value.en ?? '') : '';

// -- the menu ---------------------------------------------------------------------------------------------------------------------
export interface Section { label: string; items: string[] }
export const sections = (): Section[] => (at(['menu']) as Json[] | undefined ?? []).map(each => isObject(each) ? { label: shown(each.section), items: (each.items as string[] | undefined) ?? [] } : { label: '', items: [] });

export function thingOf(item: string): { label: string; icon: string; gone: boolean } {
  const entry = at(['entries', item]);
  const found = things.find(each => each.key === item);
  const link = item.startsWith('link:');
  const label = isObject(entry) && entry.label ? shown(entry.label) : found?.label ?? (link ? item.slice(5) : item);
  return { label, icon: isObject(entry) && typeof entry.icon === 'string' ? entry.icon : found?.icon ?? (link ? 'link' : 'help'), gone: !found && !link };
}

const setMenu = (menu: Json[]): void => replace({ ...(body.value as Record<string, Json>), menu });
const rawMenu = (): Json[] => [...((at(['menu']) as Json[] | undefined) ?? [])];
const withItems = (section: Json | undefined, items: string[]): Json => ({ ...(isObject(section) ? section : {}), items });

export function addSection(): void {
  setMenu([...rawMenu(), { section: t('new_section'), items: [] }]);
  selected.value = `s:${rawMenu().length - 1}`;
}

export function insertItem(item: string, spot: Spot): void {
  const menu = rawMenu();
  if (!menu.length) menu.push({ section: t('new_section'), items: [] });
  const place = Math.min(Number(spot.list), menu.length - 1);
  const items = [...sections()[place]?.items ?? []];
  items.splice(spot.index, 0, item);
  menu[place] = withItems(menu[place], items);
  setMenu(menu);
  selected.value = `i:${place}:${spot.index}`;
}

export function moveItem(from: Spot, to: Spot): void {
  const menu = rawMenu(), own = sections();
  const item = own[Number(from.list)]?.items[from.index];
  if (item === undefined) return;
  const lists = own.map(each => [...each.items]);
  lists[Number(from.list)]!.splice(from.index, 1);
  const index = from.list === to.list && to.index > from.index ? to.index - 1 : to.index;
  lists[Number(to.list)]?.splice(index, 0, item);
  setMenu(menu.map((each, n) => withItems(each, lists[n]!)));
  selected.value = `i:${to.list}:${index}`;
}

export function moveSection(from: number, to: number): void {
  const menu = rawMenu();
  if (to < 0 || to >= menu.length) return;
  const [moved] = menu.splice(from, 1);
  menu.splice(to, 0, moved!);
  setMenu(menu);
  selected.value = `s:${to}`;
}

export function takeOutItem(spot: Spot): void {
  const items = sections()[Number(spot.list)]?.items.filter((_each, n) => n !== spot.index) ?? [];
  change(['menu', Number(spot.list), 'items'], items);
  selected.value = '';
}

export function takeOutSection(n: number): void {
  setMenu(rawMenu().filter((_each, at) => at !== n));
  selected.value = '';
}

/** Another address for a link keeps its name, icon and place. */
export function readdress(spot: Spot, address: string): void {
  const old = sections()[Number(spot.list)]?.items[spot.index];
  const entries = { ...((at(['entries']) as Record<string, Json> | undefined) ?? {}) };
  if (old !== undefined && entries[old] !== undefined) { entries[`link:${address}`] = entries[old]!; delete entries[old]; }
  const menu = rawMenu(), items = [...sections()[Number(spot.list)]!.items];
  items[spot.index] = `link:${address}`;
  menu[Number(spot.list)] = withItems(menu[Number(spot.list)], items);
  replace({ ...(body.value as Record<string, Json>), menu, ...(Object.keys(entries).length ? { entries } : {}) }, true);
}

// -- the home page ----------------------------------------------------------------------------------------------------------------
export const KINDS = ['welcome', 'shortcuts', 'tasks', 'tiers', 'chart', 'list', 'next', 'records'] as const;
export const BLOCK_ICONS: Record<string, string> = { welcome: 'message-2', shortcuts: 'apps', tasks: 'checklist', tiers: 'stairs-up', chart: 'chart-bar', list: 'list', next: 'route', records: 'table' };
type Block = { [name: string]: Json };
export const blocks = (): Block[] => ((at(['home']) as Json[] | undefined) ?? []).filter(isObject);
export const placeOf = (block: Block): string => block.place === 'side' ? 'side' : 'main';
const setHome = (home: Json[]): void => replace({ ...(body.value as Record<string, Json>), home });

const dashboardAt = (): string => things.find(each => each.kind === 'dashboard')?.key.slice(10) ?? '';
const viewAt = (): string => things.find(each => each.kind === 'view')?.key.slice(5) ?? '';
export function fresh(kind: string): Block {
  const own: Record<string, Block> = {
    welcome: { text: t('welcome_text') }, shortcuts: { items: sections().flatMap(each => each.items).slice(0, 4) },
    chart: { dashboard: dashboardAt(), tile: 0 }, list: { view: viewAt(), rows: 5 }, tiers: { mine: true },
  };
  return { block: kind, ...own[kind] };
}
export const usual = (): void => setHome([{ block: 'tiers' }, { block: 'tasks' }, { block: 'next', place: 'side' }, { block: 'records', place: 'side' }]);

/** Where in the draft the block with this number of a column stands; behind the last one their count. */
function indexIn(column: string, n: number, home: Block[]): number {
  const own = home.map((each, at) => ({ at, column: placeOf(each) })).filter(each => each.column === column);
  return own[n]?.at ?? home.length;
}
const placedIn = (block: Block, column: string): Block => {
  const { place: _place, ...rest } = block;
  return column === 'side' ? { ...rest, place: 'side' } : rest;
};

export function insertBlock(kind: string, spot: Spot): void {
  const home = blocks(), index = indexIn(spot.list, spot.index, home);
  home.splice(index, 0, placedIn(fresh(kind), spot.list));
  setHome(home);
  selected.value = `b:${index}`;
}

/** `from` counts within a column, as the page shows it. */
export function moveBlock(from: Spot, to: Spot): void {
  const home = blocks();
  const first = indexIn(from.list, from.index, home);
  const moved = home[first];
  if (!moved) return;
  const rest = home.filter((_each, n) => n !== first);
  const index = indexIn(to.list, from.list === to.list && to.index > from.index ? to.index - 1 : to.index, rest);
  rest.splice(index, 0, placedIn(moved, to.list));
  setHome(rest);
  selected.value = `b:${index}`;
}

export function takeOutBlock(index: number): void {
  setHome(blocks().filter((_each, n) => n !== index));
  selected.value = '';
}

/** Column and number within it of a block of the draft. */
export function spotOfBlock(index: number): Spot {
  const all = blocks(), column = placeOf(all[index] ?? {});
  return { list: column, index: all.slice(0, index).filter(each => placeOf(each) === column).length };
}
