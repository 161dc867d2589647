import type { Films } from '../../state/map/films.ts';
import { LabelRanges } from '../../state/map/labels.ts';
import { extentOf, MOST_ZOOM, nearest } from '../../state/map/viewpoint.ts';
import { Camera } from './camera.ts';
import { type Hand, readGestures } from './gestures.ts';
import { onColourChange, type Palette, readPalette } from './inks.ts';
import { Walk } from './motion.ts';
import { drawOverlay, type Ellipse, LABEL_HEIGHT, shortened } from './overlay.ts';
import type { Painter } from './painter.ts';
import { painterFor } from './painter-for.ts';
import { widthsOf } from './text-widths.ts';

/** Pixels between a pointer and the film that it means. */
const REACH = 12;
const REACH_OF_FINGER = 24;
/** Milliseconds for which labels are worked out at a time, and how many of them between two looks at the clock. */
const LABEL_TIME = 3;
const AT_A_TIME = 50;
/** Labels are worked out from a scale on that rounding cannot miss. */
const BELOW = 0.99;

/** What the map shows besides the films. Films are places among `Films`. */
export interface Shown {
  readonly families: readonly boolean[];
  readonly me: Ellipse | null;
  /** Stars by film. */
  readonly rated: ReadonlyMap<number, number>;
  /** Best first. */
  readonly list: readonly number[];
  /** The film that is pointed out. */
  readonly chosen: number | undefined;
}

export interface StageEvents {
  /** The map rests. */
  settled(): void;
  choose(film: number): void;
  open(film: number): void;
  /** The points' canvas is of no more use. */
  lost(): void;
}

/** Draws the map in its frame, a frame only when something changed. */
export class Stage {
  readonly camera: Camera;
  readonly #chart: HTMLElement;
  readonly #frame: HTMLElement;
  readonly #canvases: readonly HTMLCanvasElement[];
  readonly #films: Films;
  readonly #events: StageEvents;
  readonly #painter: Painter;
  readonly #context: CanvasRenderingContext2D;
  readonly #widths: Float32Array;
  readonly #walk: Walk;
  readonly #ending = new AbortController();
  #palette: Palette;
  #labels: LabelRanges;
  #shown: Shown;
  #hovered: number | undefined;
  #request: number | undefined;
  /** What the points were painted by last; the same again is not painted. */
  #painted: readonly unknown[] = [];
  #working: ReturnType<typeof setTimeout> | undefined;

