/** Milliseconds between frames: above the first fewer films are drawn in the next, below the second more. */
const SLOW = 24;
const FAST = 18;
/** Milliseconds after which a frame tells nothing about the one before. */
const APART = 250;
/** Films that are always drawn. */
const LEAST = 5000;

/** How many films are drawn while the map moves, so that it moves smoothly where there is no graphics card. */
export class Detail {
  readonly #all: number;
  #count: number;
  #before = Number.NEGATIVE_INFINITY;

  constructor(all: number) {
    this.#all = all;
    this.#count = all;
  }

  /** For a frame of a motion. @param now milliseconds, as `performance.now` has them */
  countAt(now: number): number {
    const took = now - this.#before;
    this.#before = now;
    if (took > SLOW && took < APART) this.#count = Math.max(Math.min(LEAST, this.#all), Math.round(0.8 * this.#count));
    else if (took < FAST) this.#count = Math.min(this.#all, Math.round(1.1 * this.#count));
    return this.#count;
  }
}
