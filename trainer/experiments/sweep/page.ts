import { html } from 'hono/html';
import type { Dataset } from '../../data/dataset.ts';
import { count, figure, type Html, pageOf, section, table } from '../../report/html.ts';
import { colourKey, overlapChart, type Point, paretoFront, tradeOffChart, yearChart } from './charts.ts';
import { ORDERS, overlap } from './lists.ts';
import type { SweepRow } from './row.ts';

/** A comparison as one HTML file that needs nothing from elsewhere. */
export function sweepPage(
  { name, ratings }: Pick<Dataset, 'name' | 'ratings'>,
  split: string,
  rows: readonly SweepRow[],
) {
  const users = rows[0].lists.served.length;
  return pageOf(`Marquee: settings on ${name}`, [
    html`<header><h1>${name}</h1><p>${count(ratings.count)} ratings · tested on ${split} · ${rows.length} settings</p></header>`,
    section(
      'Quality and training time',
      tradeOff(rows, 'RMSE', ({ rmse }) => rmse, 'lower'),
      tradeOff(rows, 'NDCG@10', (row) => row['ndcg@10'], 'higher'),
    ),
    section('What the lists have in common', ...overlaps(rows, users)),
    section('How old the recommended films are', ...years(rows)),
    section('All settings', allRows(rows)),
  ]);
}

function tradeOff(
  rows: readonly SweepRow[],
  label: string,
  of: (row: SweepRow) => number,
  better: 'lower' | 'higher',
): Html {
  const points = rows.map((row): Point => ({ name: row.name, model: row.model, seconds: row.seconds, value: of(row) }));
  const front = paretoFront(points, better).map(
    ({ name, value, seconds }) => `${name} (${value.toFixed(4)} in ${seconds.toFixed(1)} s)`,
  );
  return figure(
    tradeOffChart(points, label, better),
    `${label}, ${better} is better; ${colourKey(points)}. Pareto front, no other is as good in less time: ${front.join('; ')}.`,
  );
}

function overlaps(rows: readonly SweepRow[], users: number): Html[] {
  const names = rows.map(({ name }) => name);
  return ORDERS.map((order) =>
    figure(
      overlapChart(names, (a, b) => overlap(rows[a].lists[order], rows[b].lists[order])),
      order === 'served'
        ? `Share of the top 20 in common, lists as served, mean of ${count(users)} users. Without a blend the relevance model orders them, which no setting of the rating model changes.`
        : `The same by predicted stars alone, as by=rating orders: here rating models differ.`,
    ),
  );
}

function years(rows: readonly SweepRow[]): Html[] {
  const known = rows.flatMap(({ name, medianYear }) =>
    ORDERS.flatMap((order) => {
      const year = medianYear[order];
      return year === null ? [] : [{ name, year, order }];
    }),
  );
  if (known.length === 0) return [html`<p class="soft">No film’s year is known.</p>`];
  return [
    figure(yearChart(known), 'Median year of the films in the same lists: rings as served, dots by predicted stars.'),
  ];
}

function allRows(rows: readonly SweepRow[]): Html {
  return table(
    ['', 'RMSE', 'MAE', 'NDCG@10', 'Recall@20', 'seconds', 'median year', 'by stars'],
    rows.map((row) => [
      row.name,
      ...[row.rmse, row.mae, row['ndcg@10'], row['recall@20']].map((value) => value.toFixed(4)),
      row.seconds.toFixed(1),
      ...[row.medianYear.served, row.medianYear.stars].map((year) => year?.toString()),
    ]),
  );
}
