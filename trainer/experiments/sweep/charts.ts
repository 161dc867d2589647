import * as Plot from '@observablehq/plot';
import { MODELS } from '../../models/index.ts';
import { ACCENT, draw, FOURTH, SECOND, SOFT, THIRD, WIDTH } from '../../report/charts.ts';
import { placeLabels } from '../../report/labels.ts';
import { ORDERS, type Order } from './lists.ts';

/** A setting's place in a comparison of quality and time. */
export interface Point {
  readonly name: string;
  readonly model: string;
  readonly seconds: number;
  readonly value: number;
}

/** Colours of models in their order, over again where there are more models. */
const PALETTE = [
  { ink: ACCENT, name: 'orange' },
  { ink: SECOND, name: 'blue' },
  { ink: THIRD, name: 'green' },
  { ink: FOURTH, name: 'violet' },
];

/** Models that a sweep compares. */
const compared = () => MODELS.filter(({ makesLists }) => makesLists).map(({ name }) => name);
const colourOf = (model: string) => PALETTE[compared().indexOf(model) % PALETTE.length];

/** What the colours of a chart mean: "orange vb, blue dot". */
export function colourKey(points: readonly Pick<Point, 'model'>[]): string {
  const models = new Set(points.map(({ model }) => model));
  return compared()
    .filter((model) => models.has(model))
    .map((model) => `${colourOf(model).name} ${model}`)
    .join(', ');
}

/** Points that no other beats in value without taking longer, by time. Of equals, the first counts. */
export function paretoFront<P extends Point>(points: readonly P[], better: 'lower' | 'higher'): P[] {
  const sign = better === 'lower' ? 1 : -1;
  const byTime = points.toSorted((a, b) => a.seconds - b.seconds || sign * (a.value - b.value));
  const front: P[] = [];
  for (const point of byTime) {
    if (front.length === 0 || sign * (front.at(-1)!.value - point.value) > 0) front.push(point);
  }
  return front;
}

const AREA = { left: 64, right: 24, top: 34, bottom: 46, height: 360, fontSize: 12 };

/** Quality against training seconds; the front is joined and named. */
export function tradeOffChart(points: readonly Point[], label: string, better: 'lower' | 'higher'): string {
  const { left, right, top, bottom, height, fontSize } = AREA;
  const front = paretoFront(points, better);
  const x = {
    label: 'seconds of training',
    type: 'linear' as const,
    grid: true,
    domain: padded([0, ...points.map(({ seconds }) => seconds)], 0),
    range: [left, WIDTH - right],
  };
  const y = {
    domain: padded(
      points.map(({ value }) => value),
      0.12,
    ),
    range: [height - bottom, top],
    label,
    grid: true,
  };
  const [across, down] = [Plot.scale({ x }), Plot.scale({ y })];
  // Points without a name take part too, so that no name covers them.
  const others = points.filter((point) => !front.includes(point)).map((point) => ({ ...point, name: '' }));
  const labels = placeLabels(
    [...front, ...others].map(({ seconds, value, name }) => ({
      x: across.apply(seconds),
      y: down.apply(value),
      text: name,
    })),
    { area: { x: left, y: top, width: WIDTH - left - right, height: height - top - bottom }, fontSize },
  ).filter(({ text }) => text !== '');
  return draw(`${label} against seconds of training`, {
    height,
    marginLeft: left,
    marginRight: right,
    marginTop: top,
    marginBottom: bottom,
    x,
    y,
    color: { domain: compared(), range: compared().map((model) => colourOf(model).ink), legend: false },
    marks: [
      Plot.lineY(front, { x: 'seconds', y: 'value', stroke: SOFT, strokeDasharray: '4 3', curve: 'step-after' }),
      Plot.dot(points, { x: 'seconds', y: 'value', r: 5, fill: 'model' }),
      Plot.text(labels, {
        x: ({ box }) => across.invert!(box.x + box.width / 2),
        y: ({ box }) => down.invert!(box.y + box.height / 2),
        text: 'text',
        fontSize,
        fill: 'currentColor',
        stroke: 'var(--paper)',
        strokeWidth: 3,
      }),
    ],
  });
}

/** Ends with room beyond the values, a share of their spread; never of no length. */
function padded(values: readonly number[], share: number): [number, number] {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const room = Math.max(share, 0.05) * (high - low) || 0.01;
  return [share === 0 ? low : low - room, high + room];
}

/** Shares in common, from 0 to 1, by names of settings: a matrix. */
export function overlapChart(names: readonly string[], shareOf: (a: number, b: number) => number): string {
  const cells = names.flatMap((a, i) => names.map((b, j) => ({ a, b, share: shareOf(i, j) })));
  const margin = marginFor(names);
  return draw('Share of the top 20 in common', {
    height: margin + 30 + 30 * names.length,
    marginLeft: margin,
    marginTop: margin,
    marginBottom: 10,
    x: { domain: names, axis: 'top', label: null, tickRotate: -40, tickSize: 0 },
    y: { domain: names, label: null, tickSize: 0 },
    marks: [
      Plot.cell(cells, {
        x: 'b',
        y: 'a',
        fill: ACCENT,
        fillOpacity: ({ share }) => 0.05 + 0.6 * share,
        inset: 1,
        rx: 3,
      }),
      ...(names.length <= 14
        ? [
            Plot.text(cells, {
              x: 'b',
              y: 'a',
              text: ({ share }) => `${Math.round(100 * share)}%`,
              fill: 'currentColor',
            }),
          ]
        : []),
    ],
  });
}

/** Median years by setting, of both orders. */
export function yearChart(rows: readonly { name: string; year: number; order: Order }[]): string {
  const names = [...new Set(rows.map(({ name }) => name))];
  const years = rows.map(({ year }) => year);
  const [first, last] = [Math.min(...years) - 1, Math.max(...years) + 1];
  const every = Math.ceil((last - first) / 10);
  const ticks = Array.from({ length: Math.floor((last - first) / every) + 1 }, (_, n) => first + n * every);
  const [served, byStars] = ORDERS.map((name) => rows.filter(({ order }) => order === name));
  return draw('Median year of what is recommended', {
    height: 90 + 26 * names.length,
    marginLeft: marginFor(names),
    x: { domain: [first, last], label: 'median year', tickFormat: 'd', ticks, grid: true },
    y: { domain: names, label: null, tickSize: 0 },
    marks: [
      Plot.ruleY(names, { stroke: SOFT, strokeOpacity: 0.25 }),
      Plot.dot(served, { x: 'year', y: 'name', stroke: ACCENT, strokeWidth: 2.5, r: 7 }),
      Plot.dot(byStars, { x: 'year', y: 'name', fill: SECOND, r: 4 }),
    ],
  });
}

function marginFor(names: readonly string[]): number {
  return Math.min(260, 16 + 7 * Math.max(...names.map(({ length }) => length)));
}
