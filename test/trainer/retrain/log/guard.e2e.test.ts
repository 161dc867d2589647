import { expect, it } from 'vitest';
import type { LogRow } from '../../../../shared/ratings/tables/rating-log.ts';
import { openArtifact } from '../../../../trainer/artifact/artifact.ts';
import type { Ratings } from '../../../../trainer/data/dataset.ts';
import { loadDataset } from '../../../../trainer/data/index.ts';
import { withRatings } from '../../../../trainer/data/ratings.ts';
import { splitDataset } from '../../../../trainer/data/split.ts';
import { openEngine } from '../../../../trainer/engines/index.ts';
import { resolveOptions } from '../../../../trainer/models/options.ts';
import { DEFAULT_GUARD, guardLog } from '../../../../trainer/retrain/log/guard.ts';
import { joinLog } from '../../../../trainer/retrain/log/join.ts';
import { train } from '../../../../trainer/train/train.ts';
import { floods, moved, obscureMovie, tell } from '../../../fixtures/floods.ts';

function guarded(base: Ratings, log: readonly LogRow[]): LogRow[] {
  return guardLog(base, log, DEFAULT_GUARD).log;
}

it('the guard keeps floods of the embedded ratings from moving what others are told', async () => {
  const dataset = await loadDataset('ml-latest-small-2016');
  const engine = await openEngine('wasm', { threads: 2 });
  try {
    const { train: shown, test } = splitDataset(dataset, 'random', 0.1, 1);
    const base = withRatings(dataset, shown);
    const small = { factors: 15, relevanceFactors: 16, sweeps: 6 };
    const served = await train(engine, base, resolveOptions(small));
    const target = obscureMovie(base);
    const toldAfter = async (log: readonly LogRow[]) => {
      const options = resolveOptions({ ...small, sweeps: 3 });
      const next = await train(engine, joinLog(base, log), options, undefined, { from: served });
      return tell(openArtifact(next), shown, test, target, 100);
    };
    const calm = await toldAfter([]);
    const [everything, , , pushed] = floods(base);
    const [loose, tight] = [await toldAfter(everything.log), await toldAfter(guarded(shown, everything.log))];
    expect(moved(calm, loose).meanChange).toBeGreaterThan(0.01);
    expect(moved(calm, tight)).toMatchObject({ meanChange: 0, sameTopTen: 1 });
    const [open, closed] = [await toldAfter(pushed.log), await toldAfter(guarded(shown, pushed.log))];
    const rise = (told: typeof calm) => told.target.predicted - calm.target.predicted;
    expect(rise(open)).toBeGreaterThan(0.5);
    expect(rise(closed)).toBeLessThan(0.75 * rise(open));
  } finally {
    await engine.close();
  }
});
