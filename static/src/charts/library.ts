// The one place that knows ECharts. A tooltip is always confined and made of elements: ECharts' own HTML breaks the page's policy.
import { BarChart, HeatmapChart, LineChart, SankeyChart, ScatterChart } from 'echarts/charts';
import { AriaComponent, DatasetComponent, GridComponent, LegendComponent, MarkLineComponent, TooltipComponent, VisualMapComponent } from 'echarts/components';
import * as echarts from 'echarts/core';
import { CanvasRenderer } from 'echarts/renderers';
import { language } from '../base/texts';

echarts.use([BarChart, HeatmapChart, LineChart, SankeyChart, ScatterChart, AriaComponent, DatasetComponent, GridComponent, LegendComponent,
  MarkLineComponent, TooltipComponent, VisualMapComponent, CanvasRenderer]);

export type Option = Record<string, unknown>;
export type Chart = ReturnType<typeof echarts.init>;
interface Point { name: string; seriesName?: string; value: unknown; color?: unknown; data?: { text?: string; source?: string; target?: string; href?: string }; dataType?: string }

const locale = language === 'zh' ? 'zh-CN' : 'en';
export const number = (value: unknown): string => typeof value === 'number' ? value.toLocaleString(locale) : String(value ?? '');

/** `var(--tier-gold-chart)` anywhere in an option becomes the colour of the present theme. */
export function coloured<T>(value: T): T {
  if (typeof value === 'string') {
    const name = /^var\((--[\w-]+)\)$/.exec(value)?.[1];
    return (name ? getComputedStyle(document.documentElement).getPropertyValue(name).trim() : value) as T;
  }
  if (Array.isArray(value)) return value.map(coloured) as T;
  if (value && typeof value === 'object') return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, coloured(each)])) as T;
  return value;
}

function line(point: Point): HTMLElement {
  const row = document.createElement('div');
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  svg.setAttribute('width', '8');
  svg.setAttribute('height', '8');
  const dot = document.createElementNS('http://www.w3.org/2000/svg', 'circle');
  for (const [key, value] of Object.entries({ cx: '4', cy: '4', r: '4', fill: typeof point.color === 'string' ? point.color : '#8390a3' })) dot.setAttribute(key, value);
  svg.append(dot);
  const value = Array.isArray(point.value) ? point.value.at(-1) : point.value;
  const label = point.dataType === 'edge' ? `${point.data?.source} → ${point.data?.target}` : point.seriesName && !point.seriesName.startsWith('series') ? point.seriesName : point.name;
  row.append(svg, point.data?.text ?? `${label}: ${number(value)}`);
  return row;
}

function tip(points: Point | Point[]): HTMLElement {
  const box = document.createElement('div');
  box.className = 'tl-tip';
  const all = Array.isArray(points) ? points : [points];
  if (Array.isArray(points) && points[0]) { const head = document.createElement('b'); head.textContent = points[0].name; box.append(head); }
  box.append(...all.map(line));
  return box;
}

const AXIS = {
  axisLine: { lineStyle: { color: 'var(--tl-line)' } }, axisTick: { show: false },
  axisLabel: { color: 'var(--tl-ink-meta)', fontSize: 12, hideOverlap: true }, splitLine: { lineStyle: { color: 'var(--tl-line-soft)' } },
  nameTextStyle: { color: 'var(--tl-ink-meta)' },
};

const axes = (given: unknown): unknown => given === undefined ? undefined
  : Array.isArray(given) ? given.map(axes) : { ...AXIS, ...(given as object), axisLabel: { ...AXIS.axisLabel, ...((given as Option).axisLabel as object | undefined) } };

/** The server's option with our look under it; what the option says itself wins. */
export function dressed(option: Option): Option {
  const series = ([] as Option[]).concat((option.series as Option[] | undefined) ?? []);
  const cartesian = option.xAxis !== undefined;
  return coloured({
    animation: false, aria: { enabled: true },
    textStyle: { fontFamily: getComputedStyle(document.body).fontFamily },
    color: ['--tl-accent', '--tier-yellow-chart', '--tier-teal-chart', '--tier-purple-chart', '--tl-chart-neutral'].map(name => `var(${name})`),
    ...(cartesian ? { grid: { left: 8, right: 16, top: 28, bottom: 8, containLabel: true } } : {}),
    ...option,
    xAxis: axes(option.xAxis), yAxis: axes(option.yAxis),
    legend: option.legend && { top: 0, left: 0, itemWidth: 10, itemHeight: 10, icon: 'roundRect', textStyle: { color: 'var(--tl-ink-second)', fontSize: 12 }, ...(option.legend as object) },
    series: series.map(each => ({
      ...each,
      label: { color: 'var(--tl-ink)', fontSize: 12, ...(each.label as object | undefined) },
    })),
    tooltip: {
      trigger: cartesian && series.every(each => each.type === 'line' || each.type === 'bar') ? 'axis' : 'item',
      backgroundColor: 'var(--tl-card)', borderColor: 'var(--tl-line)', textStyle: { color: 'var(--tl-ink)', fontSize: 12 },
      ...(option.tooltip as object | undefined), confine: true, formatter: tip, extraCssText: undefined,
    },
  });
}

export function draw(element: HTMLElement, option: Option): Chart {
  const chart = echarts.getInstanceByDom(element) ?? echarts.init(element);
  chart.setOption(dressed(option) as never, true);
  return chart;
}
