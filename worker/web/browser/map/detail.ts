/** Milliseconds: above the first fewer films are drawn next time, below the second more. */
interface Pace {
  readonly slow: number;
  readonly fast: number;
}

/** Films that are always drawn. */
const LEAST = 5000;

/** How many films are drawn while the map moves, so that it moves smoothly on a slow machine. */
export class Detail {
  readonly #all: number;
  readonly #pace: Pace;
  #count: number;

  constructor(all: number, pace: Pace) {
    this.#all = all;
    this.#pace = pace;
    this.#count = all;
  }

  get count(): number {
    return this.#count;
  }

  /** @param took milliseconds, for as many as `count` says */
  learn(took: number): void {
    const { slow, fast } = this.#pace;
    if (took > slow) this.#count = Math.max(Math.min(LEAST, this.#all), Math.round(0.8 * this.#count));
    else if (took < fast) this.#count = Math.min(this.#all, Math.round(1.1 * this.#count));
  }
}
