import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FILES } from '../../../shared/artifact/schema.ts';
import { binarySearch } from '../../../shared/math/row-index.ts';
import { decodeNext } from '../../../shared/model/decode/next.ts';
import type { HistoryWeights, NextModel, RatedMovies, RelevancePrior } from '../../../shared/model/model.ts';
import { nextVector, scoredBy, successorScores } from '../../../shared/model/next.ts';
import { popularVector } from '../../../shared/model/ordering.ts';
import { foldIn, scoreMovies } from '../../../shared/model/score.ts';
import { type Selection, withGains } from '../../../shared/model/scorer.ts';
import { encodeNext } from '../../../trainer/artifact/encode/next.ts';
import { loadFixture } from '../../fixtures/model.ts';
import { ANY_MOVIE, PlainScorer } from '../../fixtures/plain-scorer.ts';

const fixture = await loadFixture();
const { movies, relevancePrior } = fixture;
const next = fixture.next!;
const M = movies.count;

/** Every rating counts 1/√n. */
const ALL: HistoryWeights = { decay: 1, floor: 1, likeFrom: 0, dislikeBelow: 0, dislikeWeight: 0 };
/** Films with four stars count 1/√n, bad ones half of it. */
const LIKED: HistoryWeights = { decay: 1, floor: 1, likeFrom: 4, dislikeBelow: 2, dislikeWeight: 0.5 };

/** Movies 1, 3, 4 of five: after 1 comes 3, after 3 come 4 and 1. */
const HAND: NextModel = {
  factors: 2,
  rows: Int32Array.of(1, 3, 4),
  history: Float32Array.of(1, 2, 4, -2, 8, 8),
  scales: [ALL, LIKED],
  starts: Int32Array.of(0, 1, 3, 3),
  successors: Int32Array.of(1, 2, 0),
  weights: Float32Array.of(1, 2, 4, 8, 0, 16),
};
const PRIOR = {
  relevancePrior: {
    history: [ALL],
    base: new Float32Array(3),
    newcomer: Float32Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 5, 6, 7),
    newcomerDecay: 1,
  } satisfies RelevancePrior,
};

function ratings(...pairs: readonly (readonly [row: number, stars: number])[]): RatedMovies {
  return { rows: Int32Array.from(pairs, ([row]) => row), stars: Float32Array.from(pairs, ([, stars]) => stars) };
}

/** Four ratings, so that each weighs ½: of movies 0 and 2 nothing is known. */
const RATED = ratings([3, 1], [0, 5], [1, 5], [2, 3]);

describe('what somebody watches next', () => {
  it('the vector is the weighted sum of the history vectors, 0 from F on', () => {
    // ½ (4, −2) + ½ (1, 2)
    expect([...nextVector(PRIOR, HAND, RATED)]).toEqual([2.5, 0, 0]);
  });

  it('each scale of the histories has columns of its own', () => {
    const two = { relevancePrior: { ...PRIOR.relevancePrior, history: [ALL, LIKED] } };
    const wide = { ...HAND, factors: 1 };
    // Movie 3 has 4 and −2, movie 1 has 1 and 2; among liked films the bad one weighs ¼: ½·4 + ¼·(−2) + ½·1 + ½·2
    expect([...nextVector(two, wide, RATED)]).toEqual([3, 0, 0]);
  });

  it('successors gain by each scale what the rated films before them weigh', () => {
    const { rows, scores } = successorScores(HAND, RATED);
    expect([...rows]).toEqual([1, 3, 4]);
    // 1 after 3: ½·0 + ¼·16; 3 after 1: ½·1 + ½·2; 4 after 3: ½·4 + ¼·8
    expect([...scores]).toEqual([4, 1.5, 4]);
  });

  it('a film that nothing known precedes gains nothing and is not named', () => {
    expect(successorScores(HAND, ratings([1, 5]))).toEqual({
      rows: Int32Array.of(3),
      scores: Float64Array.of(1 + 2),
    });
    expect(successorScores(HAND, ratings([4, 5], [0, 5])).rows).toHaveLength(0);
  });

  it('somebody whose films the model does not know, or who rated none, gets popularity', () => {
    for (const rated of [ratings(), ratings([0, 5], [2, 1])]) {
      expect([...nextVector(PRIOR, HAND, rated)]).toEqual([5, 6, 7]);
      expect(successorScores(HAND, rated).rows).toHaveLength(0);
    }
    expect([...nextVector(fixture, next, ratings())]).toEqual([...popularVector(relevancePrior)]);
  });

  it('popularity is added to it as it is to relevance, half of it for somebody unknown', () => {
    const relevanceOf = (rated: RatedMovies, popularity: number) => {
      const user = foldIn(fixture, ratings());
      return Array.from(scoredBy(user, { blend: 0, next: HAND, popularity }, PRIOR, rated).relevance);
    };
    expect(relevanceOf(RATED, -0.5)).toEqual([2.5 - 2.5, -3, -3.5]);
    expect(relevanceOf(ratings([0, 5]), -0.5)).toEqual([3.75, 4.5, 5.25]);
  });

  it('a score is the dot product of the first F relevance factors and what the movie gains', () => {
    const rated = ratings([1, 5]);
    const user = scoredBy(foldIn(fixture, rated), { blend: 0, next }, fixture, rated);
    const scores = new Float32Array(M);
    scoreMovies(fixture, user, 0, scores);
    // One rating weighs 1. Row 1 is of group 1, with 0.5 and 0.25 there; 2 and 4 come after it, by 0.75 + 0.5 and by 0.25.
    const gains: Record<number, number> = { 2: 1.25, 4: 0.25 };
    for (let row = 0; row < M; row++) {
      const wanted = 0.75 * movies.relevance[row * movies.relevanceCount + 1] + (gains[row] ?? 0);
      expect(scores[row], `row ${row}`).toBeCloseTo(wanted, 6);
    }
  });
});

