import type { Command } from 'commander';
import { cutDataset, parseSplit, SPLIT_FORMS } from '../trainer/data/split-spec.ts';
import { expandGrid, type Lists } from '../trainer/experiments/sweep/grid.ts';
import type { SweepRow } from '../trainer/experiments/sweep/row.ts';
import { type SweepFiles, sweep } from '../trainer/experiments/sweep/run.ts';
import { MODELS } from '../trainer/models/index.ts';
import { allSettings } from '../trainer/models/setting-fields.ts';
import { commonSettings } from '../trainer/models/settings.ts';
import { answer, command, run } from './lib/cli.ts';
import { addModelFlags, hasCommas, modelFlags } from './lib/model-flags.ts';
import { loadWithProgress, sweepProgress } from './lib/progress.ts';
import { textTable } from './lib/table.ts';
import { addEngineFlags, type EngineFlags, withEngine, withTitles } from './lib/training-flags.ts';

interface Flags extends EngineFlags {
  readonly model: string | readonly string[];
  readonly data: string;
  readonly split: string;
  readonly out: string;
  readonly json?: boolean;
}

/** What is compared: a model that leaves the lists to another has nothing of its own to show here. */
const COMPARED = MODELS.filter(({ makesLists }) => makesLists).map(({ name }) => name);

const program = takingLists(
  addModelFlags(addEngineFlags(command('sweep', 'trains a grid of settings and compares quality, time and lists'))),
)
  .requiredOption('--data <set>', 'a known data set, or a folder or file in a MovieLens layout')
  .option('--split <kind>', `what is tested on: ${SPLIT_FORMS}`, 'random:0.2')
  .option('--out <folder>', 'where sweep.csv and sweep.html go; what it holds is not trained again', 'models/sweep')
  .option('--json', 'print one JSON object')
  .addHelpText(
    'after',
    '\nEvery training flag takes a comma list, such as --factors 20,50,100 (--range and --layers: values apart by /).\nA flag that a model lacks is left out of its rows. The split is the same for all, whatever --seed says.',
  );

await run<Flags>(program, async (flags) => {
  const trials = expandGrid([flags.model].flat(), listsOf({ ...flags }));
  const cut = parseSplit(flags.split);
  const dataset = withTitles(await loadWithProgress(flags.data));
  const split = cutDataset(dataset, cut, commonSettings.shape.seed.parse(undefined));
  const { rows, files } = await withEngine(flags, (engine) =>
    sweep(engine, dataset, split, trials, flags.out, sweepProgress(trials.length)),
  );
  const figures = rows.map(({ lists: _, ...row }) => row);
  answer(flags.json, { dataset: dataset.name, split: split.name, ...files, rows: figures }, table(rows, files));
});

/** Makes every training flag take several values, each read as the flag reads one. */
function takingLists(program: Command): Command {
  const settings = new Map(allSettings().map((setting) => [setting.name, setting]));
  for (const option of program.options) {
    const name = option.attributeName();
    if (name === 'model') option.choices(COMPARED);
    const setting = settings.get(name);
    const { parseArg: read } = option;
    if (option.negate || !read || (!setting && name !== 'model')) continue;
    const separator = setting && hasCommas(setting) ? '/' : ',';
    option.argParser((text) => text.split(separator).map((part) => read(part, undefined)));
  }
  return program;
}

/** The lists among a command's options. */
function listsOf(flags: Readonly<Record<string, unknown>>): Lists {
  const { model: _, ...given } = modelFlags({ ...flags, model: undefined });
  const lists = Object.entries(given).map(([name, values]) => [
    name,
    [values].flat().map((value) => (value === 'none' ? null : value)),
  ]);
  return Object.fromEntries(lists);
}

function table(rows: readonly SweepRow[], { csv, html }: SweepFiles): string {
  const lines = rows.map((row) => [row.name, row.rmse.toFixed(4), row['ndcg@10'].toFixed(4), row.seconds.toFixed(1)]);
  return [...textTable([['', 'RMSE', 'NDCG@10', 'seconds'], ...lines]), csv, html].join('\n');
}
