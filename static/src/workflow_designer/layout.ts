// Where everything stands on the drawing: cards by dagre or by hand, lines in right angles around them.
import dagre from '@dagrejs/dagre';

export interface Size { key: string; w: number; h: number; at: [number, number] | null }
export interface Box { x: number; y: number; w: number; h: number }
export interface Link { from: string; to: string }
export interface Route { points: [number, number][]; label: [number, number] }
export interface Drawing { boxes: Map<string, Box>; routes: (Route | null)[]; width: number; height: number }
export type Direction = 'down' | 'right';

const GAP = 66, BESIDE = 56, LANE = 40, FORK = 20;

/** Cards that nobody put anywhere get a place by the lines between them; sideways, all axes are swapped and swapped back. */
export function drawn(sizes: Size[], links: Link[], direction: Direction): Drawing {
  const byHand = sizes.some(each => each.at);
  const turn = direction === 'right' && !byHand;
  const boxes = placed(sizes, links, turn);
  const flat = turn ? new Map([...boxes].map(([key, each]) => [key, turned(each)])) : boxes;
  const routes = routed(flat, links).map(each => each && turn ? { points: each.points.map(([x, y]) => [y, x] as [number, number]), label: [each.label[1], each.label[0]] as [number, number] } : each);
  const all = [...boxes.values()];
  return { boxes, routes, width: Math.max(0, ...all.map(each => each.x + each.w), ...routes.flatMap(each => each?.points.map(one => one[0]) ?? [])), height: Math.max(0, ...all.map(each => each.y + each.h), ...routes.flatMap(each => each?.points.map(one => one[1]) ?? [])) };
}

const turned = ({ x, y, w, h }: Box): Box => ({ x: y, y: x, w: h, h: w });

function placed(sizes: Size[], links: Link[], sideways: boolean): Map<string, Box> {
  const graph = new dagre.graphlib.Graph();
  // what goes past others, or back, runs beside the cards and does not push them about
  const known = new Set(sizes.map(each => each.key));
  const inside = links.filter(each => known.has(each.from) && known.has(each.to) && each.from !== each.to);
  const forward = onward(sizes.map(each => each.key), inside);
  const between = forward.filter(each => !pastOthers(each, forward));
  const apart = between.some(each => several(between, 'from', each)) ? GAP + FORK : GAP;
  graph.setGraph({ rankdir: sideways ? 'LR' : 'TB', ranksep: sideways ? apart + 70 : apart, nodesep: BESIDE, edgesep: 24, marginx: 20, marginy: 20, ranker: 'network-simplex' });
  graph.setDefaultEdgeLabel(() => ({}));
  for (const each of sizes) graph.setNode(each.key, { width: each.w, height: each.h });
  for (const each of between) graph.setEdge(each.from, each.to);
  dagre.layout(graph);
  return new Map(sizes.map(each => {
    const found = graph.node(each.key) as { x: number; y: number };
    const [x, y] = each.at ?? [found.x - each.w / 2, found.y - each.h / 2];
    return [each.key, { x: Math.round(x), y: Math.round(y), w: each.w, h: each.h }];
  }));
}

/** Whether other lines begin (or end) at the same card. */
const several = (links: Link[], end: 'from' | 'to', link: Link): boolean => links.some(each => each !== link && each[end] === link[end]);

/** The lines without those that lead back to where one came from. */
function onward(keys: string[], links: Link[]): Link[] {
  const done = new Set<string>(), under = new Set<string>(), back = new Set<Link>();
  const walk = (key: string): void => {
    under.add(key);
    for (const each of links) if (each.from === key) { if (under.has(each.to)) back.add(each); else if (!done.has(each.to)) walk(each.to); }
    under.delete(key);
    done.add(key);
  };
  for (const key of keys) if (!done.has(key)) walk(key);
  return links.filter(each => !back.has(each));
}

/** Whether another way with more stations leads to the same place. */
function pastOthers(link: Link, links: Link[]): boolean {
  const waiting = links.filter(each => each.from === link.from && each.to !== link.to).map(each => each.to), seen = new Set<string>();
  for (let here = waiting.pop(); here !== undefined; here = waiting.pop()) {
    if (here === link.to) return true;
    if (!seen.has(here)) { seen.add(here); waiting.push(...links.filter(each => each.from === here).map(each => each.to)); }
  }
  return false;
}

// -- lines ------------------------------------------------------------------------------------------------------------------------------
type Span = { at: number; from: number; to: number };
const meets = (one: Span, other: Span): boolean => Math.abs(one.at - other.at) < LANE - 4 && one.from < other.to && other.from < one.to;
const middle = (box: Box): number => box.x + box.w / 2;

