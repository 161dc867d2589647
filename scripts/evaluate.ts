import { basename } from 'node:path';
import { Option } from 'commander';
import { MarqueeError } from '../shared/errors.ts';
import type { Dataset, Ratings } from '../trainer/data/dataset.ts';
import { loadRatings, loadSplitPair } from '../trainer/data/index.ts';
import { withRatings } from '../trainer/data/ratings.ts';
import type { Split } from '../trainer/data/split.ts';
import { cutDataset, parseSplit, SPLIT_FORMS } from '../trainer/data/split-spec.ts';
import { titledOnly } from '../trainer/data/titled.ts';
import type { Engine } from '../trainer/engines/engine.ts';
import { evaluate } from '../trainer/evaluate/evaluate.ts';
import { LIST_ORDERS, type ListOrder } from '../trainer/evaluate/list-orders.ts';
import { overSeeds } from '../trainer/evaluate/over-seeds.ts';
import { measureRivals, type RivalFigures } from '../trainer/experiments/rivals/index.ts';
import { isTunable } from '../trainer/experiments/tuning/ladders.ts';
import { modelNamed, resolveOptions, type TrainingOptions } from '../trainer/models/options.ts';
import { answer, between, bounded, collect, command, number, run } from './lib/cli.ts';
import { evaluationTable, type Result } from './lib/evaluation-table.ts';
import { addModelFlags, modelFlags } from './lib/model-flags.ts';
import { addCatalogueFlags, type CatalogueFlags, loadAsked } from './lib/own-catalogue.ts';
import { showNote, trainingProgress } from './lib/progress.ts';
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

interface Flags extends EngineFlags, CatalogueFlags {
  readonly data: string;
  readonly extra: readonly string[];
  readonly test?: string;
  readonly split?: string;
  readonly by: ListOrder;
  readonly seed?: number;
  readonly seeds?: readonly number[];
  readonly successive?: boolean;
  readonly rivals?: boolean;
  readonly diversity?: number;
  readonly popularity?: readonly number[];
  readonly elicit?: boolean;
  readonly tune?: boolean;
  readonly json?: boolean;
}

const SPLIT_HELP = `
What a split tests:
  random:0.1  that share of all ratings
  time:0.1    that share of all ratings, the newest; of people without earlier ratings nothing is known
  last:0.2    that share of each person's ratings, the newest
  users:0.1   the last fifth of the ratings of that share of the people, whom training never sees: they are folded in
  loo         the last rating of everybody, of equal times the last in the file
  when:0.1    what people rate from one moment on; all of one second are on one side, and only people who
              rated before are asked. when:2000-12-01 (UTC) names the moment. Baselines: also what was popular
              in the last 7 and 30 days.
Splits with an order also ask for the next film: the first one tested of each person, liked or not, among all films
of the training that the person did not rate.`;

const program = addCatalogueFlags(
  addModelFlags(addEngineFlags(command('evaluate', 'trains on one part of the ratings and measures on the rest'))),
)
  .requiredOption('--data <set>', 'a known data set, or a folder or file in a MovieLens layout')
  .option('--extra <file>', EXTRA_HELP, collect, [])
  .option('--split <kind>', `${SPLIT_FORMS}, or u1 to u5 of ml-100k (default random:0.2)`)
  .option('--test <file>', 'test on these ratings and train on all of --data')
  .addOption(new Option('--by <order>', 'what lists are ordered by').choices(LIST_ORDERS).default(LIST_ORDERS[0]))
  .option('--seeds <list>', 'several seeds instead of --seed: means and their standard errors', (text) =>
    listOf(text).map((seed) => bounded(seed, '--seeds', 0, 0xffffffff)),
  )
  .option(
    '--diversity <share>',
    'also measure lists re-ranked for variety, 0 to 1, and the distance of their movies',
    number,
  )
  .option(
    '--popularity <list>',
    'also measure lists that lean to better known films (to 1) or lesser known ones (to -1): -1,-0.5,0,0.5,1',
    (text) => listOf(text).map((value) => between(value, '--popularity', -1, 1)),
  )
  .option('--successive', 'also ask for every tested film in turn, with all earlier ones folded in; slow')
  .option(
    '--elicit',
    'also ask unseen users about movies in several orders, to find which teaches most; needs --split users:',
  )
  .option('--tune', TUNE_HELP)
  .option('--rivals', 'also fit other methods to the same split: iALS, EASE, and both with recency in the history')
  .option('--json', 'print one JSON object')
  .addHelpText('after', SPLIT_HELP);

