import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { MarqueeError } from '../shared/errors.ts';
import { publish } from '../trainer/artifact/publish.ts';
import { digestRatings } from '../trainer/data/digest.ts';
import { EMBEDDED_DATASET } from '../trainer/data/index.ts';
import { withRatings } from '../trainer/data/ratings.ts';
import type { Quality } from '../trainer/experiments/simulation/arms.ts';
import type { ListDifference } from '../trainer/experiments/simulation/difference.ts';
import { simulationPage } from '../trainer/experiments/simulation/page.ts';
import { planSimulation } from '../trainer/experiments/simulation/plan.ts';
import { overall, type PeriodReport, simulate } from '../trainer/experiments/simulation/simulate.ts';
import { resolveOptions } from '../trainer/models/options.ts';
import { train } from '../trainer/train/train.ts';
import { answer, bounded, command, number, run } from './lib/cli.ts';
import { trainingFlags } from './lib/model-flags.ts';
import { loadWithProgress, trainingProgress } from './lib/progress.ts';
import { withService } from './lib/simulated-service.ts';
import { textTable } from './lib/table.ts';
import { addEngineFlags, type EngineFlags, withEngine, withTitles } from './lib/training-flags.ts';

interface Flags extends EngineFlags {
  readonly data: string;
  readonly days?: number;
  readonly weeks?: number;
  readonly from?: string;
  readonly out: string;
  readonly json?: boolean;
}

const DEFAULT_WEEKS = 26;

const program = addEngineFlags(
  command('simulate', 'replays the visits of a data set, in time order, to a local Worker that retrains'),
)
  .option('--data <set>', 'ratings with their times', EMBEDDED_DATASET)
  .option('--days <number>', 'days between two retrains', number)
  .option('--weeks <number>', `weeks between two retrains (default ${DEFAULT_WEEKS})`, number)
  .option('--from <date>', 'train on older ratings than this, such as 2015-01-31; default the oldest four fifths')
  .option('--out <folder>', 'where simulation.html and simulation.json go', 'models/simulation')
  .option('--json', 'print one JSON object');

await run<Flags>(program, async (flags) => {
  if (flags.days !== undefined && flags.weeks !== undefined) {
    throw new MarqueeError('bad-flag', '--days and --weeks exclude each other');
  }
  const days =
    flags.days !== undefined
      ? bounded(flags.days, '--days', 1, 3650)
      : 7 * bounded(flags.weeks ?? DEFAULT_WEEKS, '--weeks', 1, 520);
  const from = flags.from === undefined ? undefined : Date.parse(flags.from) / 1000;
  if (Number.isNaN(from))
    throw new MarqueeError('bad-flag', `--from: got "${flags.from}", expected a date, 2015-01-31`);
  const options = resolveOptions(trainingFlags({ ...flags }));
  const dataset = withTitles(await loadWithProgress(flags.data));
  const plan = planSimulation(dataset, days, from);
  const base = { ...withRatings(dataset, plan.base), sha256: digestRatings(plan.base) };
  console.error(`training on ${base.ratings.count} ratings, then ${plan.periods.length} periods of ${days} days`);
  const first = await withEngine(flags, (engine) => train(engine, base, options, trainingProgress()));
  const reports = await withService(flags, base, async (bindings, service) => {
    await publish(bindings.MODELS, first);
    const running = await service();
    return simulate(running, dataset.ratings, plan, (report) => console.error(line(report)), showVisits);
  });
  const result = { data: flags.data, days, overall: overall(reports), periods: reports };
  await mkdir(flags.out, { recursive: true });
  await writeFile(join(flags.out, 'simulation.json'), `${JSON.stringify(result, null, 2)}\n`);
  const title = `${flags.data}, every ${days} days from ${reports[0].from} on`;
  await writeFile(join(flags.out, 'simulation.html'), simulationPage(title, reports));
  answer(flags.json, result, table(result.overall, reports, flags.out));
  if (reports.some(({ differences }) => differences.some(({ why }) => why === 'unexplained'))) process.exitCode = 1;
});

/** A line at the first visit of a period, and one every hundred. */
function showVisits({ visit, visits }: { visit: number; visits: number }): void {
  if (visit % 100 === 1) console.error(`visits           ${visit} of ${visits}`);
}

function line({ from, to, ratings, visits, sameOverHttp, arms, retrain: { decision } }: PeriodReport): string {
  const rmse = Object.entries(arms).map(([name, quality]) => `${name} ${quality.rmse.toFixed(4)}`);
  const same = `${sameOverHttp} of ${visits} lists over HTTP as computed here`;
  return `${from} to ${to}  ${ratings} ratings; RMSE: ${rmse.join(', ')}; ${same}; ${decision}`;
}

function differenceLine({ userId, rank, computed, served, gap, why }: ListDifference): string {
  const apart = gap === null ? '' : `, scores ${gap.toPrecision(2)} apart`;
  return `user ${userId}, place ${rank}: movie ${computed} here, ${served} over HTTP: ${why}${apart}`;
}

function table(arms: Readonly<Record<string, Quality>>, reports: readonly PeriodReport[], out: string): string {
  const visits = reports.reduce((sum, report) => sum + report.visits, 0);
  const same = reports.reduce((sum, report) => sum + report.sameOverHttp, 0);
  const published = reports.filter(({ retrain: { decision } }) => decision === 'published').length;
  const rows = Object.entries(arms).map(([name, { rmse, hitRate, 'ndcg@10': ndcg }]) => [
    name,
    rmse.toFixed(4),
    `${(100 * hitRate).toFixed(1)}%`,
    ndcg.toFixed(4),
  ]);
  return [
    ...textTable([['', 'RMSE', 'hit rate', 'NDCG@10'], ...rows]),
    ...reports.flatMap(({ differences }) => differences.map(differenceLine)),
    `${visits} visits, in ${same} of which HTTP answered the top ten computed here; ${published} of ${reports.length} retrains published`,
    join(out, 'simulation.html'),
  ].join('\n');
}
