import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Manifest } from '../../../shared/artifact/manifest.ts';
import { outputOf } from '../harness/evaluations.ts';
import type { ReportRow } from '../harness/report.ts';

/**
 * The models of fast.ai's lesson. `notebook`: the best loss that 08_collab.ipynb of fastai/fastbook prints, of its own
 * split. The second is the same with Adam, as many posts train it.
 */
const RECIPES = [
  { recipe: 'dot product, as in the lesson', notebook: 0.823, flags: '--model dot' },
  {
    recipe: 'dot product, Adam',
    flags: '--model dot --optimizer adam --schedule constant --lr 3e-3 --wd 3e-4 --batch-size 100 --epochs 30',
  },
  { recipe: 'dot product without bias and range', notebook: 0.877, flags: '--model dot --no-bias --range none --wd 0' },
  { recipe: 'hidden layers of 100 and 50', notebook: 0.865, flags: '--model neural' },
];

/** Least mean squared error on the held-out fifth of ML-100K, whatever --data says. */
export async function lesson(_: string, seeds: readonly number[]): Promise<ReportRow[]> {
  const rows: ReportRow[] = [];
  for (const { recipe, flags, notebook } of RECIPES) {
    const row: Record<string, string | number | undefined> = { recipe, flags: `\`${flags}\``, notebook };
    for (const seed of seeds)
      row[`seed ${seed}`] = (await leastLoss([...flags.split(' '), '--seed', `${seed}`])).toFixed(3);
    rows.push(row);
  }
  return rows;
}

async function leastLoss(flags: readonly string[]): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'marquee-bench-'));
  try {
    const { epochs = [] } = await outputOf<Manifest>('train', ['--data', 'ml-100k', ...flags, '--out', folder]);
    return Math.min(...epochs.map(({ validLoss }) => validLoss!));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
