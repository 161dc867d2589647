import { readFile } from 'node:fs/promises';
import { readHidden } from '../shared/artifact/hidden-movies.ts';
import { decodeText } from '../shared/exchange/decode-text.ts';
import { readLinks } from '../shared/exchange/links.ts';
import { namedBy } from '../shared/exchange/other-catalogue.ts';
import { readImportFile } from '../shared/exchange/read-file.ts';
import { needsTitles, type ResolvedImport, resolveImport, type Unresolved } from '../shared/exchange/resolve.ts';
import { unpack } from '../shared/exchange/unpack.ts';
import type { MovieTable } from '../shared/model/model.ts';
import { requireRoom } from '../shared/ratings/limits.ts';
import { isGivenOut, nobody } from '../shared/ratings/people.ts';
import { latestOfEach, type Written, writeAllRatings } from '../shared/ratings/rating-store.ts';
import { ratingsChange } from '../shared/ratings/user-change.ts';
import type { Bucket } from '../shared/storage/bucket.ts';
import { publishedMovies } from '../trainer/artifact/publish.ts';
import { readMovies } from '../trainer/data/movielens/movies.ts';
import { withBindings } from './lib/bindings.ts';
import { answer, bounded, command, number, run } from './lib/cli.ts';
import { migrate } from './lib/migrations.ts';

interface Flags {
  readonly user: number;
  readonly remote: boolean;
  readonly links?: string;
  readonly movies?: string;
  readonly json?: boolean;
}

const program = command('import', "writes a file's ratings into D1 as one user's")
  .argument(
    '<file>',
    'a Letterboxd export (the ZIP or its ratings.csv), IMDb’s export, or ratings in a MovieLens layout; gzipped or not',
  )
  .requiredOption(
    '--user <id>',
    'the user who gets them; from a file with several users only this one is imported',
    number,
  )
  .option('--links <file>', 'links.csv of the data set: IMDb’s and TMDB’s ids tell films apart better than titles do')
  .option(
    '--movies <file>',
    'the ids in the file are of another data set, whose movies.csv, movies.dat or u.item this is: its films are found ' +
      'here by title and year',
  )
  .option('--remote', 'on Cloudflare instead of this machine', false)
  .option('--json', 'print one JSON object');

await run<Flags>(program, async ({ user, remote, links: linksPath, movies: moviesPath, json }, path) => {
  const userId = bounded(user, '--user', 0, 2 ** 31 - 1);
  const read = readImportFile(await readFile(path));
  const file = moviesPath === undefined ? read : namedBy(await readMovies(moviesPath), read);
  const links = linksPath === undefined ? undefined : readLinks(decodeText(unpack(await readFile(linksPath))));
  const now = Math.floor(Date.now() / 1000);
  const resolved = await withBindings(remote, async ({ DB, MODELS }) => {
    const movies = await moviesIn(MODELS, needsTitles(file));
    const found = resolveImport(file, movies, userId, now, links, await hiddenIn(MODELS, movies));
    if (!remote) await migrate(DB);
    if (!(await isGivenOut(DB, userId))) throw nobody(userId);
    await requireRoom(DB, ratingsChange(userId, found.ratings, 'import', Date.now()));
    return { ...found, ...(await writeAllRatings(DB, userId, found.ratings, 'import')) };
  });
  const { stored, ratings, ...outcome } = resolved;
  const repeated = ratings.length - latestOfEach(ratings).length;
  answer(
    json,
    { user: userId, ...outcome, ratings: stored + outcome.held, repeated },
    summary(userId, resolved, repeated),
  );
});

/**
 * The movies of the version in service, or of the last good one, saying so. Where none is good: what is damaged is thrown
 * if titles need movies, else D1 can take ids all the same.
 */
async function moviesIn(bucket: Bucket, isNeeded: boolean): Promise<MovieTable | null> {
  const { found, flaws } = await publishedMovies(bucket);
  if (!found && flaws.length > 0 && isNeeded) throw flaws[0].error;
  for (const { error } of flaws) console.error(`damaged: ${error.message}`);
  if (found && flaws.length > 0) console.error(`films are looked up in ${found.version}`);
  return found?.value ?? null;
}

/** Rows of the movies that an operator hides; none where the list is damaged, which `npm run hide` says. */
async function hiddenIn(bucket: Bucket, movies: MovieTable | null): Promise<Set<number>> {
  const { movieIds } = await readHidden(bucket).catch(() => ({ movieIds: [] }));
  return new Set(movies ? movieIds.map((movieId) => movies.rowOf(movieId)) : []);
}

function summary(userId: number, resolved: ResolvedImport & Written, repeated: number): string {
  const { stored, held, older, converted, unrated, notFilms, ambiguous, unmatched } = resolved;
  const filmLine = ({ line, movieId, title, year }: Unresolved) =>
    `  line ${line}: ${title ?? `id ${movieId}`}${year === null ? '' : ` (${year})`}`;
  const candidateLine = ({ movieId, title, year, why }: Unresolved['candidates'][number]) =>
    `    ${movieId}: ${title} (${year}): ${why}`;
  return [
    `${stored + held} ratings of user ${userId} are in D1; the next answer counts them`,
    ...(held > 0 ? [`${held} of them were there before`] : []),
    ...(older > 0 ? [`${older} are older than the rating of the movie in D1, and left out`] : []),
    ...(repeated > 0 ? [`${repeated} are left out: the file rates the movie again, later`] : []),
    ...(converted > 0 ? [`${converted} times were in milliseconds or microseconds, and are seconds now`] : []),
    ...(unrated > 0 ? [`${unrated} lines have no rating`] : []),
    ...(notFilms > 0 ? [`${notFilms} left out: games, series, episodes and podcasts are no films`] : []),
    ...(unmatched.length > 0 ? [`${unmatched.length} films are not in the model:`, ...unmatched.map(filmLine)] : []),
    ...(ambiguous.length > 0
      ? [`${ambiguous.length} films are not surely the ones named below; rate them by hand:`]
      : []),
    ...ambiguous.flatMap((entry) => [filmLine(entry), ...entry.candidates.map(candidateLine)]),
  ].join('\n');
}
