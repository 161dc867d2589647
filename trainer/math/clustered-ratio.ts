/** 97.5% of a standard normal distribution lie below. */
export const Z_95 = 1.959964;

/** An estimate with its uncertainty. */
export interface Estimate {
  readonly value: number;
  /** Standard error; null where there are too few people, or none differs from another. */
  readonly error: number | null;
  /** Clusters, here people, that it is from. */
  readonly people: number;
}

/**
 * A ratio R = Σ S_i / Σ n_i over clusters i, for example clicks over lists of people, who have some lists each. Lists of
 * one person resemble each other, so the error is that of people, by the delta method (Deng, Knoblich & Lu, "Applying the
 * delta method in metric analytics", KDD 2018):
 *   error² = N / (N − 1) · Σ (S_i − R n_i)² / (Σ n_i)²
 * Only sums are kept.
 */
export class ClusteredRatio {
  #people = 0;
  #s = 0;
  #n = 0;
  #ss = 0;
  #sn = 0;
  #nn = 0;

  /** Adds one cluster: its sum, and what that is a sum over. */
  add(s: number, n: number): void {
    if (n === 0) return;
    this.#people++;
    this.#s += s;
    this.#n += n;
    this.#ss += s * s;
    this.#sn += s * n;
    this.#nn += n * n;
  }

  /** Null of nothing. */
  estimate(): Estimate | null {
    const N = this.#people;
    if (N === 0) return null;
    const value = this.#s / this.#n;
    const squares = this.#ss - 2 * value * this.#sn + value * value * this.#nn;
    const isTold = N > 1 && squares > 1e-12 * this.#nn;
    return { value, error: isTold ? Math.sqrt((N / (N - 1)) * squares) / this.#n : null, people: N };
  }
}

/** The difference of estimates from different people, a − b. Null where either is, or has no error. */
export function differenceOf(a: Estimate | null, b: Estimate | null): (Estimate & { readonly error: number }) | null {
  if (!a || !b || a.error === null || b.error === null) return null;
  return { value: a.value - b.value, error: Math.hypot(a.error, b.error), people: a.people + b.people };
}
