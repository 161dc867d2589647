import { titlesIn } from '../../../../shared/title.ts';
import type { FilmsOnMap } from '../api.ts';
import { familyOf } from './families.ts';

/** The films on the map, the best known first. */
export interface Films {
  readonly count: number; // N
  readonly movieIds: readonly number[]; // (N)
  readonly titles: readonly string[]; // (N), as labels have them
  readonly years: readonly number[]; // (N), 0 where unknown
  readonly ratingCounts: readonly number[]; // (N)
  readonly x: Float32Array; // (N)
  readonly y: Float32Array; // (N)
  readonly families: Uint8Array; // (N)
  /** Place of a film among them, undefined where it is none of them. */
  placeOf(movieId: number): number | undefined;
}

export function filmsOf({ movieIds, titles, years, ratingCounts, x, y, genres, genreLists }: FilmsOnMap): Films {
  const families = genreLists.map(familyOf);
  const places = new Map(movieIds.map((movieId, at) => [movieId, at]));
  return {
    count: movieIds.length,
    movieIds,
    titles: titles.map((title) => titlesIn(title)[0]),
    years,
    ratingCounts,
    x: Float32Array.from(x),
    y: Float32Array.from(y),
    families: Uint8Array.from(genres, (list) => families[list]),
    placeOf: (movieId) => places.get(movieId),
  };
}

/** "Heat (1995)" */
export function nameOf({ titles, years }: Pick<Films, 'titles' | 'years'>, at: number): string {
  return years[at] ? `${titles[at]} (${years[at]})` : titles[at];
}
