/**
 * How far floods of ratings move what others are told after a retrain, without the guard and with it: each flood joins the
 * training ratings, the model in service is the start, and the model that learned the same without it is what is compared.
 *
 *   npm run bench -- flood [--data ml-latest-small-2016] [--people 671] [--json] [--markdown]
 */
import { availableParallelism } from 'node:os';
import { command, number, run } from '../../scripts/lib/cli.ts';
import type { LogRow } from '../../shared/ratings/tables/rating-log.ts';
import { openArtifact } from '../../trainer/artifact/artifact.ts';
import { EMBEDDED_DATASET, loadDataset } from '../../trainer/data/index.ts';
import { withRatings } from '../../trainer/data/ratings.ts';
import { splitDataset } from '../../trainer/data/split.ts';
import { openEngine } from '../../trainer/engines/index.ts';
import { resolveOptions } from '../../trainer/models/options.ts';
import { WARM_DEFAULTS } from '../../trainer/models/variational/warm-start.ts';
import { DEFAULT_GUARD, guardLog, type LeftOut } from '../../trainer/retrain/log/guard.ts';
import { joinLog } from '../../trainer/retrain/log/join.ts';
import { train } from '../../trainer/train/train.ts';
import { floods, type Moved, moved, obscureMovie, tell } from '../fixtures/floods.ts';
import { addReportFlags, type ReportFlags, type ReportRow, report } from './harness/report.ts';

interface Flags extends ReportFlags {
  readonly data: string;
  readonly people: number;
}

interface Row {
  readonly flood: string;
  readonly ratings: number;
  readonly unguarded: Moved;
  readonly guarded: Moved;
  readonly leftOut: LeftOut;
}

const program = addReportFlags(command('bench', 'measures how far floods of ratings move what others are told'))
  .name('npm run bench -- flood')
  .option('--data <set>', 'what the model in service knows', EMBEDDED_DATASET)
  .option('--people <number>', 'people who are asked before and after, at most', number, 1000);

await run<Flags>(program, async ({ data, people, ...output }) => {
  const whole = await loadDataset(data);
  const { train: shown, test } = splitDataset(whole, 'random', 0.1, 42);
  const base = withRatings(whole, shown);
  const target = obscureMovie(base);
  const engine = await openEngine('wasm', { threads: availableParallelism() });
  const served = await train(engine, base, resolveOptions());
  const after = async (log: readonly LogRow[]) => {
    const next = await train(engine, joinLog(base, log), resolveOptions(WARM_DEFAULTS), undefined, { from: served });
    return tell(openArtifact(next), shown, test, target, people);
  };
  const calm = await after([]);
  const rows: Row[] = [];
  for (const { name, log } of floods(base)) {
    const { log: kept, leftOut } = guardLog(shown, log, DEFAULT_GUARD);
    const [unguarded, guarded] = [moved(calm, await after(log)), moved(calm, await after(kept))];
    rows.push({ flood: name, ratings: log.length, unguarded, guarded, leftOut });
    console.error(`${name}: done`);
  }
  await engine.close();
  const quiet = moved(calm, calm);
  const result = { data, people: calm.topTens.length, calm: quiet, floods: rows };
  report(
    output,
    result,
    [[tableRow('no flood', 'none', quiet, 0), ...rows.flatMap(tableRows)]],
    [`${calm.topTens.length} people of ${data}; predictions in stars; people who have the pushed film in their top 20`],
  );
});

function tableRows({ flood, unguarded, guarded, leftOut }: Row): ReportRow[] {
  return [
    tableRow(flood, 'off', unguarded, 0),
    tableRow(flood, 'on', guarded, leftOut.flatRatings + leftOut.pushedRatings),
  ];
}

function tableRow(flood: string, guard: string, to: Moved, leftOut: number): ReportRow {
  return {
    flood,
    guard,
    'left out': leftOut,
    RMSE: to.rmse.toFixed(4),
    'mean change': to.meanChange.toFixed(4),
    'largest change': to.largestChange.toFixed(3),
    'same top 10': to.sameTopTen.toFixed(3),
    'pushed film': to.target.predicted.toFixed(3),
    'has it by rating': `${to.target.byRating.toFixed(1)}%`,
    'by relevance': `${to.target.byRelevance.toFixed(1)}%`,
  };
}
