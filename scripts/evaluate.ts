import { basename } from 'node:path';
import { MarqueeError } from '../shared/errors.ts';
import type { ColdStartPoint } from '../trainer/cold-start.ts';
import type { Dataset } from '../trainer/dataset.ts';
import { loadDataset, loadRatings, loadSplitPair } from '../trainer/datasets/index.ts';
import { type Evaluation, evaluate } from '../trainer/evaluate.ts';
import { resolveOptions } from '../trainer/options.ts';
import { parseSplit, type Split, splitDataset } from '../trainer/split.ts';
import { answer, command, run, trainingFlags } from './cli.ts';
import { addEngineFlags, type EngineFlags, trainingProgress, withEngine } from './training.ts';

interface Flags extends EngineFlags {
  readonly data: string;
  readonly test?: string;
  readonly split?: string;
  readonly json?: boolean;
}

const program = addEngineFlags(command('evaluate', 'trains on a part of the ratings and measures on the rest'))
  .requiredOption('--data <set>', 'a known data set, or a folder or file in a MovieLens layout')
  .option('--split <kind>', 'random:0.1, time:0.1, last:0.2, users:0.1, or u1 to u5 of ml-100k (default random:0.2)')
  .option('--test <file>', 'ratings to test on; then all of --data is trained on')
  .option('--json', 'print one JSON object');

await run<Flags>(program, async (flags) => {
  if (flags.test && flags.split) throw new MarqueeError('bad-flag', '--test and --split exclude each other');
  const name = flags.split ?? 'random:0.2';
  const cut = /^u[1-5]$/.test(name) ? null : parseSplit(name);
  const options = resolveOptions(trainingFlags({ ...flags }));
  const dataset = await loadDataset(flags.data);
  const split = await splitOf(dataset);
  const evaluation = await withEngine(flags, (engine) => evaluate(engine, dataset, split, options, trainingProgress()));
  answer(flags.json, evaluation, table(evaluation));

  async function splitOf(dataset: Dataset): Promise<Split> {
    if (flags.test) {
      return { name: basename(flags.test), train: dataset.ratings, test: await loadRatings(flags.test), shown: null };
    }
    if (cut) return splitDataset(dataset, cut.kind, cut.share, options.seed);
    return { name, ...(await loadSplitPair(flags.data, name)), shown: null };
  }
});

/** What is known of unseen users after their first ratings. */
function coldStartTable(points: readonly ColdStartPoint[]): string[] {
  if (points.length === 0) return [];
  const row = (name: string, cells: readonly string[]) =>
    name.padEnd(22) + cells.map((cell) => cell.padStart(8)).join('');
  return [
    '',
    row(
      'cold start, shown',
      points.map((point) => String(point.shown)),
    ),
    row(
      'RMSE',
      points.map((point) => point.metrics.rmse.toFixed(4)),
    ),
    row(
      'RMSE, Bias',
      points.map((point) => point.baselines.bias.rmse.toFixed(4)),
    ),
    row(
      'NDCG@10',
      points.map((point) => point.metrics['ndcg@10'].toFixed(4)),
    ),
    row(
      'NDCG@10, Popularity',
      points.map((point) => point.baselines.popularity['ndcg@10'].toFixed(4)),
    ),
  ];
}

function table({ dataset, split, metrics, baselines, coldStart, seconds }: Evaluation): string {
  const { bias, popularity } = baselines;
  const row = (name: string, ...cells: (number | undefined)[]) =>
    name.padEnd(12) + cells.map((cell) => (cell === undefined ? '' : cell.toFixed(4)).padStart(11)).join('');
  return [
    `${dataset}, ${split}`,
    ''.padEnd(12) + ['RMSE', 'MAE', 'NDCG@10', 'Recall@20'].map((name) => name.padStart(11)).join(''),
    row('Marquee', metrics.rmse, metrics.mae, metrics['ndcg@10'], metrics['recall@20']),
    row('Bias', bias.rmse, bias.mae),
    row('Popularity', undefined, undefined, popularity['ndcg@10'], popularity['recall@20']),
    `${metrics.users} users ranked; trained in ${seconds.train.toFixed(1)} s`,
    ...coldStartTable(coldStart),
  ].join('\n');
}