await run<Flags>(program, async (flags) => {
  if (flags.test && flags.split) throw new MarqueeError('bad-flag', '--test and --split exclude each other');
  if (flags.diversity !== undefined) between(flags.diversity, '--diversity', 0, 1);
  const name = flags.split ?? 'random:0.2';
  const cut = /^u[1-5]$/.test(name) ? null : parseSplit(name);
  if (flags.elicit && cut?.kind !== 'users') throw new MarqueeError('bad-flag', '--elicit needs --split users:0.1');
  if (flags.successive && (flags.test || !cut || cut.kind === 'random')) {
    throw new MarqueeError('bad-flag', '--successive needs a --split with an order, such as when:0.1');
  }
  if (flags.seeds && flags.seed !== undefined)
    throw new MarqueeError('bad-flag', '--seeds and --seed exclude each other');
  const options = settingsOf(flags);
  const set = await loadAsked(flags.data, flags);
  const pair = cut || flags.test ? null : await loadSplitPair(flags.data, name, { onNote: showNote });
  const dataset = withTitles(await withExtra(pair ? withRatings(set, pair.train) : set, flags.extra));
  const results = await withEngine(flags, async (engine) => {
    const results: Result[] = [];
    for (const seed of flags.seeds ?? [options.seed]) {
      const split = await splitOf(dataset, seed);
      results.push(await measured(engine, dataset, split, { ...options, seed }, flags));
    }
    return results;
  });
  if (!flags.seeds) return answer(flags.json, results[0], evaluationTable(results[0]));
  const { mean, error } = overSeeds(results.map(({ config: _, ...figures }) => figures));
  const { dataset: of, split } = results[0];
  answer(
    flags.json,
    { dataset: of, split, seeds: flags.seeds, mean, error, runs: results },
    [evaluationTable(mean, error), `means of the seeds ${flags.seeds.join(', ')} ± standard errors`].join('\n'),
  );

  /** Quality comes from the test part: nothing else is held out unless a flag asks for it. */
  function settingsOf(flags: Flags): TrainingOptions {
    const given = modelFlags({ ...flags }, { tune: isTunable });
    return resolveOptions({ ...modelNamed(given.model).tested, ...given });
  }

  async function splitOf(dataset: Dataset, seed: number): Promise<Split> {
    if (flags.test) {
      return {
        name: basename(flags.test),
        train: dataset.ratings,
        test: titledIn(dataset, await loadRatings(flags.test, showNote)),
        shown: null,
      };
    }
    if (cut) return cutDataset(dataset, cut, seed);
    return { name, train: dataset.ratings, test: titledIn(dataset, pair!.test), shown: null };
  }
});

/** Trains on a split and measures, beside other methods where a flag asks for them. */
async function measured(
  engine: Engine,
  dataset: Dataset,
  split: Split,
  options: TrainingOptions,
  flags: Flags,
): Promise<Result> {
  const settings = flags.tune ? await tuned(engine, withRatings(dataset, split.train), options, flags) : options;
  const onRival = ({ name, seconds }: RivalFigures) => console.error(`${name.padEnd(16)} ${seconds.toFixed(1)} s`);
  const { by, diversity, popularity, successive, elicit } = flags;
  const extras = { by, diversity, popularity, successive, elicit };
  const evaluation = await evaluate(engine, dataset, split, settings, trainingProgress(), extras);
  return { ...evaluation, rivals: flags.rivals ? await measureRivals(engine, split, settings, onRival) : undefined };
}

function listOf(text: string): readonly number[] {
  return text.split(',').map(number);
}

/** Test ratings of films that the data set names: nothing can be learned of the others. */
function titledIn(dataset: Dataset, test: Ratings): Ratings {
  return titledOnly(withRatings(dataset, test)).dataset.ratings;
}
