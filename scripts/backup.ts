import { resolve } from 'node:path';
import { backUp } from './lib/backup/backup.ts';
import { summaryOf } from './lib/backup/summary.ts';
import { withBindings } from './lib/bindings.ts';
import { answer, command, run } from './lib/cli.ts';
import { leaseSettings } from './lib/lease-holder.ts';
import { migrate } from './lib/migrations.ts';

interface Flags {
  readonly to: string;
  readonly remote: boolean;
  readonly onlyInService: boolean;
  readonly takeOver: boolean;
  readonly json?: boolean;
}

const program = command('backup', 'copies D1 and R2 into a new folder, which npm run restore brings back')
  .requiredOption('--to <folder>', 'a folder that is not there yet')
  .option('--remote', 'of Cloudflare instead of this machine', false)
  .option('--only-in-service', 'of all versions of the model only the one in service', false)
  .option('--take-over', 'take the lease of another run that is known to have ended', false)
  .option('--json', 'print one JSON object')
  .addHelpText('after', '\nIt holds what people rated, by number, and no secrets. Keep it as you keep the database.');

await run<Flags>(program, async ({ to, remote, onlyInService, takeOver, json }) => {
  const settings = { folder: resolve(to), onlyInService, lease: leaseSettings({ remote, takeOver }) };
  const manifest = await withBindings(remote, async (bindings) => {
    if (!remote) await migrate(bindings.DB);
    return backUp(bindings, settings);
  });
  answer(json, manifest, `${to} holds ${summaryOf(manifest)}`);
});
