import { beforeAll, describe, expect, it } from 'vitest';
import { readAllUsers } from '../../../../shared/artifact/users-file.ts';
import type { Model } from '../../../../shared/model/model.ts';
import { describeKind, startOfMovie } from '../../../../shared/model/movie-kind.ts';
import { inferUser, NOTHING_RATED } from '../../../../shared/model/posterior.ts';
import { openArtifact } from '../../../../trainer/artifact/artifact.ts';
import type { Movie } from '../../../../trainer/data/dataset.ts';
import { openEngine } from '../../../../trainer/engines/index.ts';
import { resolveOptions } from '../../../../trainer/models/options.ts';
import { predictPairs } from '../../../../trainer/predict/predict.ts';
import { train } from '../../../../trainer/train/train.ts';
import { datasetOf, ratingsOf } from '../../../fixtures/datasets.ts';

/** Comedies are good, more so in later years; horror is bad. Even users add a star to it, odd ones take one away. */
const MOVIES = 60;
const UNRATED = { comedy: 1001, horror: 1002, recent: 1003 };
const isComedy = (movieId: number) => movieId % 2 === 0;
const yearOf = (movieId: number) => (movieId < 30 ? 1960 : 2000);
const catalogue = new Map<number, Movie>([
  ...Array.from({ length: MOVIES }, (_, movieId): [number, Movie] => [
    movieId,
    { movieId, title: `${movieId}`, genres: [isComedy(movieId) ? 'Comedy' : 'Horror'], year: yearOf(movieId) },
  ]),
  [UNRATED.comedy, { movieId: UNRATED.comedy, title: 'a', genres: ['Comedy'], year: 1960 }],
  [UNRATED.horror, { movieId: UNRATED.horror, title: 'b', genres: ['Horror'], year: 1960 }],
  [UNRATED.recent, { movieId: UNRATED.recent, title: 'c', genres: ['Comedy'], year: 2000 }],
]);

function starsOf(user: number, movieId: number): number {
  const kind = isComedy(movieId) ? 3.5 + (yearOf(movieId) > 1980 ? 1 : 0) : 2.5;
  const taste = isComedy(movieId) ? 0 : user % 2 === 0 ? 1 : -1;
  return kind + taste + ((user * 7 + movieId * 3) % 3) / 2 - 0.5;
}

let model: Model & { users: Uint8Array };

beforeAll(async () => {
  const rows = Array.from({ length: 80 }, (_, user) =>
    Array.from({ length: MOVIES }, (_, movieId) => [user, movieId, starsOf(user, movieId), 1] as const).filter(
      ([, movieId]) => (user * 13 + movieId * 5) % 4 > 0,
    ),
  ).flat();
  const engine = await openEngine('js', { threads: 1 });
  const options = resolveOptions({ factors: 3, relevanceFactors: 4, sweeps: 12 });
  model = openArtifact(await train(engine, datasetOf(ratingsOf(rows), catalogue), options));
  await engine.close();
});

/** Mean over the movies of a kind of the vectors [q, b], (D). */
function average(wanted: (movieId: number) => boolean): number[] {
  const { movies } = model;
  const rows = Array.from(movies.movieIds.keys()).filter((row) => row < MOVIES && wanted(movies.movieIds[row]));
  return Array.from({ length: movies.factorCount + 1 }, (_, x) => {
    const at = (row: number) =>
      x < movies.factorCount ? movies.factors[row * movies.factorCount + x] : movies.biases[row];
    return rows.reduce((sum, row) => sum + at(row) / rows.length, 0);
  });
}

const distance = (a: ArrayLike<number>, b: ArrayLike<number>) =>
  Math.hypot(...Array.from(a, (value, x) => value - b[x]));

describe('a movie without ratings', () => {
  it('a movie without ratings starts at the average movie of its genres and year', () => {
    const { movies } = model;
    for (const [movieId, kind] of [
      [UNRATED.comedy, (id: number) => isComedy(id) && yearOf(id) === 1960],
      [UNRATED.horror, (id: number) => !isComedy(id) && yearOf(id) === 1960],
      [UNRATED.recent, (id: number) => isComedy(id) && yearOf(id) === 2000],
    ] as const) {
      const row = movies.rowOf(movieId);
      const K = movies.factorCount;
      const vector = [...movies.factors.subarray(row * K, (row + 1) * K), movies.biases[row]];
      expect(distance(vector, average(kind))).toBeLessThan(
        0.25 *
          distance(
            average(kind),
            average((id) => !kind(id)),
          ),
      );
    }
  });

  it('a movie without ratings is predicted for each taste as other movies of its kind are', async () => {
    const ask = (user: number, movieId: number) => [user, movieId, 1] as const;
    const asked = [ask(2, UNRATED.horror), ask(3, UNRATED.horror), ask(2, UNRATED.recent), ask(2, UNRATED.comedy)];
    const [fan, foe, recent, old] = await predictPairs(model, model.users, ratingsOf(asked), null);
    expect(fan - foe).toBeGreaterThan(1);
    expect((fan + foe) / 2).toBeCloseTo(2.5, 0);
    expect(recent - old).toBeGreaterThan(0.3);
  });

  it('a movie that only a movie file names starts at the average movie of its genres and year', async () => {
    const outside = new Map<number, Movie>([
      [5001, { movieId: 5001, title: 'x', genres: ['Horror'], year: 1960 }],
      [5002, { movieId: 5002, title: 'y', genres: ['Opera'], year: null }],
    ]);
    const pairs = ratingsOf([UNRATED.horror, 5001, 5002, 5003].map((movieId) => [2, movieId, 1] as const));
    const [catalogued, told, odd, unknown] = await predictPairs(model, model.users, pairs, null, outside);
    expect(told).toBeCloseTo(catalogued, 2);
    expect(odd).toBe(unknown); // nothing is known of operas
    expect(Math.abs(told - unknown)).toBeGreaterThan(0.05);
  });

  it('a movie without ratings starts at the average movie where the artifact has no kinds', () => {
    const { movieKinds: _, ...earlier } = model;
    expect(startOfMovie(earlier, { genres: ['Horror'], year: 1960 })).toEqual(model.newMovie);
  });
});

describe('a user without ratings', () => {
  it('a user without ratings starts at the average user', async () => {
    const nobody = inferUser(model.movies, model.userPrior, NOTHING_RATED);
    const people: number[][] = [];
    for await (const { factors, bias } of readAllUsers(model.users, model.manifest)) people.push([...factors, bias]);
    const mean = Array.from(nobody.mean, (_, x) => people.reduce((sum, user) => sum + user[x] / people.length, 0));
    const spread = people.reduce((sum, user) => sum + distance(user, mean) / people.length, 0);
    expect(distance(nobody.mean, mean)).toBeLessThan(0.2 * spread);
  });
});

describe('describeKind', () => {
  it('describeKind divides a year between neighbouring columns, and a movie among its genres', () => {
    const out = new Float32Array(4 + 3);
    describeKind(
      { genres: ['War', 'Crime', 'Opera', 'Western'], year: 1923 },
      ['Crime', 'Drama', 'War', 'Western'],
      out,
    );
    expect([...out]).toEqual([0.5, 0, 0.5, 0.5, 0.25, 0.75, 0]);
    const late = new Float32Array(3);
    describeKind({ genres: [], year: 2400 }, [], late);
    expect([...late]).toEqual([0, 0, 1]);
  });
});
