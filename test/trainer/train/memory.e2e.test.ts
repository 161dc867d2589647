import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { ROOT } from '../../scripts/command.ts';

/** Trains on the embedded data with the settings that take most memory, and prints what that took. */
const MEASURED = `
  const { loadDataset } = await import('./trainer/data/index.ts');
  const { openEngine } = await import('./trainer/engines/index.ts');
  const { indexRatings } = await import('./trainer/data/rating-matrix.ts');
  const { memoryNeed, shapeOf } = await import('./trainer/train/memory.ts');
  const { resolveOptions } = await import('./trainer/models/options.ts');
  const { train } = await import('./trainer/train/train.ts');
  const dataset = await loadDataset('ml-latest-small-2016');
  const options = resolveOptions({ sweeps: 1, minRatings: 20 });
  const { total } = memoryNeed('wasm', shapeOf(indexRatings(dataset.ratings, dataset.movies)), options);
  const engine = await openEngine('wasm', { threads: 2 });
  const before = process.memoryUsage.rss();
  await train(engine, dataset, options);
  await engine.close();
  console.log(JSON.stringify({ before, peak: process.resourceUsage().maxRSS * 1024, need: total }));
`;

it('the memory that a training needs is what a process was seen to take', async () => {
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', MEASURED], {
    cwd: ROOT,
  });
  const { before, peak, need } = JSON.parse(stdout);
  expect(need).toBeGreaterThan(150 * 2 ** 20);
  expect((before + need) / peak).toBeGreaterThan(0.75);
  expect((before + need) / peak).toBeLessThan(1.3);
});
