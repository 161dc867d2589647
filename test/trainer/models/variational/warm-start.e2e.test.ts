import { expect, it } from 'vitest';
import { loadDataset } from '../../../../trainer/data/index.ts';
import { withRatings } from '../../../../trainer/data/ratings.ts';
import { splitDataset } from '../../../../trainer/data/split.ts';
import { WARM_DEFAULTS } from '../../../../trainer/models/variational/warm-start.ts';
import { most, rmse, trained } from './warm-trainings.ts';

it('a warm start after 1% more ratings needs a twelfth of the sweeps for the quality of a cold one', async () => {
  const dataset = await loadDataset('ml-latest-small-2016');
  const { train: known, test } = splitDataset(dataset, 'random', 0.1, 42);
  const options = { factors: 15, relevanceFactors: 8, minRatings: 150 };
  const earlier = await trained(withRatings(dataset, most(known)), options);
  const data = withRatings(dataset, known);
  const [cold, warm] = [await trained(data, options), await trained(data, { ...WARM_DEFAULTS, ...options }, earlier)];
  const hurried = await trained(data, { ...WARM_DEFAULTS, ...options });
  expect(warm.manifest.config).toMatchObject({ sweeps: 2, from: earlier.manifest.version });
  expect(cold.manifest.config).toMatchObject({ sweeps: 25 });
  expect(cold.manifest.config).not.toHaveProperty('from');
  expect(await rmse(warm, test)).toBeLessThan((await rmse(cold, test)) + 0.001);
  expect(await rmse(earlier, test)).toBeGreaterThan(await rmse(warm, test));
  expect(await rmse(hurried, test)).toBeGreaterThan((await rmse(cold, test)) + 0.005);
});
