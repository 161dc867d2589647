import type { Films } from '../../state/map/films.ts';
import { nameOf } from '../../state/map/films.ts';
import { type Size, toWindow, type Viewpoint } from '../../state/map/viewpoint.ts';

/** Pixels. */
export const LABEL_HEIGHT = 17;
const LIFT = 9; // of a label's middle above its point
const RING = 10; // radius of a numbered ring
/** Radii, in standard deviations, of ellipses that hold half and nine tenths of a Gaussian: √(−2 ln(1 − share)). */
const HALF = Math.sqrt(-2 * Math.log(0.5));
const MOST = Math.sqrt(-2 * Math.log(0.1));

/** Colours, as CSS writes them. */
export interface Inks {
  readonly text: string;
  readonly paper: string;
  readonly me: string;
  readonly rated: string;
  readonly list: string;
}

/** What is drawn above the points. */
export interface Scene {
  readonly films: Films;
  readonly view: Viewpoint;
  readonly size: Size;
  readonly inks: Inks;
  /** Scale from which on each label is shown, and its width, pixels. */
  readonly labels: { readonly from: Float32Array; readonly widths: Float32Array };
  readonly isShown: (film: number) => boolean;
  readonly me: Ellipse | null;
  /** The person's ratings, by place among the films. */
  readonly rated: ReadonlyMap<number, number>;
  /** The person's list, best first. */
  readonly list: readonly number[];
  /** The film that is pointed out, and the one under the pointer. */
  readonly chosen: number | undefined;
  readonly hovered: number | undefined;
}

export interface Ellipse {
  readonly centre: readonly [number, number];
  readonly covariance: readonly [xx: number, xy: number, yy: number];
}

interface Box {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

export const LABEL_FONT = '600 12px system-ui, sans-serif';

/** Draws ellipse, labels, ratings and list. Returns how many labels there are. */
export function drawOverlay(context: CanvasRenderingContext2D, scene: Scene): number {
  const { size, films, view, rated, list, chosen, hovered } = scene;
  const pen = new Pen(context, scene.inks);
  context.clearRect(0, 0, size.width, size.height);
  const at = (film: number) => toWindow(view, size, films.x[film], films.y[film]);
  const me = scene.me && toWindow(view, size, ...scene.me.centre);
  if (scene.me && me) drawMe(pen, scene, scene.me, me);
  const taken = [...list, ...rated.keys()].map((film) => around(at(film), RING, RING));
  const pointed = [...new Set([hovered, chosen])].filter((film) => film !== undefined);
  if (me) taken.push(pen.meBox(me));
  taken.push(...pointed.map((film) => tipBox(pen, at(film), nameOf(films, film), size)));
  const count = drawLabels(pen, scene, taken);
  for (const [film, stars] of rated) pen.star(at(film), stars);
  for (const [rank, film] of [...list.entries()].reverse()) pen.ring(at(film), rank + 1);
  if (me) pen.me(me);
  if (chosen !== undefined) pen.circle(at(chosen), RING + 4);
  for (const film of pointed.reverse()) pen.tip(tipBox(pen, at(film), nameOf(films, film), size), nameOf(films, film));
  return count;
}

function drawLabels(pen: Pen, scene: Scene, taken: readonly Box[]): number {
  const { films, view, size, isShown } = scene;
  const { from, widths } = scene.labels;
  let count = 0;
  for (let film = 0; film < films.count; film++) {
    if (from[film] > view.scale || !isShown(film)) continue;
    const [x, y] = toWindow(view, size, films.x[film], films.y[film]);
    const box = around([x, y - LIFT], widths[film] / 2, LABEL_HEIGHT / 2);
    const isInside = box.left >= 0 && box.right <= size.width && box.top >= 0 && box.bottom <= size.height;
    if (!isInside || taken.some((other) => overlap(box, other))) continue;
    pen.label([x, y - LIFT], shortened(films.titles[film]));
    count++;
  }
  return count;
}

function drawMe(pen: Pen, { view }: Scene, { covariance }: Ellipse, middle: readonly [number, number]): void {
  pen.ellipse(middle, covariance, MOST * view.scale, 'line');
  pen.ellipse(middle, covariance, HALF * view.scale, 'area');
}

const LONGEST = 26;

export function shortened(title: string): string {
  return title.length > LONGEST ? `${title.slice(0, LONGEST - 1).trimEnd()}…` : title;
}

function around([x, y]: readonly [number, number], across: number, up: number): Box {
  return { left: x - across, right: x + across, top: y - up, bottom: y + up };
}

function overlap(a: Box, b: Box): boolean {
  return a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
}

/** Beside or above its film, within the window. */
function tipBox(pen: Pen, [x, y]: readonly [number, number], text: string, size: Size): Box {
  const half = pen.widthOf(text) / 2 + 8;
  const middle = Math.max(half + 2, Math.min(size.width - half - 2, x));
  const top = y - RING - 32 < 2 ? y + RING + 8 : y - RING - 32;
  return { left: middle - half, right: middle + half, top, bottom: top + 26 };
}

/** The few shapes of the map. */
class Pen {
  readonly #context: CanvasRenderingContext2D;
  readonly #inks: Inks;

