import { MOST_PINNED, pinMovies, pinnedMovies } from '../shared/artifact/pinned-movies.ts';
import { withBindings } from './lib/bindings.ts';
import { answer, command, run } from './lib/cli.ts';
import { filmLines, ids, inRange, namedFilms } from './lib/film-ids.ts';
import { sayWhenServed } from './lib/when-served.ts';

interface Flags {
  readonly unpin?: readonly number[];
  readonly remote: boolean;
  readonly json?: boolean;
}

const MORE = `
A pinned film stands first in the list of everybody who has not rated or marked it and whose filters admit it, marked as
pinned. ${MOST_PINNED} are the most. What is logged of lists leaves pinned films out, since no model chose them.
Every request sees the change MODEL_TTL seconds later at the latest.`;

const program = command('pin', 'puts films first in lists, and lists those; without ids it only lists them')
  .argument('[ids...]', 'movie ids to pin, in the order in which they stand', ids)
  .option('--unpin <ids>', 'movie ids to take down, apart by commas (repeatable)', ids)
  .option('--remote', 'on Cloudflare instead of this machine', false)
  .option('--json', 'print one JSON object')
  .addHelpText('after', MORE);

await run<Flags>(program, async ({ unpin = [], remote, json }) => {
  const change = {
    pin: inRange(program.processedArgs[0] ?? [], 'the id to pin'),
    unpin: inRange(unpin, '--unpin'),
  };
  const changes = change.pin.length + change.unpin.length > 0;
  const pinned = await withBindings(remote, async ({ MODELS }) =>
    namedFilms(MODELS, await (changes ? pinMovies(MODELS, change) : pinnedMovies(MODELS))),
  );
  answer(json, { pinned }, filmLines('pinned films', pinned));
  if (changes) await sayWhenServed(remote);
});
