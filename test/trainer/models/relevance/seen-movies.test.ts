import { describe, expect, it } from 'vitest';
import { chanceOfSeen } from '../../../../shared/model/seen-movies.ts';
import { indexRatings } from '../../../../trainer/data/rating-matrix.ts';
import { random, STREAMS } from '../../../../trainer/math/random.ts';
import { fitSeenMovies } from '../../../../trainer/models/relevance/seen-movies.ts';
import { ratingsOf } from '../../../fixtures/datasets.ts';

const [USERS, MOVIES] = [600, 40];

/** Everybody has seen 70% of the even or of the odd movies, and 10% of the others. */
function twoKinds() {
  const { uniform } = random(5, STREAMS.synthetic);
  const rows: [number, number, number][] = [];
  for (let user = 0; user < USERS; user++) {
    for (let movie = 0; movie < MOVIES; movie++) {
      if (uniform() < (user % 2 === movie % 2 ? 0.7 : 0.1)) rows.push([user, movie, 3]);
    }
  }
  const { byUser, byMovie } = indexRatings(ratingsOf(rows));
  const counts = Int32Array.from({ length: MOVIES }, (_, m) => byMovie.offsets[m + 1] - byMovie.offsets[m]);
  const fitted = fitSeenMovies(byUser, counts);
  return { ...fitted, shares: Float64Array.from(fitted.rows, (row) => counts[row] / USERS) };
}

describe('fitSeenMovies', () => {
  const model = twoKinds();
  const chances = (seen: number[], unseen: number[]) => {
    const all = chanceOfSeen(model, seen, unseen);
    const mean = (kind: number) =>
      model.rows.reduce((sum, row, place) => sum + (row % 2 === kind ? all[place] : 0), 0) / (MOVIES / 2);
    return { even: mean(0), odd: mean(1) };
  };

  it('fitSeenMovies finds that users who have seen some movies have seen others of their kind', () => {
    const { even, odd } = chances([0, 2, 4, 6], [1, 3, 5, 7]);
    expect(even).toBeGreaterThan(0.6);
    expect(odd).toBeLessThan(0.2);
    const before = chances([], []);
    expect(before.even).toBeCloseTo(0.4, 1);
  });

  it('the posterior of seen movies learns from "not seen" alone', () => {
    const { even, odd } = chances([], [1, 3, 5, 7]);
    expect(even).toBeGreaterThan(odd + 0.3);
  });

  it('fitSeenMovies leaves out movies that nobody rated and gives the same result each time', () => {
    const { byUser } = indexRatings(
      ratingsOf([
        [1, 2, 3],
        [1, 5, 4],
        [2, 5, 1],
      ]),
      new Map([[9, { movieId: 9, title: 'x', year: null, genres: [] }]]),
    );
    const fitted = fitSeenMovies(byUser, Int32Array.of(1, 2, 0));
    expect([...fitted.rows]).toEqual([0, 1]);
    expect(fitSeenMovies(byUser, Int32Array.of(1, 2, 0))).toEqual(fitted);
    for (const value of [...fitted.factors, ...fitted.noise]) expect(value).toSatisfy(Number.isFinite);
  });
});
