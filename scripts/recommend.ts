import { MarqueeError } from '../shared/errors.ts';
import type { Model } from '../shared/model/model.ts';
import { blendOf, MOST_CERTAINTY, usualCertainty } from '../shared/model/ordering.ts';
import { naturalTitle } from '../shared/title.ts';
import { openArtifact, readArtifact } from '../trainer/artifact/artifact.ts';
import { loadRatings } from '../trainer/data/index.ts';
import { nextOf } from '../trainer/evaluate/list-orders.ts';
import { type Recommendation, recommendAll, recommendStored } from '../trainer/predict/predict.ts';
import { between, bounded, command, number, run } from './lib/cli.ts';
import { writeCsv } from './lib/csv.ts';
import { addFilterFlags, filterFlags } from './lib/filter-flags.ts';
import { requireOut } from './lib/out-file.ts';
import { showNote } from './lib/progress.ts';

interface Flags {
  readonly model: string;
  readonly ratings?: string;
  readonly user?: number;
  readonly k: number;
  readonly by?: (typeof ORDERS)[number];
  readonly popularity: number;
  readonly certainty?: number;
  readonly out?: string;
}

const ORDERS = ['relevance', 'rating', 'next'] as const;
const COLUMNS = ['userId', 'rank', 'movieId', 'score', 'predictedRating'];

const program = command('recommend', 'recommends to every user of a rating file, or to one user of the training')
  .requiredOption('--model <folder>', 'an artifact folder')
  .option('--ratings <file>', 'recommend to the users of these ratings, without the movies in them')
  .option('--user <id>', 'recommend to a user of the training, without the movies that they rated', number)
  .option('--k <number>', 'movies for each user', number, 20)
  .option('--by <order>', 'relevance, rating, or next: what they watch next, liked or not (default the model’s blend)')
  .option('--popularity <number>', 'better known films above 0, lesser known ones below: -1 to 1', number, 0)
  .option(
    '--certainty <number>',
    `standard errors of a movie that its score stays below the predicted rating: 0 to ${MOST_CERTAINTY} ` +
      `(default ${usualCertainty(1)} by rating)`,
    number,
  )
  .option('--out <file>', `CSV to write: ${COLUMNS.join()}; without it, titles are printed`);
addFilterFlags(program);

await run<Flags>(program, async ({ model: folder, ratings, user, k, by, popularity, certainty, out, ...flags }) => {
  if (by !== undefined && !ORDERS.includes(by)) {
    throw new MarqueeError('bad-flag', `--by: got "${by}", expected ${ORDERS.join(', ')}`);
  }
  if ((ratings === undefined) === (user === undefined)) {
    throw new MarqueeError('bad-flag', 'expected either --ratings or --user');
  }
  if (out !== undefined) await requireOut(out, [ratings]);
  const { users, ...model } = openArtifact(await readArtifact(folder));
  const next = by === 'next' ? nextOf(model) : undefined;
  const blend = blendOf(by, model.manifest.blend);
  const request = {
    k: bounded(k, '--k', 1, model.movies.count),
    blend,
    popularity: between(popularity, '--popularity', -1, 1),
    certainty: between(certainty ?? usualCertainty(blend), '--certainty', 0, MOST_CERTAINTY),
    filter: filterFlags(flags),
    next,
  };
  const items =
    user === undefined
      ? recommendAll(model, await loadRatings(ratings!, showNote), request)
      : await recommendStored(
          model,
          users,
          { userId: bounded(user, '--user', 0, 2_147_483_647), now: Math.floor(Date.now() / 1000) },
          request,
        );
  if (out === undefined) {
    for (const item of items) console.log(lineOf(model, item));
    return;
  }
  const count = await writeCsv(out, COLUMNS, rowsOf(items));
  console.log(`${out}: ${count} recommendations by ${model.manifest.version}`);
});

/** The items as rows of a CSV file. */
function* rowsOf(items: Iterable<Recommendation>): Generator<(string | number)[]> {
  for (const { userId, rank, movieId, score, predictedRating } of items) {
    yield [userId, rank, movieId, score.toFixed(6), predictedRating.toFixed(6)];
  }
}

/** "   3  4.1  The Empire Strikes Back (1980)", under the user's number where their list begins. */
function lineOf({ movies }: Model, { userId, rank, movieId, predictedRating }: Recommendation): string {
  const row = movies.rowOf(movieId);
  const year = movies.years[row] ? ` (${movies.years[row]})` : '';
  const line = `${String(rank).padStart(4)}  ${predictedRating.toFixed(1)}  ${naturalTitle(movies.title(row))}${year}`;
  return rank === 1 ? `user ${userId}\n${line}` : line;
}
