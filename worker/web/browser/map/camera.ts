import { type Flight, flight } from '../../state/map/flight.ts';
import type { Place } from '../../state/map/place.ts';
import {
  type Extent,
  MOST_ZOOM,
  panned,
  type Size,
  type Viewpoint,
  wholeMap,
  within,
  zoomed,
} from '../../state/map/viewpoint.ts';
import { eased, prefersStill } from './motion.ts';

/** Milliseconds. */
const FLIGHT = 350; // for a unit of a flight's length
const LONGEST_FLIGHT = 1600;
const REST = 250; // without motion until the map counts as settled

/** Where the map's window stands. */
export interface Window {
  readonly centre: readonly [x: number, y: number];
  /** 1: the whole map. */
  readonly zoom: number;
}

export interface CameraEvents {
  /** Something has to be drawn. */
  moved(): void;
  /** The map rests. */
  settled(): void;
}

/** What part of the map the window shows, and how it comes to another. */
export class Camera {
  readonly #extent: Extent;
  readonly #events: CameraEvents;
  #size: Size = { width: 1, height: 1 };
  #view: Viewpoint;
  #flight: { readonly path: Flight; readonly since: number; readonly duration: number } | undefined;
  #rest: ReturnType<typeof setTimeout> | undefined;

  constructor(extent: Extent, events: CameraEvents) {
    this.#extent = extent;
    this.#events = events;
    this.#view = this.whole;
  }

  get size(): Size {
    return this.#size;
  }

  get view(): Viewpoint {
    return this.#view;
  }

  get whole(): Viewpoint {
    return wholeMap(this.#extent, this.#size);
  }

  get zoom(): number {
    return this.#view.scale / this.whole.scale;
  }

  get isMoving(): boolean {
    return this.#rest !== undefined;
  }

  get window(): Window {
    return { centre: [this.#view.x, this.#view.y], zoom: this.zoom };
  }

  /** Another size of the window; the middle and the zoom stay. */
  resize(size: Size): void {
    const { zoom } = this;
    this.#size = size;
    this.#byHand({ ...this.#view, scale: zoom * this.whole.scale });
  }

  /** Whether the map is where an address says, within what a pixel shows. */
  isAt({ film, centre, zoom = 1 }: Place = {}): boolean {
    if (!centre) return film === undefined && this.zoom < 1.001;
    const away = Math.hypot(centre[0] - this.#view.x, centre[1] - this.#view.y) * this.#view.scale;
    return away < 2 && Math.abs(zoom / this.zoom - 1) < 0.01;
  }

  /** Flies there, or jumps where motion is not wanted. */
  goTo({ centre: [x, y], zoom }: Window, jump: boolean): void {
    const goal = within({ x, y, scale: zoom * this.whole.scale }, this.#extent, this.whole);
    if (jump || prefersStill()) {
      this.#byHand(goal);
      return;
    }
    const path = flight(this.#view, goal, this.#size);
    const duration = Math.min(LONGEST_FLIGHT, FLIGHT * (1 + path.length));
    this.#flight = { path, since: performance.now(), duration };
    this.#events.moved();
  }

  showWhole(jump: boolean): void {
    const { x, y } = this.whole;
    this.goTo({ centre: [x, y], zoom: 1 }, jump);
  }

  pan(dx: number, dy: number): void {
    this.#byHand(panned(this.#view, dx, dy));
  }

  /** @param at pixels; what stands there stays there */
  zoomBy(factor: number, at: readonly [number, number]): void {
    const most = (MOST_ZOOM * this.whole.scale) / this.#view.scale;
    this.#byHand(zoomed(this.#view, this.#size, Math.min(most, Math.max(1 / this.zoom, factor)), at));
  }

  /** A flight's next step. @param now milliseconds, as `performance.now` has them */
  advance(now: number): void {
    if (!this.#flight) return;
    const { path, since, duration } = this.#flight;
    const t = Math.min(1, Math.max(0, (now - since) / duration));
    if (t === 1) this.#flight = undefined;
    this.#moveTo(path.at(eased(t)));
  }

  end(): void {
    clearTimeout(this.#rest);
  }

  #byHand(view: Viewpoint): void {
    this.#flight = undefined;
    this.#moveTo(within(view, this.#extent, this.whole));
  }

  #moveTo(view: Viewpoint): void {
    this.#view = view;
    this.#events.moved();
    clearTimeout(this.#rest);
    this.#rest = setTimeout(() => {
      this.#rest = undefined;
      this.#events.settled();
    }, REST);
  }
}
