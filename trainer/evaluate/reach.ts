import type { Model } from '../../shared/model/model.ts';

/** How far the lists of all users reach into the catalogue. */
export interface Reach {
  /** Share of the catalogue that is in at least one list. It grows with the number of users. */
  readonly coverage: number;
  /** Mean over the listed movies of the share of other movies that fewer people rated: 0 the rarest, 1 the most rated. */
  readonly popularity: number;
  /** Mean over the listed movies of −log₂ of the share of people who rated it, bits; of one person where nobody did. */
  readonly novelty: number;
}

/** What `Reach` needs of each movie, by row. */
export interface Renown {
  readonly percentiles: Float64Array; // (M)
  readonly novelties: Float64Array; // (M)
}

/** @param users whom the movies' ratings are of */
export function renownOf(ratingCounts: Int32Array, users: number): Renown {
  const ascending = ratingCounts.toSorted();
  const fewer = new Map<number, number>();
  for (let at = ascending.length - 1; at >= 0; at--) fewer.set(ascending[at], at);
  const others = Math.max(1, ratingCounts.length - 1);
  return {
    percentiles: Float64Array.from(ratingCounts, (count) => fewer.get(count)! / others),
    novelties: Float64Array.from(ratingCounts, (count) => -Math.log2(Math.max(1, count) / Math.max(1, users))),
  };
}

/** The renown of a model's movies among the people whom it was trained on. */
export function renownIn({ movies, manifest }: Model): Renown {
  return renownOf(movies.ratingCounts, manifest.dataset.users);
}

/** Gathers the reach of lists. */
export class ReachMean {
  readonly #renown: Renown;
  readonly #isListed: Uint8Array;
  #movies = 0;
  #popularity = 0;
  #novelty = 0;

  constructor(renown: Renown) {
    this.#renown = renown;
    this.#isListed = new Uint8Array(renown.percentiles.length);
  }

  /** @param top rows of the movie table */
  add(top: Int32Array): void {
    const { percentiles, novelties } = this.#renown;
    for (const row of top) {
      this.#isListed[row] = 1;
      this.#popularity += percentiles[row];
      this.#novelty += novelties[row];
    }
    this.#movies += top.length;
  }

  reach(): Reach {
    const n = Math.max(1, this.#movies);
    const listed = this.#isListed.reduce((sum, mark) => sum + mark, 0);
    return {
      coverage: listed / Math.max(1, this.#isListed.length),
      popularity: this.#popularity / n,
      novelty: this.#novelty / n,
    };
  }
}
