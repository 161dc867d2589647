import { readFile, writeFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { readHidden } from '../shared/artifact/hidden-movies.ts';
import { decodeText } from '../shared/exchange/decode-text.ts';
import { linksOf, readLinks } from '../shared/exchange/links.ts';
import { namedBy } from '../shared/exchange/other-catalogue.ts';
import { readImportFile } from '../shared/exchange/read-file.ts';
import { needsTitles, type ResolvedImport, resolveImport, type Unresolved } from '../shared/exchange/resolve.ts';
import { unpack } from '../shared/exchange/unpack.ts';
import type { MovieTable } from '../shared/model/model.ts';
import { requireRoom, requireRoomForMarks } from '../shared/ratings/limits.ts';
import { writeMarks } from '../shared/ratings/mark-store.ts';
import { isGivenOut, nobody } from '../shared/ratings/people.ts';
import { latestOfEach, type Written, writeAllRatings } from '../shared/ratings/rating-store.ts';
import { marksChange, ratingsChange } from '../shared/ratings/user-change.ts';
import type { Bucket } from '../shared/storage/bucket.ts';
import { publishedMovies } from '../trainer/artifact/publish.ts';
import { readMovies } from '../trainer/data/movielens/movies.ts';
import { withBindings } from './lib/bindings.ts';
import { answer, bounded, command, number, run } from './lib/cli.ts';
import { migrate } from './lib/migrations.ts';
import { requireOut, writeOut } from './lib/out-file.ts';

/** Marks that are written at once. */
const PART = 1000;
/** Films of each kind that are printed; `--report` writes all. */
const LISTED = 20;

interface Flags {
  readonly user: number;
  readonly remote: boolean;
  readonly links?: string;
  readonly movies?: string;
  readonly report?: string;
  readonly json?: boolean;
}

const program = command('import', "writes a file's ratings into D1 as one user's")
  .argument(
    '<file>',
    'a Letterboxd export (the ZIP or a file of it), IMDb’s export, or ratings in a MovieLens layout; gzipped or not',
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
  .option('--report <file>', 'writes all films that were not found, or not surely, to this file as JSON')
  .option('--remote', 'on Cloudflare instead of this machine', false)
  .option('--json', 'print one JSON object');

await run<Flags>(program, async ({ user, remote, links: linksPath, movies: moviesPath, report, json }, path) => {
  if (report !== undefined) await requireOut(report, [path, linksPath, moviesPath]);
  const userId = bounded(user, '--user', 0, 2 ** 31 - 1);
  const read = readImportFile(await readFile(path), undefined, basename(path));
  const file = moviesPath === undefined ? read : namedBy(await readMovies(moviesPath), read);
  const links = linksPath === undefined ? undefined : readLinks(decodeText(unpack(await readFile(linksPath))));
  const now = Math.floor(Date.now() / 1000);
  const resolved = await withBindings(remote, async ({ DB, MODELS }) => {
    const movies = await moviesIn(MODELS, needsTitles(file));
    const found = resolveImport(
      file,
      movies,
      userId,
      now,
      links ?? (movies ? linksOf(movies) : undefined),
      await hiddenIn(MODELS, movies),
    );
    if (!remote) await migrate(DB);
    if (!(await isGivenOut(DB, userId))) throw nobody(userId);
    const at = Date.now();
    await requireRoom(DB, ratingsChange(userId, found.ratings, 'import', at));
    await requireRoomForMarks(DB, marksChange(userId, found.marks, 'import', at));
    const written = await writeAllRatings(DB, userId, found.ratings, 'import', at);
    for (let from = 0; from < found.marks.length; from += PART) {
      await writeMarks(DB, found.marks.slice(from, from + PART), { user: userId, source: 'import', acceptedAt: at });
    }
    return { ...found, ...written };
  });
  const { stored, ratings, marks, ambiguous, unmatched, ...outcome } = resolved;
  if (report !== undefined) {
    const text = `${JSON.stringify({ ambiguous, unmatched }, null, 2)}\n`;
    await writeOut(report, (partial) => writeFile(partial, text));
  }
  const repeated = ratings.length - latestOfEach(ratings).length;
  const lists = { ambiguous: ambiguous.slice(0, LISTED), unmatched: unmatched.slice(0, LISTED) };
  const more = {
    ambiguous: ambiguous.length - lists.ambiguous.length,
    unmatched: unmatched.length - lists.unmatched.length,
  };
  answer(
    json,
    { user: userId, ...outcome, ratings: stored + outcome.held, repeated, marks: marks.length, ...lists, more },
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
  const { stored, held, older, converted, marks, unrated, notFilms, ambiguous, unmatched } = resolved;
  const counted: readonly [count: number, sentence: string][] = [
    [held, 'of them were there before'],
    [older, 'are older than the rating of the movie in D1, and left out'],
    [repeated, 'are left out: the file rates the movie again, later'],
    [converted, 'times were in milliseconds or microseconds, and are seconds now'],
    [marks.length, 'films without stars are marked as seen, or as wanted where they are of a watchlist'],
    [unrated, 'lines have no rating'],
    [notFilms, 'left out: games, series, episodes and podcasts are no films'],
  ];
  return [
    `${stored + held} ratings of user ${userId} are in D1; the next answer counts them`,
    ...counted.filter(([count]) => count > 0).map(([count, sentence]) => `${count} ${sentence}`),
    ...listed(unmatched, 'films are not in the model:'),
    ...listed(ambiguous, 'films are not surely the ones named below; rate them by hand:'),
  ].join('\n');
}

/** The first of these films with what they could be, and how many more there are. */
function listed(films: readonly Unresolved[], sentence: string): string[] {
  if (films.length === 0) return [];
  const more = films.length - LISTED;
  return [
    `${films.length} ${sentence}`,
    ...films.slice(0, LISTED).flatMap((film) => [filmLine(film), ...film.candidates.map(candidateLine)]),
    ...(more > 0 ? [`  and ${more} more; --report FILE writes all of them to a file`] : []),
  ];
}

function filmLine({ file, line, movieId, title, year }: Unresolved): string {
  const where = file === undefined ? `line ${line}` : `${file}, line ${line}`;
  return `  ${where}: ${title ?? `id ${movieId}`}${year === null ? '' : ` (${year})`}`;
}

function candidateLine({ movieId, title, year, why }: Unresolved['candidates'][number]): string {
  return `    ${movieId}: ${title} (${year}): ${why}`;
}