  constructor(context: CanvasRenderingContext2D, inks: Inks) {
    this.#context = context;
    this.#inks = inks;
    Object.assign(context, { textAlign: 'center', textBaseline: 'middle', lineJoin: 'round', font: LABEL_FONT });
  }

  widthOf(text: string): number {
    return this.#context.measureText(text).width;
  }

  label([x, y]: readonly [number, number], text: string): void {
    const context = this.#context;
    context.strokeStyle = this.#inks.paper;
    context.fillStyle = this.#inks.text;
    context.lineWidth = 3.5;
    context.strokeText(text, x, y);
    context.fillText(text, x, y);
  }

  tip({ left, top, right, bottom }: Box, text: string): void {
    const context = this.#context;
    context.fillStyle = this.#inks.text;
    context.beginPath();
    context.roundRect(left, top, right - left, bottom - top, 6);
    context.fill();
    context.fillStyle = this.#inks.paper;
    context.fillText(text, (left + right) / 2, (top + bottom) / 2 + 0.5);
  }

  /** A star with an outline, filled when the film was liked. */
  star([x, y]: readonly [number, number], stars: number): void {
    const context = this.#context;
    context.beginPath();
    for (let corner = 0; corner < 10; corner++) {
      const radius = corner % 2 === 0 ? 9 : 4;
      const angle = (Math.PI * corner) / 5 - Math.PI / 2;
      context.lineTo(x + radius * Math.cos(angle), y + radius * Math.sin(angle));
    }
    context.closePath();
    this.#outlined(this.#inks.rated, stars >= 4 ? this.#inks.rated : this.#inks.paper);
  }

  ring(at: readonly [number, number], rank: number): void {
    this.circle(at, RING, this.#inks.list, this.#inks.paper);
    this.#context.fillStyle = this.#inks.text;
    this.#context.font = '700 11px system-ui, sans-serif';
    this.#context.fillText(String(rank), at[0], at[1] + 0.5);
    this.#context.font = LABEL_FONT;
  }

  circle([x, y]: readonly [number, number], radius: number, line = this.#inks.text, area?: string): void {
    this.#context.beginPath();
    this.#context.arc(x, y, radius, 0, 2 * Math.PI);
    this.#outlined(line, area);
  }

  /** The points at so many standard deviations: centre + radius · L [cos, sin], L Lᵀ the covariance. */
  ellipse(
    [x, y]: readonly [number, number],
    [xx, xy, yy]: Ellipse['covariance'],
    radius: number,
    kind: 'area' | 'line',
  ) {
    const context = this.#context;
    const a = Math.sqrt(xx);
    const b = a > 0 ? xy / a : 0;
    const c = Math.sqrt(Math.max(0, yy - b * b));
    context.beginPath();
    for (let step = 0; step < 96; step++) {
      const [cos, sin] = [Math.cos((step * Math.PI) / 48), Math.sin((step * Math.PI) / 48)];
      context.lineTo(x + radius * a * cos, y - radius * (b * cos + c * sin));
    }
    context.closePath();
    context.strokeStyle = context.fillStyle = this.#inks.me;
    context.lineWidth = 2;
    context.setLineDash(kind === 'line' ? [7, 5] : []);
    context.stroke();
    context.setLineDash([]);
    if (kind === 'line') return;
    context.globalAlpha = 0.14;
    context.fill();
    context.globalAlpha = 1;
  }

  me(at: readonly [number, number]): void {
    this.circle(at, 6, this.#inks.paper, this.#inks.me);
    this.tip(this.meBox(at), 'You');
  }

  meBox([x, y]: readonly [number, number]): Box {
    return around([x, y + 20], this.widthOf('You') / 2 + 7, 11);
  }

  #outlined(line: string, area: string | undefined): void {
    const context = this.#context;
    context.lineWidth = 5;
    context.strokeStyle = this.#inks.paper;
    context.stroke();
    if (area) {
      context.fillStyle = area;
      context.fill();
    }
    context.lineWidth = 2;
    context.strokeStyle = line;
    context.stroke();
  }
}
