import * as Plot from '@observablehq/plot';
import { parseHTML } from 'linkedom';
import type { ColdStartPoint } from '../evaluate/cold-start.ts';
import type { CrossTab, MapPoint, ReportData, Round } from './data.ts';
import { placeLabels } from './labels.ts';

/**
 * The report's charts as SVG text, drawn here and not in the reader's browser. Colours are the page's variables (`style.ts`),
 * so that one drawing serves light and dark mode.
 */
export const WIDTH = 720;
export const [ACCENT, SECOND, SOFT] = ['var(--accent)', 'var(--second)', 'var(--soft)'];
export const [THIRD, FOURTH] = ['var(--third)', 'var(--fourth)'];

/** A plot in the report's style; `label` says what it shows, for readers who cannot see it. */
export function draw(label: string, options: Plot.PlotOptions): string {
  const { document } = parseHTML('<!doctype html><html><body></body></html>');
  const svg = Plot.plot({
    width: WIDTH,
    marginLeft: 56,
    marginRight: 24,
    marginTop: 30,
    marginBottom: 46,
    style: { background: 'transparent', fontSize: '13px' },
    ...options,
    document: document as unknown as NonNullable<Plot.PlotOptions['document']>,
  });
  for (const group of svg.querySelectorAll('g[aria-label]')) group.removeAttribute('aria-label'); // not allowed there
  svg.setAttribute('role', 'img');
  svg.setAttribute('aria-label', label);
  return svg.outerHTML;
}

export function histogramChart(histogram: ReportData['histogram']): string {
  return draw('How often each rating was given', {
    height: 260,
    x: { label: 'stars', type: 'band' },
    y: { label: 'ratings', tickFormat: '~s', grid: true, nice: true },
    marks: [Plot.barY(histogram, { x: 'stars', y: 'count', fill: ACCENT }), Plot.ruleY([0])],
  });
}

/** The curves that rounds may have, and their names. */
const CURVES = [
  ['trainRmse', 'training'],
  ['trainLoss', 'training'],
  ['validLoss', 'held out'],
] as const;

/** Error or loss by sweep or epoch. */
export function learningChart(rounds: readonly Round[]): string {
  const points = rounds.flatMap((round) =>
    CURVES.filter(([name]) => round[name] !== undefined).map(([name, curve]) => ({
      step: round.step,
      curve,
      value: round[name],
    })),
  );
  const isLoss = rounds.some(({ trainLoss }) => trainLoss !== undefined);
  return draw('Error by sweep or epoch', {
    height: 260,
    x: { label: isLoss ? 'epoch' : 'sweep', ticks: Math.min(rounds.length, 10), tickFormat: 'd' },
    y: { label: isLoss ? 'loss' : 'RMSE, stars', grid: true, nice: true },
    color: { domain: ['training', 'held out'], range: [ACCENT, SECOND], legend: false },
    marks: [
      Plot.lineY(points, { x: 'step', y: 'value', stroke: 'curve', strokeWidth: 2 }),
      Plot.text(
        points,
        Plot.selectLast({
          x: 'step',
          y: 'value',
          z: 'curve',
          text: 'curve',
          dy: -10,
          textAnchor: 'end',
          fill: 'currentColor',
        }),
      ),
    ],
  });
}

/** One series by sweep or epoch: the learned precision of a rating, or the learning rate. */
export function seriesChart(rounds: readonly Round[], name: 'tau' | 'learningRate', label: string): string {
  return draw(label, {
    height: 200,
    x: { label: name === 'tau' ? 'sweep' : 'epoch', ticks: Math.min(rounds.length, 10), tickFormat: 'd' },
    y: { label, grid: true, nice: true },
    marks: [Plot.lineY(rounds, { x: 'step', y: name, stroke: ACCENT, strokeWidth: 2 })],
  });
}

export function crossTabChart({ users, movies, cells }: CrossTab): string {
  return draw('Ratings of the busiest users for the most rated movies', {
    height: 150 + 26 * users.length,
    marginTop: 150,
    marginBottom: 10,
    marginRight: 90,
    x: {
      domain: movies,
      axis: 'top',
      label: null,
      tickRotate: -40,
      tickSize: 0,
      tickFormat: (title: string) => shorten(title, 24),
    },
    y: { domain: users, label: null, tickSize: 0, tickFormat: 'd' },
    marks: [
      Plot.cell(cells, {
        x: 'movie',
        y: 'user',
        fill: ACCENT,
        fillOpacity: ({ stars }) => 0.08 + 0.09 * (stars - 0.5),
        inset: 1,
        rx: 3,
      }),
      Plot.text(cells, { x: 'movie', y: 'user', text: ({ stars }) => String(stars), fill: 'currentColor' }),
    ],
  });
}

