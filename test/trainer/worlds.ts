import type { Dataset, Movie, Ratings } from '../../trainer/dataset.ts';
import { random, STREAMS } from '../../trainer/random.ts';

/** [user, movie, stars, timestamp] tuples → rating columns. */
export function ratingsOf(rows: readonly (readonly [number, number, number, number?])[]): Ratings {
  return {
    count: rows.length,
    userIds: Int32Array.from(rows, ([user]) => user),
    movieIds: Int32Array.from(rows, ([, movie]) => movie),
    stars: Float32Array.from(rows, ([, , stars]) => stars),
    timestamps: Float64Array.from(rows, ([, , , time]) => time ?? 0),
  };
}

export function datasetOf(ratings: Ratings, movies: ReadonlyMap<number, Movie> = new Map()): Dataset {
  return { name: 'synthetic', ratings, movies, sha256: '0'.repeat(64) };
}

/**
 * Two tastes and two kinds of movies: users love their own kind (5) and loathe the other (1). A seeded share of the
 * board is left out of the ratings; what stands there is known.
 */
export function checkerboard(
  users: number,
  movies: number,
  share: number,
  seed = 1,
): { rated: Ratings; hidden: Ratings } {
  const source = random(seed, STREAMS.synthetic);
  const [rated, hidden]: [number, number, number, number][][] = [[], []];
  for (let u = 0; u < users; u++) {
    for (let m = 0; m < movies; m++) {
      const row: [number, number, number, number] = [u + 10, m + 100, u % 2 === m % 2 ? 5 : 1, 1 + u * movies + m];
      (source.uniform() < share ? rated : hidden).push(row);
    }
  }
  return { rated: ratingsOf(rated), hidden: ratingsOf(hidden) };
}

/** Ratings as the linear model thinks they come about, rounded to half stars: low-rank taste, biases, noise. */
export function lowRank(users: number, movies: number, density: number, rank = 3, seed = 1): Ratings {
  const source = random(seed, STREAMS.synthetic);
  const draw = (n: number, scale: number) => Array.from({ length: n }, () => scale * source.normal());
  const [p, q] = [draw(users * rank, 0.7), draw(movies * rank, 0.7)];
  const [bu, bm] = [draw(users, 0.4), draw(movies, 0.5)];
  const rows: [number, number, number, number][] = [];
  for (let u = 0; u < users; u++) {
    for (let m = 0; m < movies; m++) {
      if (source.uniform() >= density) continue;
      let stars = 3.3 + bu[u] + bm[m] + 0.4 * source.normal();
      for (let x = 0; x < rank; x++) stars += p[u * rank + x] * q[m * rank + x];
      rows.push([u + 1, m + 1, Math.max(0.5, Math.min(5, Math.round(stars * 2) / 2)), 1e9 + rows.length]);
    }
  }
  return ratingsOf(rows);
}
