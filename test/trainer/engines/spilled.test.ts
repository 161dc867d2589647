import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { indexRatings } from '../../../trainer/data/rating-matrix.ts';
import type { Engine } from '../../../trainer/engines/engine.ts';
import { openEngine } from '../../../trainer/engines/index.ts';
import { rowBlocks, rowsBetween, type SparseRows, type SpilledRows } from '../../../trainer/math/sparse.ts';
import { SpillFolder } from '../../../trainer/math/spill-file.ts';
import { NO_FEATURES } from '../../../trainer/models/movie-features.ts';
import { factorize } from '../../../trainer/models/variational/factorize.ts';
import { lowRank } from '../../fixtures/datasets.ts';
import { variationalOptions } from '../../fixtures/options.ts';

const matrix = indexRatings(lowRank(300, 70, 0.4));

let engine: Engine;
beforeAll(async () => {
  engine = await openEngine('wasm', { threads: 2 });
});
afterAll(() => engine.close());

/** The same rows as if they lay on a disk, some of them at a time. */
function spilled(rows: SparseRows): SpilledRows {
  const spill = new SpillFolder();
  onTestFinished(() => spill.close());
  const { rows: count, columns, offsets } = rows;
  const between = (from: number, to: number) => rowsBetween(rows, from, to);
  return { rows: count, columns, offsets, spill, blockEntries: 1200, between };
}

it.each(['always', 'late', 'never'] as const)(
  'wasm learns the same from rows on a disk, with whole covariances %s',
  async (covariances) => {
    const options = { ...variationalOptions({ factors: 5, sweeps: 5 }), covariances, userRidge: 2 };
    const onDisk = { ...matrix, byUser: spilled(matrix.byUser), byMovie: spilled(matrix.byMovie) };
    expect([...rowBlocks(onDisk.byUser)].length).toBeGreaterThan(4);
    const held = await factorize(engine, matrix, NO_FEATURES, options);
    expect(await factorize(engine, onDisk, NO_FEATURES, options)).toEqual(held);
  },
);

it('wasm sums the same moments of histories on a disk', async () => {
  const scale = { decay: 5, floor: 0.1, likeFrom: 4, dislikeBelow: 3, dislikeWeight: -0.2 };
  const target = { likeFrom: 4, window: 3, windowShare: 0 };
  const sums = async (rows: SparseRows | SpilledRows) => {
    const { xx, xy, likes } = await engine.historyMoments(rows, [scale], [target], { first: 2, step: 1, likeFrom: 4 });
    return Promise.all([xx, ...xy, likes].map((tensor) => engine.read(tensor)));
  };
  expect(await sums(spilled(matrix.byUser))).toEqual(await sums(matrix.byUser));
});
