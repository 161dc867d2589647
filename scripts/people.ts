import { type Introduced, introduceSubjects } from '../shared/ratings/tables/subject.ts';
import { peopleIn } from '../trainer/data/own/import.ts';
import { withBindings } from './lib/bindings.ts';
import { answer, command, run } from './lib/cli.ts';
import { migrate } from './lib/migrations.ts';

interface Flags {
  readonly from: string;
  readonly remote: boolean;
  readonly json?: boolean;
}

/** People told to D1 at once: their ids of up to 255 characters are far below the 2 MB that a value may have. */
const AT_ONCE = 2000;

const HELP = `
Tokens (JWT) of your application whose sub is a person's id in your events are then that person, with what the model
knows of them, and not somebody new. Whoever came by such a token before is somebody already and stays so.
Run it again when the events grew.`;

const program = command('people', 'lets the users of your application be the people of your own events')
  .requiredOption('--from <folder>', 'the data set that npm run catalogue made')
  .option('--remote', 'on Cloudflare instead of this machine', false)
  .option('--json', 'print one JSON object')
  .addHelpText('after', HELP);

await run<Flags>(program, async ({ from, remote, json }) => {
  const people = await peopleIn(from);
  const total = await withBindings(remote, async ({ DB }) => {
    if (!remote) await migrate(DB);
    let sum: Introduced = { introduced: 0, known: 0, left: 0 };
    for (let at = 0; at < people.length; at += AT_ONCE) {
      const some = await introduceSubjects(DB, people.slice(at, at + AT_ONCE));
      sum = {
        introduced: sum.introduced + some.introduced,
        known: sum.known + some.known,
        left: sum.left + some.left,
      };
    }
    return sum;
  });
  const text = `${total.introduced} people introduced, ${total.known} were so already, ${total.left} left as they were`;
  answer(json, { ...total }, text);
});
