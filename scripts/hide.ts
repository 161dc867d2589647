import { changeHidden } from '../shared/artifact/hidden-movies.ts';
import { MarqueeError } from '../shared/errors.ts';
import type { MovieTable } from '../shared/model/model.ts';
import type { Bucket } from '../shared/storage/bucket.ts';
import { naturalTitle } from '../shared/title.ts';
import { LARGEST_ID } from '../shared/values.ts';
import { publishedMovies } from '../trainer/artifact/publish.ts';
import { withBindings } from './lib/bindings.ts';
import { answer, bounded, collect, command, number, run } from './lib/cli.ts';

interface Flags {
  readonly show: readonly string[];
  readonly anew: boolean;
  readonly remote: boolean;
  readonly json?: boolean;
}

const MORE = `
Hidden films are in no list, no search and no question. Ratings of them stay, and models learn from them.
A server takes the list up within MODEL_TTL seconds.`;

const program = command('hide', 'hides films, and lists the hidden ones; without ids it only lists them')
  .argument('[ids...]', 'movie ids to hide')
  .option('--show <id>', 'a movie id to show again (repeatable, or several apart by commas)', collect, [])
  .option('--anew', 'begin with an empty list, also where the one in R2 cannot be read', false)
  .option('--remote', 'on Cloudflare instead of this machine', false)
  .option('--json', 'print one JSON object')
  .addHelpText('after', MORE);

await run<Flags>(program, async ({ show, anew, remote, json }) => {
  const change = {
    hide: idsIn(program.args, 'the id to hide'),
    show: idsIn(show, '--show'),
    anew,
  };
  const { movieIds, movies } = await withBindings(remote, async ({ MODELS }) => ({
    movieIds: await changeHidden(MODELS, change),
    movies: await moviesIn(MODELS),
  }));
  const hidden = movieIds.map((movieId) => ({ movieId, title: titleOf(movies, movieId) }));
  const lines = hidden.map(({ movieId, title }) => `  ${movieId}: ${title ?? 'not in the model in service'}`);
  answer(json, { hidden }, [`hidden films: ${hidden.length}`, ...lines].join('\n'));
});

function idsIn(texts: readonly string[], what: string): number[] {
  return texts.flatMap((text) => text.split(',')).map((text) => bounded(number(text), what, 0, LARGEST_ID));
}

/** The movies in service, null where there are none that can be read: hiding does not depend on them. */
async function moviesIn(bucket: Bucket): Promise<MovieTable | null> {
  try {
    return await publishedMovies(bucket);
  } catch (error) {
    if (error instanceof MarqueeError && error.code === 'bad-artifact') return null;
    throw error;
  }
}

function titleOf(movies: MovieTable | null, movieId: number): string | null {
  const row = movies?.rowOf(movieId) ?? -1;
  return row < 0 ? null : naturalTitle(movies!.title(row));
}
