import { readFile } from 'node:fs/promises';
import { gunzipSync } from 'node:zlib';
import { readImport } from '../shared/exchange/read-file.ts';
import { needsTitles, type ResolvedImport, resolveImport, type Unresolved } from '../shared/exchange/resolve.ts';
import type { MovieTable } from '../shared/model/model.ts';
import { writeAllRatings } from '../shared/ratings/rating-store.ts';
import type { Bucket } from '../shared/storage/bucket.ts';
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
    const found = early ?? resolveImport(file, await moviesIn(MODELS), userId, now);
    if (!remote) await migrate(DB);
    await writeAllRatings(DB, userId, found.ratings, 'import');
    return found;
  });
  answer(json, { user: userId, ...resolved, ratings: resolved.ratings.length }, summary(userId, resolved));
});

/** The movies of the version in service, or of the last good one, saying so. Throws what is damaged where none is good. */
async function moviesIn(bucket: Bucket): Promise<MovieTable | null> {
  const { found, flaws } = await publishedMovies(bucket);
  if (!found && flaws.length > 0) throw flaws[0].error;
  for (const { error } of flaws) console.error(`damaged: ${error.message}`);
  if (found && flaws.length > 0) console.error(`films are looked up in ${found.version}`);
  return found?.value ?? null;
}

function summary(userId: number, { ratings, unrated, ambiguous, unmatched }: ResolvedImport): string {
  const filmLine = ({ line, title, year }: Unresolved) =>
    `  line ${line}: ${title}${year === null ? '' : ` (${year})`}`;
  const candidateLine = ({ movieId, title, year }: Unresolved['candidates'][number]) =>
    `    ${movieId}: ${title} (${year})`;
  return [
    `${ratings.length} ratings of user ${userId} are in D1; the next answer counts them`,
    ...(unrated > 0 ? [`${unrated} lines have no rating`] : []),
    ...(unmatched.length > 0 ? [`${unmatched.length} films are not in the model:`, ...unmatched.map(filmLine)] : []),
    ...(ambiguous.length > 0 ? [`${ambiguous.length} titles fit several films; rate them by hand:`] : []),
    ...ambiguous.flatMap((entry) => [filmLine(entry), ...entry.candidates.map(candidateLine)]),
  ].join('\n');
}
