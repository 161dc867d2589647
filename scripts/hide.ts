import { hideMovies } from '../shared/artifact/hide-movies.ts';
import type { MovieTable } from '../shared/model/model.ts';
import type { Bucket } from '../shared/storage/bucket.ts';
import { naturalTitle } from '../shared/title.ts';
import { LARGEST_ID } from '../shared/values.ts';
import { publishedMovies } from '../trainer/artifact/publish.ts';
import { withBindings } from './lib/bindings.ts';
import { answer, bounded, command, number, run } from './lib/cli.ts';
import { sayWhenServed } from './lib/when-served.ts';

interface Flags {
  readonly show?: readonly number[];
  readonly anew: boolean;
  readonly remote: boolean;
  readonly json?: boolean;
}

const MORE = `
Hidden films are in no list, no search and no question. Ratings of them stay, and models learn from them.
What reads an artifact folder, such as npm run recommend and report, does not know the list: see --exclude-id there.
Every request sees the list MODEL_TTL seconds later at the latest.`;

const program = command('hide', 'hides films, and lists the hidden ones; without ids it only lists them')
  .argument('[ids...]', 'movie ids to hide', ids)
  .option('--show <ids>', 'movie ids to show again, apart by commas (repeatable)', ids)
  .option('--anew', 'begin with an empty list, also where the one in R2 cannot be read', false)
  .option('--remote', 'on Cloudflare instead of this machine', false)
  .option('--json', 'print one JSON object')
  .addHelpText('after', MORE);

await run<Flags>(program, async ({ show = [], anew, remote, json }) => {
  const change = {
    hide: inRange(program.processedArgs[0] ?? [], 'the id to hide'),
    show: inRange(show, '--show'),
    anew,
  };
  const { movieIds, movies } = await withBindings(remote, async ({ MODELS }) => ({
    movieIds: await hideMovies(MODELS, change),
    movies: await moviesIn(MODELS),
  }));
  const hidden = movieIds.map((movieId) => ({ movieId, title: titleOf(movies, movieId) }));
  const lines = hidden.map(({ movieId, title }) => `  ${movieId}: ${title ?? 'not in the model in service'}`);
  answer(json, { hidden }, [`hidden films: ${hidden.length}`, ...lines].join('\n'));
  if (change.hide.length + show.length > 0 || anew) await sayWhenServed(remote);
});

/** Reads one argument, "1,2,3", behind those before it. */
function ids(text: string, before: readonly number[] = []): readonly number[] {
  return [...before, ...text.split(',').map(number)];
}

function inRange(movieIds: readonly number[], what: string): number[] {
  return movieIds.map((movieId) => bounded(movieId, what, 0, LARGEST_ID));
}

/** The movies in service, null where there are none that can be read: hiding does not depend on them. */
async function moviesIn(bucket: Bucket): Promise<MovieTable | null> {
  return (await publishedMovies(bucket)).found?.value ?? null;
}

function titleOf(movies: MovieTable | null, movieId: number): string | null {
  const row = movies?.rowOf(movieId) ?? -1;
  return row < 0 ? null : naturalTitle(movies!.title(row));
}
