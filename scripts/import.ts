import { MarqueeError } from '../shared/errors.ts';
import { writeRatings } from '../shared/rating-store.ts';
import { loadRatings } from '../trainer/datasets/index.ts';
import { ratingsOfUser } from '../trainer/import.ts';
import { withBindings } from './bindings.ts';
import { bounded, command, number, run } from './cli.ts';
import { migrate } from './migrations.ts';

const program = command('import', "writes a file's ratings into D1 as one user's")
  .argument('<file>', 'ratings in a MovieLens layout')
  .requiredOption('--user <id>', 'the user who gets them; of a file with several users, only this one is taken', number)
  .option('--remote', 'on Cloudflare instead of this machine', false);

await run<{ user: number; remote: boolean }>(program, async ({ user, remote }, file) => {
  const userId = bounded(user, '--user', 0, 2 ** 31 - 1);
  const ratings = ratingsOfUser(await loadRatings(file), userId, Math.floor(Date.now() / 1000));
  if (ratings.length === 0) {
    throw new MarqueeError('unknown-user', `${file} holds several users, and none is ${userId}`, {
      fix: 'Name one of its users, or cut the file down to one.',
    });
  }
  await withBindings(remote, async ({ DB }) => {
    if (!remote) await migrate(DB);
    await writeRatings(DB, userId, ratings);
  });
  console.log(`${ratings.length} ratings of user ${userId} are in D1; the next answer counts them`);
});
