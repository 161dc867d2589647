import { beforeAll, describe, expect, it } from 'vitest';
import { cholesky, inverseFromCholesky } from '../../../shared/math/linalg.ts';
import type { SeenModel } from '../../../shared/model/model.ts';
import { NOTHING_RATED } from '../../../shared/model/posterior.ts';
import { informationOf, worthAsking } from '../../../shared/model/questions.ts';
import { chanceOfSeen } from '../../../shared/model/seen-movies.ts';
import { type Fixture, loadFixture } from '../../fixtures/model.ts';
import { mulberry } from '../../fixtures/random.ts';

/** C movies, rows 3, 6, 9 …, partly explained by two factors. */
function seenModel(C: number, R: number, seed: number): SeenModel {
  const uniform = mulberry(seed);
  return {
    rows: Int32Array.from({ length: C }, (_, place) => 3 * (place + 1)),
    shares: Float64Array.from({ length: C }, () => 0.3 + 0.4 * uniform()),
    factors: Float32Array.from({ length: C * R }, () => 0.35 * (uniform() - 0.5)),
    noise: Float32Array.from({ length: C }, () => 0.1 + 0.1 * uniform()),
  };
}

/** share + S_·k S_kk⁻¹ (known − share_k), S = F Fᵀ + diag noise for known movies: the textbook's conditional mean. */
function conditioned({ rows, shares, factors, noise }: SeenModel, known: Map<number, number>): number[] {
  const R = factors.length / rows.length;
  const common = (a: number, b: number) =>
    Array.from({ length: R }, (_, r) => factors[a * R + r] * factors[b * R + r]).reduce((sum, x) => sum + x, 0);
  const places = [...known.keys()].map((row) => rows.indexOf(row));
  const n = places.length;
  const S = Float64Array.from({ length: n * n }, (_, at) => {
    const [a, b] = [places[Math.floor(at / n)], places[at % n]];
    return common(a, b) + (a === b ? noise[a] : 0);
  });
  cholesky(S, n);
  const inverse = inverseFromCholesky(S, n);
  const surprise = [...known.values()].map((value, k) => value - shares[places[k]]);
  const weights = surprise.map((_, a) => surprise.reduce((sum, value, b) => sum + inverse[a * n + b] * value, 0));
  return Array.from(shares, (share, i) => weights.reduce((sum, w, k) => sum + w * common(i, places[k]), share));
}

describe('chanceOfSeen', () => {
  it('chanceOfSeen is the share of people who rated the movie while nothing is known', () => {
    const model = seenModel(6, 2, 1);
    expect([...chanceOfSeen(model, [], [])]).toEqual([...model.shares]);
  });

  it.each([1, 2, 3])('chanceOfSeen is the conditional mean of the Gaussian, world %i', (seed) => {
    const model = seenModel(12, 3, seed);
    const known = new Map([
      [3, 1],
      [9, 0],
      [15, 1],
      [30, 0],
    ]);
    const rows = (value: number) => [...known].filter(([, seen]) => seen === value).map(([row]) => row);
    const chances = chanceOfSeen(model, rows(1), rows(0));
    conditioned(model, known).forEach((value, i) => {
      expect(chances[i]).toBeCloseTo(Math.max(0.01, Math.min(0.99, value)), 10);
    });
  });

  it('chanceOfSeen ignores movies that the model lacks', () => {
    const model = seenModel(6, 2, 1);
    expect(chanceOfSeen(model, [4], [-1, 5])).toEqual(chanceOfSeen(model, [], []));
  });
});

describe('worthAsking', () => {
  let model: Fixture;
  beforeAll(async () => {
    model = await loadFixture();
  });

  it('worthAsking orders by expected information over effort, and asks about nothing known', () => {
    const rated = { rows: model.seen.rows.slice(10, 14), stars: Float32Array.of(5, 1, 4, 2) };
    const notSeen = [...model.seen.rows.slice(20, 24), -1];
    const chances = chanceOfSeen(model.seen, rated.rows, notSeen);
    const information = informationOf(model, rated);
    const questions = worthAsking(model, rated, notSeen, 300);
    const known = new Set([...rated.rows, ...notSeen]);
    expect(questions.map(({ row }) => row).sort((a, b) => a - b)).toEqual(
      [...model.seen.rows].filter((row) => !known.has(row)),
    );
    for (const { row, score } of questions) {
      const place = model.seen.rows.indexOf(row);
      const effort = chances[place] + 0.07 * (1 - chances[place]);
      expect(score).toBeCloseTo((chances[place] * information[place]) / effort, 12);
    }
    const scores = questions.map(({ score }) => score);
    expect(scores).toEqual(scores.toSorted((a, b) => b - a));
    expect(worthAsking(model, rated, notSeen, 3)).toEqual(questions.slice(0, 3));
  });

  it('an answer tells more the fewer people have seen the movie, and nothing where all have', () => {
    const sharing = (share: (share: number) => number) =>
      informationOf({ ...model, seen: { ...model.seen, shares: model.seen.shares.map(share) } }, NOTHING_RATED);
    const [usual, rare, none] = [sharing((p) => p), sharing((p) => p ** 4), sharing(() => 1)];
    usual.forEach((nats, place) => {
      expect(nats).toBeGreaterThan(0);
      expect(rare[place]).toBeCloseTo(2 * nats, 12); // four times as surprising
      expect(none[place]).toBeCloseTo(0, 12);
    });
  });

  it('every question is worth less once something is known', () => {
    const before = informationOf(model, NOTHING_RATED);
    const after = informationOf(model, { rows: model.seen.rows.slice(0, 8), stars: new Float32Array(8).fill(4) });
    for (let place = 0; place < before.length; place++) expect(after[place]).toBeLessThan(before[place]);
  });
});