function routed(boxes: Map<string, Box>, links: Link[]): (Route | null)[] {
  const taken: Span[] = [];
  const arriving = new Map<string, number>();
  const found = new Map<Link, Route>();
  const far = (each: Link): number => Math.abs((boxes.get(each.to)?.y ?? 0) - (boxes.get(each.from)?.y ?? 0));
  // the shorter way round lies inside the longer one
  for (const each of [...links].sort((a, b) => far(a) - far(b))) {
    const from = boxes.get(each.from), to = boxes.get(each.to);
    if (!from || !to || from === to) continue;
    const others = [...boxes.values()].filter(one => one !== from && one !== to);
    found.set(each, below(from, to) && plain(from, to, others, several(links, 'from', each), several(links, 'to', each)) || around(from, to, others, taken, arriving));
  }
  return links.map(each => found.get(each) ?? null);
}

const below = (from: Box, to: Box): boolean => to.y >= from.y + from.h + 16;

/** Straight down, or with one bend between the two; null where a card stands in the way. Lines that part bend at once and those that meet
 *  bend late, so that the words of each stand where it runs alone. */
function plain(from: Box, to: Box, others: Box[], parts: boolean, meet: boolean): Route | null {
  const [a, b, top, bottom] = [middle(from), middle(to), from.y + from.h, to.y];
  if (Math.abs(a - b) < 3) return crossed(others, a - 4, a + 4, top, bottom) ? null : { points: [[a, top], [a, bottom]], label: [a, (top + bottom) / 2] };
  const half = (top + bottom) / 2;
  const early = { bend: top + 14, label: (bend: number): [number, number] => [b, (bend + bottom) / 2] };
  const late = { bend: bottom - 26, label: (bend: number): [number, number] => [a, top + Math.min(22, (bend - top) / 2 + 4)] };
  const amid = { bend: half, label: (bend: number): [number, number] => [(a + b) / 2, bend] };
  for (const { bend, label } of parts ? meet ? [amid, early, late] : [early, late] : [late, early]) {
    const free = !crossed(others, a - 4, a + 4, top, bend) && !crossed(others, b - 4, b + 4, bend, bottom) && !crossed(others, Math.min(a, b), Math.max(a, b), bend - 8, bend + 8);
    if (free) return { points: [[a, top], [a, bend], [b, bend], [b, bottom]], label: label(bend) };
  }
  return null;
}

const crossed = (others: Box[], left: number, right: number, top: number, bottom: number): boolean => others.some(each => each.x < right && each.x + each.w > left && each.y < bottom && each.y + each.h > top);

/** Past everything in between: down on the right side, back up on the left. */
function around(from: Box, to: Box, others: Box[], taken: Span[], arriving: Map<string, number>): Route {
  const back = !below(from, to);
  const [top, bottom] = [Math.min(from.y, to.y), Math.max(from.y + from.h, to.y + to.h)];
  const near = [from, to, ...others.filter(each => each.y < bottom && each.y + each.h > top)];
  const edge = back ? Math.min(...near.map(each => each.x)) : Math.max(...near.map(each => each.x + each.w));
  const span: Span = { at: 0, from: Math.min(from.y, to.y), to: Math.max(from.y, to.y) + 20 };
  for (let n = 1; ; n += 1) {
    span.at = back ? edge - LANE * n : edge + LANE * n;
    if (!taken.some(each => meets(each, span))) break;
  }
  taken.push(span);
  const name = `${to.x}/${to.y}/${back}`, before = arriving.get(name) ?? 0;
  arriving.set(name, before + 1);
  const [y1, y2] = [from.y + from.h / 2, to.y + Math.min(to.h - 10, to.h / 2 + before * 14)];
  const [x1, x2] = back ? [from.x, to.x] : [from.x + from.w, to.x + to.w];
  return { points: [[x1, y1], [span.at, y1], [span.at, y2], [x2, y2]], label: [span.at, back ? (y1 + y2) / 2 : Math.min(from.y + from.h + GAP / 2, (y1 + y2) / 2)] };
}

/** A path of right angles with rounded corners. */
export function pathOf(points: [number, number][]): string {
  const [first, ...rest] = points;
  if (!first) return '';
  let text = `M ${first[0]} ${first[1]}`;
  rest.forEach(([x, y], n) => {
    const next = rest[n + 1], before = n ? rest[n - 1]! : first;
    if (!next) { text += ` L ${x} ${y}`; return; }
    const r = Math.min(10, Math.hypot(x - before[0], y - before[1]) / 2, Math.hypot(next[0] - x, next[1] - y) / 2);
    const towards = ([a, b]: [number, number]) => { const far = Math.hypot(a - x, b - y) || 1; return [x + (a - x) / far * r, y + (b - y) / far * r]; };
    const [p, q] = [towards(before), towards(next)];
    text += ` L ${p[0]} ${p[1]} Q ${x} ${y} ${q[0]} ${q[1]}`;
  });
  return text;
}
