import { basename } from 'node:path';
import { MarqueeError } from '../shared/errors.ts';
import type { Dataset, Ratings } from '../trainer/data/dataset.ts';
import { loadRatings, loadSplitPair } from '../trainer/data/index.ts';
import { withRatings } from '../trainer/data/ratings.ts';
import { parseSplit, type Split, splitDataset } from '../trainer/data/split.ts';
import { titledOnly } from '../trainer/data/titled.ts';
import type { ColdStartPoint } from '../trainer/evaluate/cold-start.ts';
import type { Elicitation, ElicitPoint, Gain } from '../trainer/evaluate/elicitation.ts';
import { type Evaluation, evaluate } from '../trainer/evaluate/evaluate.ts';
import type { ListQuality } from '../trainer/evaluate/measurement.ts';
import { measureRivals, type RivalFigures } from '../trainer/experiments/rivals/index.ts';
import { isTunable } from '../trainer/experiments/tune.ts';
import { modelNamed, resolveOptions, type TrainingOptions } from '../trainer/models/options.ts';
import { answer, collect, command, number, run } from './lib/cli.ts';
import { addModelFlags, modelFlags } from './lib/model-flags.ts';
import { loadWithProgress, showNote, trainingProgress } from './lib/progress.ts';
import { textTable } from './lib/table.ts';
import {
  addEngineFlags,
  type EngineFlags,
  EXTRA_HELP,
  TUNE_HELP,
  tuned,
  withEngine,
  withExtra,
  withTitles,
} from './lib/training-flags.ts';

interface Flags extends EngineFlags {
  readonly data: string;
  readonly extra: readonly string[];
  readonly test?: string;
  readonly split?: string;
  readonly rivals?: boolean;
  readonly diversity?: number;
  readonly elicit?: boolean;
  readonly tune?: boolean;
  readonly json?: boolean;
}

/** A line of the table. */
type Figures = Omit<RivalFigures, 'seconds'> & Partial<RivalFigures> & Partial<ListQuality>;

const COLUMNS = [
  { head: 'RMSE', of: (figures: Figures) => figures.rmse?.toFixed(4) },
  { head: 'MAE', of: (figures: Figures) => figures.mae?.toFixed(4) },
  { head: 'NDCG@10', of: (figures: Figures) => figures['ndcg@10']?.toFixed(4) },
  { head: 'Recall@20', of: (figures: Figures) => figures['recall@20']?.toFixed(4) },
  { head: 'distance', of: (figures: Figures) => figures['distance@10']?.toFixed(4) },
  { head: 'seconds', of: (figures: Figures) => figures.seconds?.toFixed(1) },
];

const program = addModelFlags(
  addEngineFlags(command('evaluate', 'trains on one part of the ratings and measures on the rest')),
)
  .requiredOption('--data <set>', 'a known data set, or a folder or file in a MovieLens layout')
  .option('--extra <file>', EXTRA_HELP, collect, [])
  .option('--split <kind>', 'random:0.1, time:0.1, last:0.2, users:0.1, or u1 to u5 of ml-100k (default random:0.2)')
  .option('--test <file>', 'test on these ratings and train on all of --data')
  .option(
    '--diversity <share>',
    'also measure lists re-ranked for variety, 0 to 1, and the distance of their movies',
    number,
  )
  .option(
    '--elicit',
    'also ask unseen users about movies in several orders, to find which teaches most; needs --split users:',
  )
  .option('--tune', TUNE_HELP)
  .option('--rivals', 'also fit other methods to the same split: iALS, EASE, and both with recency in the history')
  .option('--json', 'print one JSON object');

await run<Flags>(program, async (flags) => {
  if (flags.test && flags.split) throw new MarqueeError('bad-flag', '--test and --split exclude each other');
  const { diversity } = flags;
  if (diversity !== undefined && !(diversity >= 0 && diversity <= 1)) {
    throw new MarqueeError('bad-flag', `--diversity: got ${diversity}, expected 0 to 1`);
  }
  const name = flags.split ?? 'random:0.2';
  const cut = /^u[1-5]$/.test(name) ? null : parseSplit(name);
  if (flags.elicit && cut?.kind !== 'users') throw new MarqueeError('bad-flag', '--elicit needs --split users:0.1');
  const options = settingsOf(flags);
  const set = await loadWithProgress(flags.data);
  const pair = cut || flags.test ? null : await loadSplitPair(flags.data, name, { onNote: showNote });
  const dataset = withTitles(await withExtra(pair ? withRatings(set, pair.train) : set, flags.extra));
  const split = await splitOf(dataset);
  const { evaluation, rivals } = await withEngine(flags, async (engine) => {
    const settings = flags.tune ? await tuned(engine, withRatings(dataset, split.train), options, flags) : options;
    const onRival = ({ name, seconds }: RivalFigures) => console.error(`${name.padEnd(16)} ${seconds.toFixed(1)} s`);
    return {
      evaluation: await evaluate(engine, dataset, split, settings, trainingProgress(), {
        diversity,
        elicit: flags.elicit,
      }),
      rivals: flags.rivals ? await measureRivals(engine, split, settings, onRival) : undefined,
    };
  });
  answer(flags.json, { ...evaluation, rivals }, table(evaluation, rivals ?? baselineRows(evaluation)));

  /** Quality comes from the test part: nothing else is held out unless a flag asks for it. */
  function settingsOf(flags: Flags): TrainingOptions {
    const given = modelFlags({ ...flags }, { tune: isTunable });
    return resolveOptions({ ...modelNamed(given.model).tested, ...given });
  }

  async function splitOf(dataset: Dataset): Promise<Split> {
    if (flags.test) {
      return {
        name: basename(flags.test),
        train: dataset.ratings,
        test: titledIn(dataset, await loadRatings(flags.test, showNote)),
        shown: null,
      };
    }
    if (cut) return splitDataset(dataset, cut.kind, cut.share, options.seed);
    return { name, train: dataset.ratings, test: titledIn(dataset, pair!.test), shown: null };
  }
});

