import { resolve } from 'node:path';
import { restore } from './lib/backup/restore.ts';
import { summaryOf } from './lib/backup/summary.ts';
import { withBindings } from './lib/bindings.ts';
import { answer, command, run } from './lib/cli.ts';
import { leaseSettings } from './lib/lease-holder.ts';
import { refuseSecondServer } from './lib/one-server.ts';
import { STATE } from './lib/state.ts';
import { sayWhenServed } from './lib/when-served.ts';

interface Flags {
  readonly from: string;
  readonly remote: boolean;
  readonly replace: boolean;
  readonly takeOver: boolean;
  readonly json?: boolean;
}

const MORE = `
Every file is checked before anything is changed. Whoever was deleted since the backup is deleted again, and the next visitor's
number is 100,000 higher, so that nobody gets a number that was given out since.`;

const program = command('restore', 'brings D1 and R2 to the state of a backup')
  .requiredOption('--from <folder>', 'what npm run backup wrote')
  .option('--remote', 'on Cloudflare instead of this machine', false)
  .option('--replace', 'replace all that is there', false)
  .option('--take-over', 'take the lease of another run that is known to have ended', false)
  .option('--json', 'print one JSON object')
  .addHelpText('after', MORE);

await run<Flags>(program, async ({ from, remote, replace, takeOver, json }) => {
  if (!remote) await refuseSecondServer(STATE);
  const settings = { folder: resolve(from), replace, lease: leaseSettings({ remote, takeOver }) };
  const { manifest, deletedAgain } = await withBindings(remote, (bindings) => restore(bindings, settings));
  const again = deletedAgain > 0 ? `; people deleted since the backup, now deleted again: ${deletedAgain}` : '';
  answer(json, { manifest, deletedAgain }, `restored ${summaryOf(manifest)}${again}`);
  await sayWhenServed(remote);
});
