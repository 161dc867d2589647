import { readFile } from 'node:fs/promises';
import { gunzipSync } from 'node:zlib';
import { readImport } from '../shared/exchange/read-file.ts';
import { needsTitles, type ResolvedImport, resolveImport, type Unresolved } from '../shared/exchange/resolve.ts';
import { isGivenOut, nobody } from '../shared/ratings/people.ts';
import { latestOfEach, type Written, writeAllRatings } from '../shared/ratings/rating-store.ts';
import { publishedMovies } from '../trainer/artifact/publish.ts';
import { withBindings } from './lib/bindings.ts';
import { answer, bounded, command, number, run } from './lib/cli.ts';
import { migrate } from './lib/migrations.ts';

interface Flags {
  readonly user: number;
  readonly remote: boolean;
  readonly json?: boolean;
}

const program = command('import', "writes a file's ratings into D1 as one user's")
  .argument(
    '<file>',
    'ratings.csv of a Letterboxd export, IMDb’s export, or ratings in a MovieLens layout; gzipped or not',
  )
  .requiredOption(
    '--user <id>',
    'the user who gets them; from a file with several users only this one is imported',
    number,
  )
  .option('--remote', 'on Cloudflare instead of this machine', false)
  .option('--json', 'print one JSON object');

await run<Flags>(program, async ({ user, remote, json }, path) => {
  const userId = bounded(user, '--user', 0, 2 ** 31 - 1);
  const bytes = await readFile(path);
  const file = readImport((path.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8'));
  const now = Math.floor(Date.now() / 1000);
  // Errors of the file itself come before anything is opened.
  const early = needsTitles(file) ? null : resolveImport(file, null, userId, now);
  const resolved = await withBindings(remote, async ({ DB, MODELS }) => {
    const found = early ?? resolveImport(file, await publishedMovies(MODELS), userId, now);
    if (!remote) await migrate(DB);
    if (!(await isGivenOut(DB, userId))) throw nobody(userId);
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

function summary(userId: number, resolved: ResolvedImport & Written, repeated: number): string {
  const { stored, held, older, converted, unrated, ambiguous, unmatched } = resolved;
  const filmLine = ({ line, title, year }: Unresolved) =>
    `  line ${line}: ${title}${year === null ? '' : ` (${year})`}`;
  const candidateLine = ({ movieId, title, year }: Unresolved['candidates'][number]) =>
    `    ${movieId}: ${title} (${year})`;
  return [
    `${stored + held} ratings of user ${userId} are in D1; the next answer counts them`,
    ...(held > 0 ? [`${held} of them were there before`] : []),
    ...(older > 0 ? [`${older} are older than the rating of the movie in D1, and left out`] : []),
    ...(repeated > 0 ? [`${repeated} are left out: the file rates the movie again, later`] : []),
    ...(converted > 0 ? [`${converted} times were in milliseconds or microseconds, and are seconds now`] : []),
    ...(unrated > 0 ? [`${unrated} lines have no rating`] : []),
    ...(unmatched.length > 0 ? [`${unmatched.length} films are not in the model:`, ...unmatched.map(filmLine)] : []),
    ...(ambiguous.length > 0 ? [`${ambiguous.length} titles fit several films; rate them by hand:`] : []),
    ...ambiguous.flatMap((entry) => [filmLine(entry), ...entry.candidates.map(candidateLine)]),
  ].join('\n');
}
