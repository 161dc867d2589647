import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'csv-stringify/sync';
import { writeWhole } from '../../artifact/write-whole.ts';
import type { Dataset } from '../../data/dataset.ts';
import type { Split } from '../../data/split.ts';
import type { Engine } from '../../engines/engine.ts';
import { trainAndEvaluate } from '../../evaluate/evaluate.ts';
import type { TrainingStep } from '../../models/run.ts';
import { flagOf } from '../../models/setting-fields.ts';
import { type SweepTrial, shown, trialId } from './grid.ts';
import { recommended } from './lists.ts';
import { sweepPage } from './page.ts';
import type { SweepRow, TrialResult } from './row.ts';

/** Progress of a sweep. */
export interface SweepProgress {
  readonly trial: SweepTrial;
  /** From 1 to `of`. */
  readonly number: number;
  readonly of: number;
  readonly event: { readonly step: TrainingStep } | { readonly row: SweepRow; readonly isKept: boolean };
}

export interface SweepFiles {
  readonly csv: string;
  readonly html: string;
}

/**
 * Trains and measures every trial that `folder` does not hold yet. Each result is kept under `trials/`, named by settings,
 * data and split; then `sweep.csv` is written again with one more row. `sweep.html` follows in the end. A second run
 * trains only what is missing.
 */
export async function sweep(
  engine: Engine,
  dataset: Dataset,
  split: Split,
  trials: readonly SweepTrial[],
  folder: string,
  onProgress: (progress: SweepProgress) => void = () => {},
): Promise<{ readonly rows: readonly SweepRow[]; readonly files: SweepFiles }> {
  await mkdir(join(folder, 'trials'), { recursive: true });
  const files = { csv: join(folder, 'sweep.csv'), html: join(folder, 'sweep.html') };
  const rows: SweepRow[] = [];
  for (const [at, trial] of trials.entries()) {
    const { name, model, given } = trial;
    const id = trialId(trial, dataset.sha256, split.name);
    const file = join(folder, 'trials', `${id}.json`);
    const report = (event: SweepProgress['event']) => onProgress({ trial, number: at + 1, of: trials.length, event });
    const kept = await readKept(file);
    const result = kept ?? (await runTrial(engine, dataset, split, trial, (step) => report({ step })));
    if (!kept) await writeWhole(file, (partial) => writeFile(partial, JSON.stringify(result)));
    const row = { id, name, model, given, ...result };
    rows.push(row);
    await writeWhole(files.csv, (partial) => writeFile(partial, sweepCsv(dataset.name, split.name, trials, rows)));
    report({ row, isKept: kept !== null });
  }
  await writeWhole(files.html, (partial) => writeFile(partial, sweepPage(dataset, split.name, rows)));
  return { rows, files };
}

async function runTrial(
  engine: Engine,
  dataset: Dataset,
  split: Split,
  { options }: SweepTrial,
  onStep: (step: TrainingStep) => void,
): Promise<TrialResult> {
  const { artifact, evaluation } = await trainAndEvaluate(engine, dataset, split, options, onStep);
  const { rmse, mae, 'ndcg@10': ndcg, 'recall@20': recall } = evaluation.metrics;
  return {
    rmse,
    mae,
    'ndcg@10': ndcg,
    'recall@20': recall,
    seconds: evaluation.seconds.train,
    engine: engine.name,
    device: artifact.manifest.device,
    ...(await recommended(artifact, split)),
  };
}

/** A row for every trial, a column for every setting that some list names. */
function sweepCsv(dataset: string, split: string, trials: readonly SweepTrial[], rows: readonly SweepRow[]): string {
  const settings = [...new Set(trials.flatMap(({ given }) => Object.keys(given)))];
  const figures = ['rmse', 'mae', 'ndcg@10', 'recall@20', 'seconds'] as const;
  const years = ['median_year', 'median_year_by_stars'];
  const head = [
    'trial',
    'dataset',
    'split',
    'model',
    ...settings.map(flagOf),
    ...figures,
    ...years,
    'engine',
    'device',
  ];
  const lines = rows.map((row) => [
    row.id,
    dataset,
    split,
    row.model,
    ...settings.map((setting) => shown(row.given[setting])),
    ...figures.map((figure) => Number(row[figure].toFixed(6))),
    row.medianYear.served,
    row.medianYear.stars,
    row.engine,
    row.device,
  ]);
  return stringify([head, ...lines]);
}

async function readKept(file: string): Promise<TrialResult | null> {
  try {
    return JSON.parse(await readFile(file, 'utf8'));
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ENOENT') throw cause;
    return null;
  }
}
