import type { Ellipse } from './overlay.ts';

/** Milliseconds that the ellipse takes to where a rating moves it. */
const WALK = 700;

export function prefersStill(): boolean {
  return matchMedia('(prefers-reduced-motion: reduce)').matches;
}

/** Slow at both ends. */
export function eased(t: number): number {
  return t < 0.5 ? 2 * t * t : 1 - 2 * (1 - t) ** 2;
}

/** Shows how the person's ellipse walks and shrinks from one rating to the next. */
export class Walk {
  #goal: Ellipse | null;
  #from: Ellipse | null = null;
  #since = 0;

  constructor(at: Ellipse | null) {
    this.#goal = at;
  }

  /** @param now milliseconds, as `performance.now` has them */
  to(goal: Ellipse | null, now: number): void {
    if (goal === this.#goal) return;
    this.#from = prefersStill() || !goal ? null : this.at(now);
    this.#goal = goal;
    this.#since = now;
  }

  isUnderWay(now: number): boolean {
    return this.#from !== null && now < this.#since + WALK;
  }

  at(now: number): Ellipse | null {
    if (!this.#from || !this.#goal || !this.isUnderWay(now)) return this.#goal;
    return between(this.#from, this.#goal, eased(Math.max(0, (now - this.#since) / WALK)));
  }
}

/** A mean of two covariances is a covariance too. */
function between(a: Ellipse, b: Ellipse, t: number): Ellipse {
  const mix = (x: number, y: number) => x + t * (y - x);
  const [xx, xy, yy] = a.covariance.map((value, at) => mix(value, b.covariance[at]));
  return { centre: [mix(a.centre[0], b.centre[0]), mix(a.centre[1], b.centre[1])], covariance: [xx, xy, yy] };
}
