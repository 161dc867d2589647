import * as Plot from '@observablehq/plot';
import { html } from 'hono/html';
import { ACCENT, draw, SECOND } from '../../report/charts.ts';
import { count, figure, pageOf, section, table } from '../../report/html.ts';
import { ARMS, type Quality } from './arms.ts';
import { overall, type PeriodReport } from './simulate.ts';

/** What is measured, and how a figure of it is written. */
const MEASURES = [
  {
    name: 'RMSE',
    caption: 'Error of each rating before it was posted, in stars: lower is better.',
    of: ({ rmse }: Quality) => rmse,
    text: (value: number) => value.toFixed(4),
  },
  {
    name: 'hit rate',
    caption: 'Share of visits with a liked film among the first ten: higher is better.',
    of: ({ hitRate }: Quality) => hitRate,
    text: (value: number) => `${(100 * value).toFixed(1)}%`,
  },
  {
    name: 'NDCG@10',
    caption: 'Quality of the lists: higher is better.',
    of: (quality: Quality) => quality['ndcg@10'],
    text: (value: number) => value.toFixed(4),
  },
] as const;

/** What a simulation found as one HTML file that needs nothing from elsewhere. */
export function simulationPage(title: string, reports: readonly PeriodReport[]): string {
  const all = overall(reports);
  const rows = ARMS.map(({ name }) => [name, ...MEASURES.map(({ of, text }) => text(of(all[name])))]);
  const visits = reports.reduce((sum, report) => sum + report.visits, 0);
  return pageOf(title, [
    html`<header><h1>${title}</h1><p>${count(visits)} visits · ${reports.length} periods</p></header>`,
    section('All periods', table(['', ...MEASURES.map(({ name }) => name)], rows)),
    section(
      'By period',
      ...MEASURES.map(({ name, caption, of }) =>
        figure(armsChart(name, reports, of), `${caption} Blue folds in; dashes never retrain.`),
      ),
    ),
  ]);
}

/** A line for every arm: its colour tells whether it folds in, dashes that it does not retrain. */
function armsChart(label: string, reports: readonly PeriodReport[], of: (quality: Quality) => number): string {
  const linesOf = (retrain: boolean) =>
    ARMS.filter((arm) => arm.retrain === retrain).flatMap(({ name, foldIn }) =>
      reports.map(({ from, arms }) => ({ date: new Date(from), name, foldIn, value: of(arms[name]) })),
    );
  const [dashed, solid] = [linesOf(false), linesOf(true)];
  const line = { x: 'date', y: 'value', z: 'name', stroke: 'foldIn', strokeWidth: 2, marker: 'dot' } as const;
  return draw(`${label} by period`, {
    height: 260,
    marginRight: 130,
    x: { label: 'period from', type: 'utc' },
    y: { label, grid: true, nice: true },
    color: { domain: [false, true], range: [ACCENT, SECOND], legend: false },
    marks: [
      Plot.lineY(dashed, { ...line, strokeDasharray: '5 4' }),
      Plot.lineY(solid, line),
      Plot.text(
        [...dashed, ...solid],
        Plot.selectLast({
          x: 'date',
          y: 'value',
          z: 'name',
          text: 'name',
          dx: 8,
          textAnchor: 'start',
          fill: 'currentColor',
        }),
      ),
    ],
  });
}
