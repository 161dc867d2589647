import { expect, it } from 'vitest';
import { topK } from '../../../../shared/math/topk.ts';
import { historyVector } from '../../../../shared/model/history.ts';
import { indexRatings } from '../../../../trainer/data/rating-matrix.ts';
import { jsEngine } from '../../../../trainer/engines/js.ts';
import { listScore } from '../../../../trainer/math/metrics.ts';
import { rowsBetween, SparseBuilder, type SparseRows, type SpilledRows } from '../../../../trainer/math/sparse.ts';
import { SpillFolder } from '../../../../trainer/math/spill-file.ts';
import { chooseByTrial, SHARES } from '../../../../trainer/models/relevance/chosen.ts';
import { fitRelevance } from '../../../../trainer/models/relevance/next-watch.ts';
import { foldOf, gainsOfShares, trialOptions } from '../../../../trainer/models/relevance/trial.ts';
import { lowRank } from '../../../fixtures/datasets.ts';

const { byUser } = indexRatings(lowRank(450, 30, 0.5));

const options = {
  relevanceFactors: 6,
  nextFactors: 4,
  seed: 1,
  history: [
    { decay: 10, floor: 0.1, likeFrom: 4, dislikeBelow: 3, dislikeWeight: -0.2 },
    { decay: 3, floor: 0, likeFrom: 0, dislikeBelow: 0, dislikeWeight: 0 },
  ],
  rows: { first: 5, step: 1 },
  window: 4,
  windowShare: 0.25,
  nextRidge: 3,
  easeRidge: 10,
  minRatings: 1,
  relevanceMovies: 40,
  subspaceSteps: 30,
};
const settings = () => options;

/** The rows of the people whom `takes` takes. */
function peopleWho(takes: (u: number) => boolean): SparseRows {
  const builder = new SparseBuilder(byUser.columns);
  for (let u = 0; u < byUser.rows; u++) {
    if (!takes(u)) continue;
    for (let k = byUser.offsets[u]; k < byUser.offsets[u + 1]; k++) builder.add(byUser.indices[k], byUser.values[k]);
    builder.endRow();
  }
  return builder.take();
}

/** Σ NDCG@10 of the people of one fold, by a model of the others that was trained with this very share. */
async function gainOf(fold: number, nextShare: number): Promise<number> {
  const known = peopleWho((u) => foldOf(u) !== fold);
  const { relevance } = await fitRelevance(jsEngine(), known, { ...trialOptions(options), nextShare });
  const vectors = { history: relevance.history, relevanceCount: options.relevanceFactors };
  let gain = 0;
  for (let u = 0; u < byUser.rows; u++) {
    if (foldOf(u) !== fold) continue;
    const { indices: rows, values: stars } = rowsBetween(byUser, u, u + 1);
    for (const n of [0.5, 0.65, 0.8].map((share) => Math.floor(share * rows.length))) {
      const asked = rows.subarray(n, n + Math.max(options.window, Math.floor(n * options.windowShare)));
      const relevant = new Set(asked.filter((_, k) => stars[n + k] >= 4));
      if (n === 0 || relevant.size === 0) continue;
      const known = { rows: rows.subarray(0, n), stars: stars.subarray(0, n) };
      const user = historyVector(vectors, options.history, known);
      const scores = Float64Array.from({ length: byUser.columns }, (_, row) =>
        user.reduce((sum, x, e) => sum + x * relevance.output[row * user.length + e], 0),
      );
      gain += listScore(
        topK(scores, 10, (row) => !known.rows.includes(row)),
        relevant,
      ).ndcg;
    }
  }
  return gain;
}

it('a trial tells how good lists are with each share of the next film, as models trained with these shares are', async () => {
  const gains = await gainsOfShares(jsEngine(), byUser, SHARES, settings);
  expect(Math.max(...gains) - Math.min(...gains)).toBeGreaterThan(0.1);
  for (const [at, share] of SHARES.entries()) {
    let gain = 0;
    for (let fold = 0; fold < 3; fold++) gain += await gainOf(fold, share);
    expect(gains[at]).toBeCloseTo(gain, 6);
  }
});

it('what is chosen has the best lists, or is the smallest of those that are as good but for half a percent', async () => {
  const gains = await gainsOfShares(jsEngine(), byUser, SHARES, settings);
  const smallest = SHARES.find((_, at) => gains[at] * 1.005 >= Math.max(...gains));
  expect(await chooseByTrial(jsEngine(), byUser, {}, settings)).toEqual({ nextShare: smallest });
  expect(await chooseByTrial(jsEngine(), byUser, { nextShare: 0.7 }, settings)).toEqual({ nextShare: 0.7 });
});

it('ratings on a disk say the same of each share of the next film, to the bit', async () => {
  const spill = new SpillFolder();
  const between = (from: number, to: number) => rowsBetween(byUser, from, to);
  const { rows, columns, offsets } = byUser;
  const spilled: SpilledRows = { rows, columns, offsets, spill, blockEntries: 500, between };
  const gains = (rows: SparseRows | SpilledRows) => gainsOfShares(jsEngine(), rows, SHARES, settings);
  expect(await gains(spilled)).toEqual(await gains(byUser));
  await spill.close();
});

it('too few people choose nothing: the next film has no share', async () => {
  const few = rowsBetween(byUser, 0, 399);
  expect(await gainsOfShares(jsEngine(), few, SHARES, settings)).toEqual(new Float64Array(SHARES.length));
  expect(await chooseByTrial(jsEngine(), few, {}, settings)).toEqual({ nextShare: 0 });
});