/** Test ratings of films that the data set names: nothing can be learned of the others. */
function titledIn(dataset: Dataset, test: Ratings): Ratings {
  return titledOnly(withRatings(dataset, test)).dataset.ratings;
}

/** Quality for unseen users by the number of known ratings. */
function coldStartTable(points: readonly ColdStartPoint[]): string[] {
  if (points.length === 0) return [];
  const row = (name: string, cellOf: (point: ColdStartPoint) => string) => [name, ...points.map(cellOf)];
  return [
    '',
    ...textTable([
      row('cold start, shown', ({ shown }) => String(shown)),
      row('RMSE', ({ metrics }) => metrics.rmse.toFixed(4)),
      row('RMSE, Bias', ({ baselines }) => baselines.bias.rmse.toFixed(4)),
      row('NDCG@10', ({ metrics }) => metrics['ndcg@10'].toFixed(4)),
      row('NDCG@10, Popularity', ({ baselines }) => baselines.popularity['ndcg@10'].toFixed(4)),
      row('lead ± standard error', ({ lead }) => lead.value.toFixed(4)),
      row('', ({ lead }) => `± ${lead.error.toFixed(4)}`),
    ]),
  ];
}

/** Orders of asking compared: columns by number of answers. */
function elicitationTable(elicitation: Elicitation | undefined): string[] {
  if (!elicitation) return [];
  const { users, candidates, orders } = elicitation;
  const heads = ({ answered }: ElicitPoint) => [`${answered} answers`, 'RMSE', 'NDCG@10'];
  const cells = (point: ElicitPoint) => [point.asked.toFixed(0), point.rmse.toFixed(4), point['ndcg@10'].toFixed(4)];
  const gain = (of: Gain | undefined) => (of ? `${of.value.toFixed(4)} ± ${of.error.toFixed(4)}` : '');
  const gainHeads = ({ answered }: ElicitPoint) => [`RMSE, ${answered} answers`, 'NDCG@10'];
  const gains = ({ rmseGain, ndcgGain }: ElicitPoint) => [gain(rmseGain), gain(ndcgGain)];
  return [
    '',
    `${users} people asked about the ${candidates} most rated movies: questions until so many answers, RMSE, NDCG@10`,
    ...textTable([
      ['', ...orders[0].points.flatMap(heads)],
      ...orders.map(({ name, points }) => [name, ...points.flatMap(cells)]),
    ]),
    '',
    'By how much Marquee is better (± standard error)',
    ...textTable([
      ['', ...orders[0].points.flatMap(gainHeads)],
      ...orders.slice(1).map(({ name, points }) => [name, ...points.flatMap(gains)]),
    ]),
  ];
}

/** The baselines that every evaluation measures. */
function baselineRows({ baselines }: Evaluation): readonly Figures[] {
  return [
    { name: 'Bias', ...baselines.bias },
    { name: 'Popularity', ...baselines.popularity },
  ];
}

function table(
  { dataset, split, metrics, diverse, coldStart, elicitation, seconds }: Evaluation,
  others: readonly Figures[],
): string {
  const marquee = { name: 'Marquee', ...metrics, seconds: seconds.train };
  const below: Figures[] = [...(diverse ? [{ name: `diversity ${diverse.diversity}`, ...diverse }] : []), ...others];
  const columns = COLUMNS.filter(({ of }) => below.some((figures) => of(figures) !== undefined));
  const rows = [marquee, ...below].map((figures) => [figures.name, ...columns.map(({ of }) => of(figures))]);
  return [
    `${dataset}, ${split}`,
    ...textTable([['', ...columns.map(({ head }) => head)], ...rows]),
    `${metrics.users} users ranked; trained in ${seconds.train.toFixed(1)} s`,
    ...coldStartTable(coldStart),
    ...elicitationTable(elicitation),
  ].join('\n');
}
