import { type Resharded, reshard } from '../shared/ratings/reshard.ts';
import { everyShard } from '../shared/ratings/shards.ts';
import { MOST_SHARDS } from '../shared/ratings/tables/shard-map.ts';
import { soundStore } from '../trainer/retrain/heal/identity.ts';
import type { Lease } from '../trainer/retrain/lease.ts';
import { withLease } from './lib/backup/backup.ts';
import { type Bindings, withBindings } from './lib/bindings.ts';
import { answer, bounded, command, number, run } from './lib/cli.ts';
import { leaseSettings } from './lib/lease-holder.ts';
import { migrate } from './lib/migrations.ts';

interface Flags {
  readonly to: number;
  readonly remote: boolean;
  readonly takeOver: boolean;
  readonly json?: boolean;
}

/** Milliseconds between two renewals of the lease, which lasts an hour. */
const RENEW = 60_000;

const HELP = `
The databases are those of wrangler.toml: DB, DB_1, DB_2 and so on. Add them there, run npm run deploy (on this machine:
start the server anew), then this. People move some at a time while the service runs; what is written for those who are
just moving waits on the queue. A reshard that broke off goes on when it is run again. No retrain or backup runs meanwhile.
To use fewer databases, reshard first, then take them out of wrangler.toml.`;

const program = command('reshard', 'spreads people over so many databases, while the service runs')
  .requiredOption('--to <number>', 'databases that are to hold people', number)
  .option('--remote', 'on Cloudflare instead of this machine', false)
  .option('--take-over', 'take the lease of another run that is known to have ended', false)
  .option('--json', 'print one JSON object')
  .addHelpText('after', HELP);

await run<Flags>(program, async ({ to, remote, takeOver, json }) => {
  bounded(to, '--to', 1, MOST_SHARDS);
  const settings = leaseSettings({ remote, takeOver });
  const result = await withBindings(remote, async (bindings) => {
    if (!remote) await migrate(bindings.DB);
    return withLease(bindings, settings, (lease) => move(bindings, to, lease));
  });
  answer(json, result, summary(result));
});

/** Moves people between databases of which none was restored to an earlier time, else some could be lost. */
async function move({ MODELS, DB }: Bindings, to: number, lease: Lease): Promise<Resharded> {
  const all = everyShard(DB);
  for (const [shard, db] of all.entries()) await soundStore(MODELS, db, shard);
  let renewed = Date.now();
  const onStep = async (below: number) => {
    if (Date.now() - renewed < RENEW) return;
    renewed = Date.now();
    console.error(`reshard          people below ${below} are where they belong`);
    await lease.renew();
  };
  return reshard(all, { to, onStep });
}

function summary({ steps, slots }: Resharded): string {
  const shares = slots.map((count, shard) => `${shard === 0 ? 'DB' : `DB_${shard}`} ${count}`).join(', ');
  const done = steps === 0 ? 'nobody had to move' : `people moved in ${steps} steps`;
  return `${done}; of ${slots.reduce((a, b) => a + b)} slots: ${shares}`;
}
