import { expect, it } from 'vitest';
import { relevanceVector } from '../../../../shared/model/history.ts';
import type { RelevancePrior } from '../../../../shared/model/model.ts';
import { indexRatings } from '../../../../trainer/data/rating-matrix.ts';
import { jsEngine } from '../../../../trainer/engines/js.ts';
import { random, STREAMS } from '../../../../trainer/math/random.ts';
import { fitNewcomers } from '../../../../trainer/models/relevance/newcomers.ts';
import { withPopularity } from '../../../../trainer/models/relevance/popularity.ts';
import { userRelevance } from '../../../../trainer/models/relevance/user-vectors.ts';
import { checkerboard } from '../../../fixtures/datasets.ts';

const LIKED = { decay: 10, floor: 0.1, likeFrom: 4, dislikeBelow: 3, dislikeWeight: -0.2 };
const WATCHED = { decay: 3, floor: 0, likeFrom: 0, dislikeBelow: 0, dislikeWeight: 0 };
/** How newcomers are read. */
const READING = { strangerRidge: 30, favouritesShare: 0.5 };
const { byUser } = indexRatings(checkerboard(120, 60, 0.9).rated);
const M = byUser.columns;

function normals(length: number): Float32Array {
  const source = random(7, STREAMS.synthetic);
  return Float32Array.from({ length }, () => source.normal());
}

it('users’ relevance vectors are those of folding their ratings in, over all scales', async () => {
  const E = 5;
  const history = normals(M * 2 * E);
  const prior: RelevancePrior = {
    history: [LIKED, WATCHED],
    base: normals(E),
    newcomer: normals((E + 1) * E),
    newcomerDecay: 20,
  };
  const vectors = await userRelevance(jsEngine(), byUser, history, prior);
  for (let u = 0; u < byUser.rows; u++) {
    const [from, to] = [byUser.offsets[u], byUser.offsets[u + 1]];
    const rated = { rows: byUser.indices.subarray(from, to), stars: byUser.values.subarray(from, to) };
    const expected = relevanceVector({ history, relevanceCount: E }, prior, rated);
    expected.forEach((value, e) => {
      expect(vectors[u * E + e]).toBeCloseTo(value, 4);
    });
  }
});

it('popularity is a column of zeros in every scale of a history', () => {
  const V = 3;
  const plain = { factors: V, output: normals(M * V), history: normals(M * 2 * V), base: new Float32Array(V) };
  const { factors: E, history } = withPopularity(byUser, plain, 4);
  expect(E).toBe(4);
  history.forEach((value, at) => {
    const [part, e] = [Math.floor(at / E), at % E];
    expect(value).toBe(e < V ? plain.history[part * V + e] : 0);
  });
});

it('newcomers are read by the sum of the scales: two that share a history learn what it alone teaches', async () => {
  const units = Float32Array.from({ length: M * M }, (_, at) => (at % (M + 1) === 0 ? 1 : 0));
  const alone = { factors: M, output: units, history: units, base: new Float32Array(M) };
  // A quarter of each vector in one scale, the rest in the other.
  const shared = new Float32Array(M * 2 * M);
  for (let row = 0; row < M; row++) {
    shared[2 * row * M + row] = 0.25;
    shared[(2 * row + 1) * M + row] = 0.75;
  }
  const [one, two] = [
    await fitNewcomers(jsEngine(), byUser, withPopularity(byUser, alone, 4), { history: [LIKED], ...READING }),
    await fitNewcomers(jsEngine(), byUser, withPopularity(byUser, { ...alone, history: shared }, 4), {
      history: [LIKED, { ...LIKED }],
      ...READING,
    }),
  ];
  one.newcomer.forEach((value, at) => {
    expect(two.newcomer[at]).toBeCloseTo(value, 4);
  });
  one.newcomerShares!.tasteShares.forEach((share, n) => {
    expect(two.newcomerShares!.tasteShares[n]).toBeCloseTo(share, 4);
  });
});