const MAP = { height: 700, margin: 16, fontSize: 11 };

/** Movies by their first two principal axes; those of the highest bias are named, without overlaps. */
export function movieMap(points: readonly MapPoint[]): string {
  const scale = (values: readonly number[], from: number, to: number) => {
    const [low, high] = [Math.min(...values), Math.max(...values)];
    return (value: number) => from + ((value - low) / (high - low || 1)) * (to - from);
  };
  const { height, margin, fontSize } = MAP;
  const toX = scale(
    points.map(({ x }) => x),
    margin,
    WIDTH - margin,
  );
  const toY = scale(
    points.map(({ y }) => y),
    height - margin,
    margin,
  );
  const named = points.filter(({ rank }) => rank !== null).sort((a, b) => a.rank! - b.rank!);
  const labels = placeLabels(
    named.map(({ x, y, title }) => ({ x: toX(x), y: toY(y), text: shorten(title.replace(/ \(.*\)/, ''), 26) })),
    { area: { x: 2, y: 2, width: WIDTH - 4, height: height - 4 }, fontSize },
  );
  const most = Math.max(...points.map(({ ratings }) => ratings));
  const dots = points.map((point) => ({ ...point, x: toX(point.x), y: toY(point.y) }));
  const middle = (from: number, length: number) => from + length / 2;
  return draw('Movies by the first two principal axes of their factors', {
    height,
    margin: 0,
    marginLeft: 0,
    marginRight: 0,
    x: { domain: [0, WIDTH], range: [0, WIDTH], axis: null },
    y: { domain: [0, height], range: [0, height], axis: null },
    r: { type: 'identity' },
    marks: [
      Plot.dot(
        dots.filter(({ rank }) => rank === null),
        { x: 'x', y: 'y', r: ({ ratings }) => 1 + 4 * Math.sqrt(ratings / most), fill: SOFT, fillOpacity: 0.35 },
      ),
      Plot.link(labels, {
        x1: 'x',
        y1: 'y',
        x2: ({ x, box }) => Math.min(Math.max(x, box.x), box.x + box.width),
        y2: ({ y, box }) => Math.min(Math.max(y, box.y), box.y + box.height),
        stroke: SOFT,
        strokeOpacity: 0.7,
      }),
      Plot.dot(
        dots.filter(({ rank }) => rank !== null),
        { x: 'x', y: 'y', r: 3.5, fill: ACCENT },
      ),
      Plot.text(labels, {
        x: ({ box }) => middle(box.x, box.width),
        y: ({ box }) => middle(box.y, box.height),
        text: 'text',
        fontSize,
        fill: 'currentColor',
        stroke: 'var(--paper)',
        strokeWidth: 3,
      }),
    ],
  });
}

export function predictionChart(sample: ReportData['sample']): string {
  return draw('Predicted stars by the stars that were given', {
    height: 300,
    x: { label: 'stars given', type: 'band' },
    y: { label: 'stars predicted', domain: [0, 5.2], grid: true },
    marks: [
      Plot.boxY(sample, {
        x: 'actual',
        y: 'predicted',
        fill: ACCENT,
        fillOpacity: 0.45,
        stroke: 'currentColor',
        r: 1.5,
      }),
      Plot.tickY(distinctStars(sample), {
        x: (stars: number) => stars,
        y: (stars: number) => stars,
        stroke: SECOND,
        strokeWidth: 3,
      }),
    ],
  });
}

function distinctStars(sample: ReportData['sample']): number[] {
  return [...new Set(sample.map(({ actual }) => actual))].sort((a, b) => a - b);
}

/** One measure of the cold-start curve, beside its baseline. */
export function coldStartChart(
  points: readonly ColdStartPoint[],
  label: string,
  measure: (point: ColdStartPoint) => { readonly mine: number; readonly baseline: number },
  baseline: string,
): string {
  const rows = points.flatMap((point) => {
    const { mine, baseline: other } = measure(point);
    return [
      { shown: point.shown, name: 'Marquee', value: mine },
      { shown: point.shown, name: baseline, value: other },
    ];
  });
  return draw(`${label} by the number of ratings known`, {
    height: 240,
    marginRight: 90,
    x: { label: 'ratings known of an unseen user', type: 'point' },
    y: { label, grid: true, nice: true },
    color: { domain: ['Marquee', baseline], range: [ACCENT, SECOND] },
    marks: [
      Plot.lineY(rows, { x: 'shown', y: 'value', stroke: 'name', strokeWidth: 2, marker: 'dot' }),
      Plot.text(
        rows,
        Plot.selectLast({
          x: 'shown',
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

export function shorten(text: string, most: number): string {
  return text.length > most ? `${text.slice(0, most - 1).trimEnd()}…` : text;
}
