import * as Plot from '@observablehq/plot';
import { ACCENT, drawBoth, NARROW, SOFT, shorten, WIDTH } from './charts.ts';
import { type Anchor, type Box, placeLabels } from './labels.ts';
import type { MapPoint } from './map-points.ts';

const MARGIN = 16;
const FONT_SIZE = 11;
/** Share of the movies on each side that stand on the edge, so that a few far ones do not press the others together. */
const OUTSIDE = 0.01;

/** How large the map is, and how much it shows. */
interface MapSize {
  readonly width: number;
  readonly height: number;
  /** The most points, and the most names. */
  readonly points: number;
  readonly names: number;
}

const WIDE: MapSize = { width: WIDTH, height: 700, points: 1500, names: 40 };
const PHONE: MapSize = { width: NARROW, height: 480, points: 500, names: 14 };

/** Movies by their first two principal axes. Each has its title as a tooltip; some are named, without overlaps. */
export function movieMap(points: readonly MapPoint[]): string {
  return drawBoth('Movies by the first two principal axes of their factors', (narrow) =>
    mapOptions(points, narrow ? PHONE : WIDE),
  );
}

function mapOptions(all: readonly MapPoint[], size: MapSize): Plot.PlotOptions {
  const { width, height } = size;
  const place = placesIn(all, size);
  const named = all
    .filter(({ rank }) => rank !== null)
    .sort((a, b) => a.rank! - b.rank!)
    .slice(0, size.names);
  const others = all.filter((point) => !named.includes(point)).slice(0, size.points);
  const area = { x: 2, y: 2, width: width - 4, height: height - 4 };
  const anchors = named.map((point): Anchor => ({ ...place(point), text: shorten(shortTitle(point.title), 24) }));
  const labels = placeLabels(anchors, { area, fontSize: FONT_SIZE });
  const most = Math.max(...all.map(({ ratings }) => ratings));
  const [dots, marked] = [others, named].map((points) => points.map((point) => ({ ...point, ...place(point) })));
  return {
    width,
    height,
    margin: 0,
    marginLeft: 0,
    marginRight: 0,
    x: { domain: [0, width], range: [0, width], axis: null },
    y: { domain: [0, height], range: [0, height], axis: null },
    r: { type: 'identity' },
    marks: [
      Plot.dot(dots, {
        x: 'x',
        y: 'y',
        r: ({ ratings }) => 1 + 4 * Math.sqrt(ratings / most),
        fill: SOFT,
        fillOpacity: 0.35,
        title: nameOf,
      }),
      Plot.link(labels, {
        x1: 'x',
        y1: 'y',
        x2: ({ x, box }) => nearest(x, box.x, box.width),
        y2: ({ y, box }) => nearest(y, box.y, box.height),
        stroke: SOFT,
        strokeOpacity: 0.7,
        pointerEvents: 'none',
      }),
      Plot.dot(marked, { x: 'x', y: 'y', r: 3.5, fill: ACCENT, title: nameOf }),
      Plot.text(labels, {
        x: ({ box }: { box: Box }) => box.x + box.width / 2,
        y: ({ box }: { box: Box }) => box.y + box.height / 2,
        text: 'text',
        fontSize: FONT_SIZE,
        fill: 'currentColor',
        stroke: 'var(--paper)',
        strokeWidth: 3,
        pointerEvents: 'none',
      }),
    ],
  };
}

/** Where a movie stands on the paper, pixels; the second axis goes up. */
function placesIn(points: readonly MapPoint[], { width, height }: MapSize) {
  const scale = (values: readonly number[], from: number, to: number) => {
    const sorted = [...values].sort((a, b) => a - b);
    const far = Math.floor(OUTSIDE * sorted.length);
    const [low, high] = [sorted[far], sorted[sorted.length - 1 - far]];
    const share = (value: number) => Math.min(1, Math.max(0, (value - low) / (high - low || 1)));
    return (value: number) => from + share(value) * (to - from);
  };
  const [toX, toY] = [
    scale(
      points.map(({ x }) => x),
      MARGIN,
      width - MARGIN,
    ),
    scale(
      points.map(({ y }) => y),
      height - MARGIN,
      MARGIN,
    ),
  ];
  return ({ x, y }: MapPoint) => ({ x: toX(x), y: toY(y) });
}

function nameOf({ title, ratings }: MapPoint): string {
  return `${title}: ${ratings.toLocaleString('en')} ${ratings === 1 ? 'rating' : 'ratings'}`;
}

function shortTitle(title: string): string {
  return title.replace(/ \(.*\)/, '');
}

function nearest(value: number, from: number, length: number): number {
  return Math.min(Math.max(value, from), from + length);
}
