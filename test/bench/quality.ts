/**
 * Quality on held-out ratings, as `npm run evaluate` measures it: means over seeds, a table for each question. Every
 * evaluation is a process of its own. The figures do not depend on the machine.
 *
 *   npm run bench -- quality [--tables errors,lists,newcomers,favourites,diversity,questions,lesson] [--data ml-latest-small-2016,ml-1m]
 *     [--seeds 1,2,3] [--json] [--markdown]
 */
import { bounded, command, run } from '../../scripts/lib/cli.ts';
import { evaluations, type Result } from './harness/evaluations.ts';
import { listed } from './harness/list-flag.ts';
import { addReportFlags, type ReportFlags, type ReportRow, report } from './harness/report.ts';
import { lesson } from './recipes/lesson.ts';

interface Flags extends ReportFlags {
  readonly tables: string;
  readonly data: string;
  readonly seeds: string;
}

/** The splits that errors are measured on. */
const SPLITS: Readonly<Record<string, readonly string[]>> = {
  'ml-latest-small-2016': ['random:0.2', 'last:0.2', 'time:0.2'],
  'ml-100k': ['random:0.2', 'u1', 'u2', 'u3', 'u4', 'u5'],
  'ml-1m': ['random:0.1', 'last:0.2'],
};
const UNSEEN_USERS = ['--split', 'users:0.1'];
const DIVERSITIES = [0.3, 0.5, 0.7];

const TABLES: Readonly<Record<string, (data: string, seeds: readonly number[]) => Promise<ReportRow[]>>> = {
  errors,
  lists,
  newcomers,
  favourites,
  diversity,
  questions,
  lesson,
};

const program = addReportFlags(command('bench', 'measures errors and lists on held-out ratings'))
  .name('npm run bench -- quality')
  .option('--tables <list>', `of ${Object.keys(TABLES).join(', ')}`, Object.keys(TABLES).join())
  .option('--data <list>', `of ${Object.keys(SPLITS).join(', ')}`, 'ml-latest-small-2016,ml-1m')
  .option('--seeds <list>', 'seeds of splits and trainings', '1,2,3');

await run<Flags>(program, async ({ tables, data, seeds, ...output }) => {
  const names = listed(tables, '--tables', Object.keys(TABLES));
  const sets = listed(data, '--data', Object.keys(SPLITS));
  const numbers = seeds.split(',').map((text) => bounded(Number(text), '--seeds', 0, 0xffffffff));
  const measured: Record<string, ReportRow[]> = {};
  for (const name of names) {
    const rows: ReportRow[] = [];
    for (const set of name === 'lesson' ? ['ml-100k'] : sets) rows.push(...(await TABLES[name](set, numbers)));
    measured[name] = rows;
  }
  report(output, { bench: 'quality', seeds: numbers, ...measured }, Object.values(measured), [
    numbers.length > 1 ? `Means of the seeds ${numbers.join(', ')}` : `Seed ${numbers[0]}`,
  ]);
});

/** Errors of predicted stars, beside the Bias baseline; lists beside Popularity. */
async function errors(data: string, seeds: readonly number[]): Promise<ReportRow[]> {
  const rows: ReportRow[] = [];
  for (const split of SPLITS[data]) {
    const results = await evaluations(data, seeds, ['--split', split]);
    rows.push({
      data,
      split,
      RMSE: mean(results, ({ metrics }) => metrics.rmse),
      'RMSE, Bias': mean(results, ({ baselines }) => baselines.bias.rmse),
      MAE: mean(results, ({ metrics }) => metrics.mae),
      'MAE, Bias': mean(results, ({ baselines }) => baselines.bias.mae),
      'NDCG@10': mean(results, ({ metrics }) => metrics['ndcg@10']),
      'NDCG@10, Popularity': mean(results, ({ baselines }) => baselines.popularity['ndcg@10']),
    });
  }
  return rows;
}

