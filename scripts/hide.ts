import { hideMovies } from '../shared/artifact/hide-movies.ts';
import { withBindings } from './lib/bindings.ts';
import { answer, command, run } from './lib/cli.ts';
import { filmLines, ids, inRange, namedFilms } from './lib/film-ids.ts';
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
  const hidden = await withBindings(remote, async ({ MODELS }) => namedFilms(MODELS, await hideMovies(MODELS, change)));
  answer(json, { hidden }, filmLines('hidden films', hidden));
  if (change.hide.length + show.length > 0 || anew) await sayWhenServed(remote);
});
