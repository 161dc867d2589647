import type { Catalogue } from '../../shared/model/model.ts';

/** Share of all films that counts as the best known. */
const BEST_KNOWN = 0.1;

/** What lists have shown, in words of coverage and popularity. */
export interface Reach {
  /** Films that lists named, each time. */
  readonly shown: number;
  /** Different ones. */
  readonly films: number;
  /** Of all films. */
  readonly coverage: number;
  /** Share of what was shown that is among the tenth of films with the most ratings. */
  readonly bestKnown: number;
  /** The films shown most, and how often. */
  readonly most: readonly { readonly row: number; readonly times: number }[];
}

/** Counts which films the lists of this isolate named; a new version begins anew. */
export class Shown {
  #version = '';
  readonly #times = new Map<number, number>();

  add(version: string, items: readonly { readonly movieId: number }[]): void {
    if (version !== this.#version) this.#times.clear();
    this.#version = version;
    for (const { movieId } of items) this.#times.set(movieId, (this.#times.get(movieId) ?? 0) + 1);
  }

  /** @param most of the films shown most, how many to name */
  reach(movies: Catalogue, most: number): Reach {
    const counted = [...this.#times]
      .map(([movieId, times]) => ({ row: movies.rowOf(movieId), times }))
      .filter(({ row }) => row >= 0);
    const shown = counted.reduce((sum, { times }) => sum + times, 0);
    const known = bestKnown(movies);
    const ofKnown = counted.filter(({ row }) => movies.ratingCounts[row] >= known);
    return {
      shown,
      films: counted.length,
      coverage: counted.length / Math.max(1, movies.count),
      bestKnown: ofKnown.reduce((sum, { times }) => sum + times, 0) / Math.max(1, shown),
      most: counted.sort((a, b) => b.times - a.times).slice(0, most),
    };
  }
}

/** Ratings that a film has at least to be among the best known. */
function bestKnown({ ratingCounts, count }: Catalogue): number {
  const sorted = ratingCounts.slice().sort();
  return sorted[Math.min(count - 1, Math.floor((1 - BEST_KNOWN) * count))] ?? 0;
}
