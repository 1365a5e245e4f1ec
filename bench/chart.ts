import { BarChart, LineChart } from 'echarts/charts';
import { GridComponent, LegendComponent, TitleComponent } from 'echarts/components';
import { init, use } from 'echarts/core';
import { SVGRenderer } from 'echarts/renderers';
import type { Chart } from './benchmark.js';

use([BarChart, LineChart, GridComponent, LegendComponent, TitleComponent, SVGRenderer]);

const width = 760;
const colours = ['#2563eb', '#94a3b8', '#0d9488', '#d97706'];

/** An SVG that reads on a light page and on a dark one. */
export function draw({ kind, title, measure, categories, series, scale = 'linear' }: Chart): string {
  const isBars = kind === 'bars';
  const height = isBars ? 120 + categories.length * (14 + series.length * 20) : 380;
  const values = { type: scale === 'linear' ? 'value' : 'log', name: measure, nameLocation: 'middle', nameGap: 32 };
  const names = { type: 'category', data: [...categories] };
  const chart = init(null, null, { renderer: 'svg', ssr: true, width, height });
  chart.setOption({
    animation: false,
    color: colours,
    backgroundColor: '#ffffff',
    textStyle: { fontFamily: 'sans-serif' },
    title: { text: title, left: 12, top: 8, textStyle: { fontSize: 15 } },
    legend: { top: 34, left: 12, itemGap: 24, data: series.map(({ name }) => name) },
    grid: { left: 16, right: 56, top: 68, bottom: 24, outerBoundsMode: 'same' },
    xAxis: isBars ? values : names,
    yAxis: isBars ? { ...names, inverse: true } : { ...values, nameGap: 48 },
    series: series.map(({ name, values: data }) => ({
      name,
      type: isBars ? 'bar' : 'line',
      silent: true,
      data: [...data],
      label: { show: isBars, position: 'right', formatter: ({ value }: { value: unknown }) => readable(Number(value)) },
    })),
  });
  const svg = chart.renderToSVGString();
  chart.dispose();
  return svg.replace(/^<svg[^>]*>/, (opening) => `${opening}\n<title>${title}</title>`);
}

/** Three digits that count, as a reader wants them. */
export function readable(value: number): string {
  if (!Number.isFinite(value)) return '–';
  if (value === 0 || Math.abs(value) >= 100) return Math.round(value).toLocaleString('en');
  return value.toPrecision(3);
}