  /** @param chart has a frame with two canvases, and a legend whose colours are the map's */
  constructor(chart: HTMLElement, films: Films, shown: Shown, events: StageEvents) {
    const [points, overlay] = chart.querySelectorAll('canvas');
    this.#chart = chart;
    this.#frame = chart.querySelector('.map-frame')!;
    this.#canvases = [points, overlay];
    this.#films = films;
    this.#shown = shown;
    this.#events = events;
    this.#painter = painterFor(points, films, () => events.lost());
    this.#context = overlay.getContext('2d')!;
    this.#widths = widthsOf(this.#context, films.titles.map(shortened));
    this.#walk = new Walk(shown.me);
    this.#palette = readPalette(chart, this.#frame);
    const settled = () => {
      this.#draw(); // all films again
      events.settled();
    };
    this.camera = new Camera(extentOf(films.x, films.y), { moved: () => this.#draw(), settled });
    this.#labels = this.#resize();
    this.#workOutLabels();
    this.#listen();
  }

  end(): void {
    this.#ending.abort();
    this.camera.end();
    clearTimeout(this.#working);
    if (this.#request !== undefined) cancelAnimationFrame(this.#request);
    this.#painter.release();
  }

  show(shown: Shown): void {
    this.#walk.to(shown.me, performance.now());
    this.#shown = shown;
    this.#draw();
  }

  /** Films in the window, the best known first. */
  inSight(): number[] {
    const { x, y, count } = this.#films;
    const { view, size } = this.camera;
    const [across, up] = [size.width / 2 / view.scale, size.height / 2 / view.scale];
    const films: number[] = [];
    for (let film = 0; film < count; film++) {
      const isIn = Math.abs(x[film] - view.x) <= across && Math.abs(y[film] - view.y) <= up;
      if (isIn && this.#isShown(film)) films.push(film);
    }
    return films;
  }

  #isShown = (film: number): boolean => this.#shown.families[this.#films.families[film]];

  #listen(): void {
    readGestures(this.#frame, this.#hand(), this.#ending.signal);
    const resizes = new ResizeObserver(() => {
      this.#labels = this.#resize();
      this.#workOutLabels();
    });
    resizes.observe(this.#frame);
    const endColours = onColourChange(() => {
      this.#palette = readPalette(this.#chart, this.#frame);
      this.#draw();
    });
    this.#ending.signal.addEventListener('abort', () => {
      resizes.disconnect();
      endColours();
    });
  }

  #hand(): Hand {
    const { camera } = this;
    return {
      pan: (dx, dy) => camera.pan(dx, dy),
      zoom: (factor, at) => camera.zoomBy(factor, at),
      whole: () => camera.showWhole(false),
      hover: (at) => {
        const hovered = at ? this.#filmAt(at, REACH) : undefined;
        if (hovered === this.#hovered) return;
        this.#hovered = hovered;
        this.#frame.classList.toggle('on-film', hovered !== undefined);
        this.#draw();
      },
      click: (at, isTouch) => {
        const film = this.#filmAt(at, isTouch ? REACH_OF_FINGER : REACH);
        if (film === undefined) return;
        // A finger hides what it points at: its first tap names the film, a second one opens it.
        if (isTouch && film !== this.#shown.chosen) this.#events.choose(film);
        else this.#events.open(film);
      },
    };
  }

  /** What is rated, listed or pointed out is easier to hit than the crowd. */
  #filmAt(at: readonly [number, number], reach: number): number | undefined {
    const { rated, list, chosen } = this.#shown;
    const marked = new Set([...rated.keys(), ...list, chosen]);
    const find = (isMeant: (film: number) => boolean) =>
      nearest(this.#films, this.camera.view, this.camera.size, at, reach, isMeant);
    const film = find((film) => marked.has(film));
    const found = film < 0 ? find(this.#isShown) : film;
    return found < 0 ? undefined : found;
  }

  /** Takes up the frame's size. Returns the labels for it. */
  #resize(): LabelRanges {
    const [width, height] = [Math.max(1, this.#frame.clientWidth), Math.max(1, this.#frame.clientHeight)];
    for (const canvas of this.#canvases) {
      canvas.width = Math.round(width * devicePixelRatio);
      canvas.height = Math.round(height * devicePixelRatio);
    }
    this.camera.resize({ width, height });
    const { x, y } = this.#films;
    const { scale } = this.camera.whole;
    const labels = { x, y, widths: this.#widths, height: LABEL_HEIGHT };
    return new LabelRanges(labels, { least: BELOW * scale, most: MOST_ZOOM * scale });
  }

  #draw(): void {
    this.#request ??= requestAnimationFrame((now) => {
      this.#request = undefined;
      this.camera.advance(now);
      this.#paint(now);
      if (this.#walk.isUnderWay(now)) this.#draw();
    });
  }

  /** Works the labels out bit by bit, so that the map moves meanwhile, and draws those that are known. */
  #workOutLabels(): void {
    clearTimeout(this.#working);
    const labels = this.#labels;
    const [end, before] = [performance.now() + LABEL_TIME, labels.scale];
    while (!labels.isDone && performance.now() < end) labels.workOut(AT_A_TIME);
    if (labels.scale !== before && before <= this.camera.view.scale) this.#draw();
    if (!labels.isDone) this.#working = setTimeout(() => this.#workOutLabels());
  }

  #paint(now: number): void {
    const { view, size, zoom } = this.camera;
    const { families, ...marks } = this.#shown;
    const { inks, families: colours, paper } = this.#palette;
    const { isMoving } = this.camera;
    const look = [view, size, families, colours, isMoving];
    if (look.some((part, at) => part !== this.#painted[at])) {
      this.#painted = look;
      const density = devicePixelRatio;
      const films = this.#painter.paint({ now, isMoving, view, size, zoom, density, colours, paper, shown: families });
      this.#frame.dataset.films = String(films);
    }
    this.#context.setTransform(devicePixelRatio, 0, 0, devicePixelRatio, 0, 0);
    const labels = drawOverlay(this.#context, {
      ...marks,
      view,
      size,
      inks,
      films: this.#films,
      labels: { from: this.#labels.from, widths: this.#widths },
      isShown: this.#isShown,
      me: this.#walk.at(now),
      hovered: this.#hovered,
    });
    this.#frame.dataset.labels = String(labels);
  }
}
