import { describe, expect, it } from 'vitest';
import { cholesky, inverseFromCholesky } from '../../../shared/math/linalg.ts';
import { mapOfMoments, momentsOf, placeOnMap, shareOfWidest, standingOnMap } from '../../../shared/model/film-map.ts';
import type { UserPrior } from '../../../shared/model/model.ts';
import { inferUser } from '../../../shared/model/posterior.ts';
import { loadFixture } from '../../fixtures/model.ts';
import { mulberry } from '../../fixtures/random.ts';

const model = await loadFixture();
const random = mulberry(3);

/** 300 films whose factors differ in spread, lean on each other and are not centred; people differ likewise. */
const [M, K] = [300, 5];
const D = K + 1;
const factors = Float32Array.from({ length: M * K }, (_, at) => (random() - 0.3) * (1 + (at % K)) + 0.1 * (at % 7));
const precision = new Float64Array(D * D);
for (let x = 0; x < D; x++) {
  for (let y = 0; y < D; y++) precision[x * D + y] = x === y ? 3 + x : 0.4 * Math.cos(x * y);
}
const prior: UserPrior = { ...model.userPrior, precision, constants: new Float64Array(3 * D) };
const movies = {
  factorCount: K,
  biases: new Float32Array(M),
  factors,
  factorVariances: new Float32Array(M * K).fill(0.01),
  priors: new Float32Array(M * D),
};
const [first, rest] = [factors.subarray(0, 100 * K), factors.subarray(100 * K)];
const map = mapOfMoments([momentsOf([first], K), momentsOf([rest], K)], K, prior)!;
const places = Array.from({ length: M }, (_, row) => placeOnMap(map, factors[row * K], factors[row * K + 1]));

const posteriorOf = (rows: number[]) =>
  inferUser(movies, prior, { rows: Int32Array.from(rows), stars: Float32Array.from(rows, (row) => 1 + (row % 5)) });
const meanOf = (weightOf: (row: number) => number) => {
  const weights = places.map((_, row) => weightOf(row));
  const sum = weights.reduce((sum, weight) => sum + weight, 0);
  return [0, 1].map((axis) => places.reduce((mean, place, row) => mean + (weights[row] * place[axis]) / sum, 0));
};

describe('the map of films', () => {
  it('is centred on the films, and films spread by 1 on its axes', () => {
    expect(meanOf(() => 1)).toEqual([expect.closeTo(0, 5), expect.closeTo(0, 5)]);
    const squares = places.reduce((sum, [x, y]) => sum + x * x + y * y, 0) / M;
    expect(squares / 2).toBeCloseTo(1, 5);
  });

  it('is the same to the bit however the films are divided', () => {
    expect(mapOfMoments([momentsOf([factors], K)], K, prior)).toEqual(map);
    expect(mapOfMoments([momentsOf([first, rest], K)], K, prior)).toEqual(map);
  });

  it('keeps the proportions of the first two factors', () => {
    const ratio = (places[7][0] - places[9][0]) / (places[7][1] - places[9][1]);
    const expected = (factors[7 * K] - factors[9 * K]) / (factors[7 * K + 1] - factors[9 * K + 1]);
    expect(ratio).toBeCloseTo(expected, 5);
  });

  it('draws a person along the way in which the mean of the films moves when what they like weighs more', () => {
    const { mean } = posteriorOf([3, 40, 77, 100]);
    const liking = (row: number) => {
      let sum = 0;
      for (let k = 0; k < K; k++) sum += mean[k] * factors[row * K + k];
      return sum;
    };
    const tiny = 1e-5;
    const [up, down] = [meanOf((row) => Math.exp(tiny * liking(row))), meanOf((row) => Math.exp(-tiny * liking(row)))];
    const way = [0, 1].map((axis) => (up[axis] - down[axis]) / (2 * tiny));
    const { centre } = standingOnMap(map, posteriorOf([3, 40, 77, 100]));
    expect(centre[0] / centre[1]).toBeCloseTo(way[0] / way[1], 4);
    expect(Math.sign(centre[0])).toBe(Math.sign(way[0]));
  });

  it('has as covariance exactly that of the whole posterior, C Σ Cᵀ', () => {
    const posterior = posteriorOf([1, 5, 8, 200]);
    const sigma = inverseFromCholesky(posterior.factor, D);
    const through = (a: number, b: number) => {
      let sum = 0;
      for (let x = 0; x < D; x++) {
        for (let y = 0; y < D; y++) sum += map.draw[a][x] * sigma[x * D + y] * map.draw[b][y];
      }
      return sum;
    };
    const { covariance } = standingOnMap(map, posterior);
    for (const [at, expected] of [through(0, 0), through(0, 1), through(1, 1)].entries()) {
      expect(Math.abs(covariance[at] - expected)).toBeLessThan(1e-12);
    }
  });

  it('has the same covariance as many tastes drawn from the posterior and put on the map one by one', () => {
    const posterior = posteriorOf([1, 5, 8, 200]);
    const covariance = inverseFromCholesky(posterior.factor, D);
    expect(cholesky(covariance, D)).toBe(true);
    const gaussian = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
    const draws = 20_000;
    let [xx, xy, yy] = [0, 0, 0];
    const { centre, covariance: expected } = standingOnMap(map, posterior);
    for (let n = 0; n < draws; n++) {
      const noise = Array.from({ length: D }, gaussian);
      const mean = posterior.mean.map((value, x) => {
        let sum = value;
        for (let k = 0; k <= x; k++) sum += covariance[x * D + k] * noise[k];
        return sum;
      });
      const [x, y] = standingOnMap(map, { ...posterior, mean }).centre;
      xx += (x - centre[0]) ** 2 / draws;
      xy += ((x - centre[0]) * (y - centre[1])) / draws;
      yy += (y - centre[1]) ** 2 / draws;
    }
    for (const [at, sample] of [xx, xy, yy].entries()) expect(Math.abs(sample - expected[at])).toBeLessThan(0.05);
  });

  it('is as unsure of somebody without ratings as films are wide, and surer with each rating', () => {
    const first = standingOnMap(map, posteriorOf([]));
    expect((first.covariance[0] + first.covariance[2]) / 2).toBeCloseTo(1, 10);
    expect(shareOfWidest(map, first)).toBeCloseTo(1, 10);
    const shares = [0, 1, 2, 5, 20, 100].map((n) =>
      shareOfWidest(map, standingOnMap(map, posteriorOf(Array.from({ length: n }, (_, row) => row)))),
    );
    expect(shares).toEqual([...new Set(shares)].sort((a, b) => b - a));
    expect(shares.at(-1)).toBeLessThan(0.1);
  });

  it('does not exist where films have fewer than two factors, or none that differ', () => {
    const single = { ...prior, precision: Float64Array.of(1, 0, 0, 1) };
    expect(mapOfMoments([momentsOf([Float32Array.of(1, 2, 3)], 1)], 1, single)).toBe(null);
    expect(mapOfMoments([momentsOf([new Float32Array(3 * K).fill(2)], K)], K, prior)).toBe(null);
    expect(mapOfMoments([momentsOf([], K)], K, prior)).toBe(null);
  });
});