const histories = fc
  .uniqueArray(fc.nat(M - 1), { maxLength: 60 })
  .chain((rows) =>
    fc.tuple(
      fc.constant(rows),
      fc.array(fc.integer({ min: 1, max: 10 }), { minLength: rows.length, maxLength: rows.length }),
    ),
  )
  .map(([rows, halves]): RatedMovies => ratings(...rows.map((row, j) => [row, halves[j] / 2] as const)));

const selections = fc
  .record({
    refused: fc.option(fc.uint8Array({ minLength: M, maxLength: M, max: 1 })),
    hidden: fc.uniqueArray(fc.nat(M - 1), { maxLength: 80 }),
    divisor: fc.integer({ min: 1, max: 4 }),
  })
  .map(({ refused, hidden, divisor }): Selection => ({ refused, hidden, accept: (row) => row % divisor === 0 }));

describe('the best of those that gain and of the others', () => {
  it('are the best of all movies, for all ratings, selections and lengths of a list', () => {
    fc.assert(
      fc.property(histories, selections, fc.integer({ min: 1, max: M }), (rated, selection, k) => {
        const user = scoredBy(foldIn(fixture, rated), { blend: 0, next }, fixture, rated);
        const scorer = new PlainScorer(fixture);
        const whole = new Float32Array(M);
        scoreMovies(fixture, user, 0, whole);
        const gaining = { rows: user.added!.rows, scores: Float32Array.from(user.added!.rows, (row) => whole[row]) };
        const plain = scorer.best({ ...user, added: undefined }, 0, k, selection);
        expect(withGains(plain, gaining, k, selection)).toEqual(scorer.best(user, 0, k, selection));
      }),
      { numRuns: 300, seed: 20261130 },
    );
  });

  it('a row that gains is listed once', () => {
    const plain = [2, 0].map((row) => ({ row, score: 1 }));
    const gaining = { rows: Int32Array.of(0), scores: Float32Array.of(3) };
    expect(withGains(plain, gaining, 5, ANY_MOVIE)).toEqual([
      { row: 0, score: 3 },
      { row: 2, score: 1 },
    ]);
  });
});

describe('next.arrow', () => {
  const decoded = (model: NextModel) => decodeNext(encodeNext(model, movies.movieIds), fixture);

  it('gives back what was encoded, without copying the long columns', () => {
    const bytes = encodeNext(next, movies.movieIds);
    const read = decodeNext(bytes, fixture);
    expect(read).toEqual(next);
    for (const column of [read.history, read.successors, read.weights]) expect(column.buffer).toBe(bytes.buffer);
  });

  it('may have no successors at all', () => {
    const none = {
      ...next,
      starts: new Int32Array(next.rows.length + 1),
      successors: new Int32Array(0),
      weights: new Float32Array(0),
    };
    expect(decoded(none)).toEqual(none);
  });

  const changed = <T extends Int32Array | Float32Array>(column: T, at: number, value: number): T => {
    const copy = column.slice() as T;
    copy[at] = value;
    return copy;
  };

  it.each<[string, Partial<NextModel>, RegExp]>([
    [
      'a successor that is no place',
      { successors: changed(next.successors, 7, 160) },
      /successor 160 at 7, expected 0 to 159/,
    ],
    ['a negative successor', { successors: changed(next.successors, 0, -1) }, /successor -1 at 0/],
    ['a negative weight', { weights: changed(next.weights, 3, -0.5) }, /weight -0.5 at 3, expected 0 or more/],
    ['a weight that is no number', { weights: changed(next.weights, 3, Number.NaN) }, /weight NaN at 3/],
    ['a history that is no number', { history: changed(next.history, 9, Number.NaN) }, /got NaN at 9 of history/],
    ['starts that fall', { starts: changed(next.starts, 5, 99) }, /starts falls at 6/],
    ['starts that end elsewhere', { starts: changed(next.starts, 160, 3) }, /successors 0 to 3, expected 0 to/],
    ['rows out of order', { rows: changed(next.rows, 5, 1) }, /movieIds does not ascend at 5/],
    ['a decay of 0', { scales: [{ ...ALL, decay: 0 }, ALL] }, /weights of scale 0 cannot be right/],
    ['a scale that takes away', { scales: [ALL, { ...LIKED, dislikeWeight: -0.2 }] }, /weights of scale 1 cannot/],
    ['a history of another width', { history: next.history.subarray(1) }, /numbers of history, expected 160 · /],
    ['too few weights', { weights: next.weights.subarray(1) }, /weights: got vectors of \d+, expected \d+/],
    ['too few starts', { starts: next.starts.subarray(1) }, /starts: got vectors of 160, expected 161/],
  ])('is refused with %s', (_, change, reason) => {
    expect(() => decoded({ ...next, ...change })).toThrow(reason);
  });

  it('is refused with a movie that movies.arrow lacks', () => {
    const ids = movies.movieIds.map((movieId) => movieId + 1);
    expect(() => decodeNext(encodeNext(next, ids), fixture)).toThrow(/names at 0 a movie that movies.arrow lacks/);
  });

  it.each([
    ['no bytes', new Uint8Array(0), /next.arrow: got 0 rows, expected 1|not an Arrow/],
    ['another table', fixture.files.get(FILES.posterior)!, /lacks the column movieIds/],
  ])('is refused with %s', (_, bytes, reason) => {
    expect(() => decodeNext(bytes, fixture)).toThrow(reason);
  });

  it('has the films of the fixture that take part', () => {
    expect(next.rows).toHaveLength(160);
    expect(binarySearch(next.rows, 5)).toBe(-1);
  });
});
