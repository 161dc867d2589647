/**
 * How far floods of ratings move what others are told after a retrain, without the guard and with it: each flood joins the
 * training ratings, the model in service is the start, and the model that learned the same without it is what is compared.
 *
 *   npm run bench -- flood [--data ml-latest-small-2016] [--people 671] [--json]
 */
import { availableParallelism } from 'node:os';
import { answer, command, number, run } from '../../scripts/lib/cli.ts';
import type { LogRow } from '../../shared/ratings/tables/rating-log.ts';
import { openArtifact } from '../../trainer/artifact/artifact.ts';
import { EMBEDDED_DATASET, loadDataset } from '../../trainer/data/index.ts';
import { withRatings } from '../../trainer/data/ratings.ts';
import { splitDataset } from '../../trainer/data/split.ts';
import { openEngine } from '../../trainer/engines/index.ts';
import { resolveOptions } from '../../trainer/models/options.ts';
import { WARM_DEFAULTS } from '../../trainer/models/variational/warm-start.ts';
import { DEFAULT_GUARD, guardLog, type LeftOut } from '../../trainer/retrain/guard.ts';
import { joinLog } from '../../trainer/retrain/join.ts';
import { train } from '../../trainer/train/train.ts';
import { floods, type Moved, moved, obscureMovie, tell } from '../fixtures/floods.ts';

interface Flags {
  readonly data: string;
  readonly people: number;
  readonly json?: boolean;
}

interface Row {
  readonly flood: string;
  readonly ratings: number;
  readonly unguarded: Moved;
  readonly guarded: Moved;
  readonly leftOut: LeftOut;
}

const program = command('bench', 'measures how far floods of ratings move what others are told')
  .name('npm run bench -- flood')
  .option('--data <set>', 'what the model in service knows', EMBEDDED_DATASET)
  .option('--people <number>', 'people who are asked before and after, at most', number, 1000)
  .option('--json', 'print one JSON object');

await run<Flags>(program, async ({ data, people, json }) => {
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
  answer(
    json,
    { data, people: calm.topTens.length, calm: moved(calm, calm), floods: rows },
    table(moved(calm, calm), rows),
  );
});

function table(calm: Moved, rows: readonly Row[]): string {
  const heads = ['left out', 'RMSE', 'mean change', 'largest', 'same top 10', 'target', 'by rating', 'by relevance'];
  const line = (name: string, cells: readonly string[]) =>
    name.padEnd(44) + cells.map((cell) => cell.padStart(13)).join('');
  const cells = ({ rmse, meanChange, largestChange, sameTopTen, target }: Moved, left: number) => [
    String(left),
    rmse.toFixed(4),
    meanChange.toFixed(4),
    largestChange.toFixed(3),
    sameTopTen.toFixed(3),
    target.predicted.toFixed(3),
    `${target.byRating.toFixed(1)}%`,
    `${target.byRelevance.toFixed(1)}%`,
  ];
  return [
    line('', heads),
    line('no flood', cells(calm, 0)),
    ...rows.flatMap(({ flood, unguarded, guarded, leftOut }) => [
      line(flood, cells(unguarded, 0)),
      line('  guarded', cells(guarded, leftOut.flatRatings + leftOut.pushedRatings)),
    ]),
  ].join('\n');
}
