import { replayLetters } from '../shared/ratings/dead-letters.ts';
import { withBindings } from './lib/bindings.ts';
import { answer, command, run } from './lib/cli.ts';
import { migrate } from './lib/migrations.ts';

interface Flags {
  readonly remote: boolean;
  readonly json?: boolean;
}

const program = command('replay', 'writes the dead letters of the queue into D1')
  .option('--remote', 'on Cloudflare instead of this machine', false)
  .option('--json', 'print one JSON object');

await run<Flags>(program, async ({ remote, json }) => {
  const result = await withBindings(remote, async ({ MODELS, DB }) => {
    if (!remote) await migrate(DB);
    return replayLetters(MODELS, DB);
  });
  const { written, unreadable, setAside = [] } = result;
  const lines = [
    `${written} dead letters are in D1 now`,
    ...unreadable.map((key) => `no message of Marquee: ${key}`),
    ...setAside.map((key) => `rows that are no ratings, with the reason of each: ${key}`),
  ];
  answer(json, result, lines.join('\n'));
});
