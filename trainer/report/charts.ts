import * as Plot from '@observablehq/plot';
import { parseHTML } from 'linkedom';
import type { ColdStartPoint } from '../evaluate/cold-start.ts';
import type { ReportData, Round } from './data.ts';
import type { CrossTab } from './users.ts';

/**
 * The report's charts as SVG text, drawn here and not in the reader's browser. Colours are the page's variables (`style.ts`),
 * so that one drawing serves light and dark mode.
 */
export const WIDTH = 720;
const FONT_SIZE = 13;
/** Width of the second drawing of a chart, for phones: letters keep their size. */
export const NARROW = 340;
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
    ...options,
    document: document as unknown as NonNullable<Plot.PlotOptions['document']>,
  });
  for (const group of svg.querySelectorAll('g[aria-label]')) group.removeAttribute('aria-label'); // not allowed there
  for (const style of svg.querySelectorAll('style')) style.remove(); // the page's policy refuses it; `CHARTS` has it
  svg.removeAttribute('style');
  svg.setAttribute('font-size', String(FONT_SIZE));
  svg.setAttribute('role', 'img');
  svg.setAttribute('aria-label', label);
  return svg.outerHTML;
}

/** A chart drawn twice, for screens and for phones: the style shows one of them. */
export function drawBoth(label: string, options: (narrow: boolean) => Plot.PlotOptions): string {
  const drawing = (narrow: boolean) => draw(label, narrow ? { width: NARROW, ...options(narrow) } : options(narrow));
  return `<div class="wide">${drawing(false)}</div><div class="narrow">${drawing(true)}</div>`;
}

export function histogramChart(histogram: ReportData['histogram']): string {
  return drawBoth('How often each rating was given', () => ({
    height: 260,
    x: { label: 'stars', type: 'band' },
    y: { label: 'ratings', tickFormat: '~s', grid: true, nice: true },
    marks: [Plot.barY(histogram, { x: 'stars', y: 'count', fill: ACCENT, title: ratingsAt }), Plot.ruleY([0])],
  }));
}

function ratingsAt({ stars, count }: ReportData['histogram'][number]): string {
  return `${stars} ★: ${count.toLocaleString('en')} ratings`;
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
  return drawBoth('Error by sweep or epoch', (narrow) => ({
    height: 260,
    x: { label: isLoss ? 'epoch' : 'sweep', ticks: stepTicks(rounds, narrow), tickFormat: 'd' },
    y: { label: isLoss ? 'loss' : 'RMSE, stars', grid: true, ...readable(points.map(({ value }) => value)) },
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
  }));
}

/** Whole steps, at most ten or five of them, the last one among them. */
function stepTicks(rounds: readonly Round[], narrow: boolean): number[] {
  const steps = rounds.map(({ step }) => step);
  const every = Math.ceil(steps.length / (narrow ? 5 : 10));
  return steps.filter((_, at) => (steps.length - 1 - at) % every === 0);
}

/** A scale whose ticks differ by a thousandth of their size at least, so that their labels stay short. */
function readable(values: readonly (number | undefined)[]): Plot.ScaleOptions {
  const known = values.filter((value) => value !== undefined);
  const [low, high] = [Math.min(...known), Math.max(...known)];
  const room = Math.max(0, 0.01 * Math.abs(high) - (high - low)) / 2;
  return { domain: [low - room, high + room], nice: true };
}

/** One series by sweep or epoch: the learned precision of a rating, or the learning rate. */
export function seriesChart(rounds: readonly Round[], name: 'tau' | 'learningRate', label: string): string {
  return drawBoth(label, (narrow) => ({
    height: 200,
    x: { label: name === 'tau' ? 'sweep' : 'epoch', ticks: stepTicks(rounds, narrow), tickFormat: 'd' },
    y: { label, grid: true, ...readable(rounds.map((round) => round[name])) },
    marks: [Plot.lineY(rounds, { x: 'step', y: name, stroke: ACCENT, strokeWidth: 2 })],
  }));
}

export function crossTabChart({ users, movies, cells }: CrossTab): string {
  return drawBoth('Ratings of the busiest users for the most rated movies', (narrow) => ({
    height: 150 + 26 * users.length,
    marginTop: 150,
    marginBottom: 10,
    ...(narrow ? { marginLeft: 36, marginRight: 2 } : { marginRight: 90 }),
    x: {
      domain: movies,
      axis: 'top',
      label: null,
      tickRotate: narrow ? -90 : -40,
      tickSize: 0,
      tickFormat: (title: string) => shorten(title, narrow ? 17 : 24),
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
        title: ({ user, movie, stars }) => `${movie}: ${stars} ★ from user ${user}`,
      }),
      Plot.text(cells, {
        x: 'movie',
        y: 'user',
        text: ({ stars }) => String(stars),
        fill: 'currentColor',
        pointerEvents: 'none',
      }),
    ],
  }));
}

export function predictionChart(sample: ReportData['sample']): string {
  return drawBoth('Predicted stars by the stars that were given', () => ({
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
  }));
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
  return drawBoth(`${label} by the number of ratings known`, () => ({
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
  }));
}

export function shorten(text: string, most: number): string {
  return text.length > most ? `${text.slice(0, most - 1).trimEnd()}…` : text;
}