/** Lists for users whom training never saw, beside other methods. */
async function lists(data: string, seeds: readonly number[]): Promise<ReportRow[]> {
  const results = await evaluations(data, seeds, [...UNSEEN_USERS, '--rivals']);
  const own = {
    data,
    method: 'Marquee',
    'NDCG@10': mean(results, ({ metrics }) => metrics['ndcg@10']),
    'Recall@20': mean(results, ({ metrics }) => metrics['recall@20']),
  };
  const others = results[0].rivals!.flatMap(({ name }, at) =>
    results[0].rivals![at]['ndcg@10'] === undefined
      ? []
      : {
          data,
          method: name,
          'NDCG@10': mean(results, ({ rivals }) => rivals![at]['ndcg@10']!),
          'Recall@20': mean(results, ({ rivals }) => rivals![at]['recall@20']!),
        },
  );
  return [own, ...others];
}

/** The same users, known by their first ratings alone. */
async function newcomers(data: string, seeds: readonly number[]): Promise<ReportRow[]> {
  return coldStart(data, seeds, 'coldStart', 'ratings shown');
}

/** The same users, known by a few films that they loved. */
async function favourites(data: string, seeds: readonly number[]): Promise<ReportRow[]> {
  return coldStart(data, seeds, 'favourites', 'favourites named');
}

async function coldStart(
  data: string,
  seeds: readonly number[],
  curve: 'coldStart' | 'favourites',
  head: string,
): Promise<ReportRow[]> {
  const results = await evaluations(data, seeds, UNSEEN_USERS);
  return results[0][curve].map(({ shown }, at) => ({
    data,
    [head]: shown,
    RMSE: mean(results, (result) => result[curve][at].metrics.rmse),
    'RMSE, Bias': mean(results, (result) => result[curve][at].baselines.bias.rmse),
    'NDCG@10': mean(results, (result) => result[curve][at].metrics['ndcg@10']),
    'Recall@20': mean(results, (result) => result[curve][at].metrics['recall@20']),
    'lead over Popularity': mean(results, (result) => result[curve][at].lead.value),
    'its standard error': (
      Math.hypot(...results.map((result) => result[curve][at].lead.error)) / results.length
    ).toFixed(4),
    'popularity of films': mean(results, (result) => result[curve][at].metrics.reach.popularity),
  }));
}

/** What re-ranking for variety costs, and how far apart the films of a top ten then lie. */
async function diversity(data: string, seeds: readonly number[]): Promise<ReportRow[]> {
  const rows: ReportRow[] = [];
  for (const share of DIVERSITIES) {
    const results = await evaluations(data, seeds, [...UNSEEN_USERS, '--diversity', String(share)]);
    const row = (diversity: number, of: (result: Result) => Result['metrics'] | NonNullable<Result['diverse']>) => ({
      data,
      diversity,
      'NDCG@10': mean(results, (result) => of(result)['ndcg@10']),
      distance: mean(results, (result) => of(result)['distance@10']),
    });
    if (rows.length === 0) rows.push(row(0, ({ metrics }) => metrics));
    rows.push(row(share, ({ diverse }) => diverse!));
  }
  return rows;
}

/** What asking unseen users film by film teaches, by the order of the questions. */
async function questions(data: string, seeds: readonly number[]): Promise<ReportRow[]> {
  const results = await evaluations(data, seeds, [...UNSEEN_USERS, '--elicit']);
  return results[0].elicitation!.orders.flatMap(({ name, points }, order) =>
    points.map(({ answered }, at) => {
      const point = ({ elicitation }: Result) => elicitation!.orders[order].points[at];
      return {
        data,
        order: name,
        answers: answered,
        questions: mean(results, (result) => point(result).asked, 0),
        RMSE: mean(results, (result) => point(result).rmse),
        'NDCG@10': mean(results, (result) => point(result)['ndcg@10']),
      };
    }),
  );
}

function mean(results: readonly Result[], of: (result: Result) => number, digits = 4): string {
  return (results.reduce((sum, result) => sum + of(result), 0) / results.length).toFixed(digits);
}
