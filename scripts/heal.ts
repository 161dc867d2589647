import type { LeaseHeld } from '../trainer/retrain/contract.ts';
import { type HealReport, heal } from '../trainer/retrain/heal/heal.ts';
import { withBindings } from './lib/bindings.ts';
import { answer, command, run } from './lib/cli.ts';
import { leaseSettings } from './lib/lease-holder.ts';
import { migrate } from './lib/migrations.ts';

interface Flags {
  readonly remote: boolean;
  readonly dryRun: boolean;
  readonly takeOver: boolean;
  readonly json?: boolean;
}

const HELP = `
A restore of D1 (time travel, or a backup copied back) takes D1 to a time before what R2 has of its rating log. A heal
  - gives the ratings that people gave since the restore new numbers in the log, so that the next retrain reads them;
  - puts the ratings that only R2 has back into D1, except where D1 has a newer one;
  - deletes again whoever was deleted before the restore, and keeps the ids of people whom D1 lost from being given out;
  - gives people whose id was given to somebody else since a new id.
A second heal finds nothing to do. A heal that broke off goes on when it is run again.

Exit codes: 0 done or nothing to do, 4 a retrain or another heal is running, 1 failed.`;

const program = command(
  'heal',
  'mends D1 after it was restored to an earlier time; nothing that D1 or R2 holds is lost',
)
  .option('--remote', 'on Cloudflare instead of this machine', false)
  .option('--dry-run', 'say what would be done, and change nothing', false)
  .option('--take-over', 'take the lease of another run that is known to have ended', false)
  .option('--json', 'print one JSON object')
  .addHelpText('after', HELP);

await run<Flags>(program, async ({ remote, dryRun, takeOver, json }) => {
  const lease = leaseSettings({ remote, takeOver });
  const result = await withBindings(remote, async ({ MODELS, DB }) => {
    if (!remote) await migrate(DB);
    return heal(MODELS, DB, dryRun, lease);
  });
  answer(json, result, summary(result));
  if (result.decision === 'lease-held') process.exitCode = 4;
});

function summary(result: HealReport | LeaseHeld): string {
  if (result.decision === 'lease-held') {
    const { holder, startedAt, expiresAt } = result.heldBy;
    return (
      `${holder} retrains or heals since ${startedAt}; its lease ends at ${expiresAt}\n` +
      'If it is dead: npm run heal -- --take-over'
    );
  }
  const { decision, epoch, agreedUpTo, watermark, strays = 0 } = result;
  if (decision === 'sound') return `nothing to heal: D1 goes on where R2's rating log ends, at ${watermark}`;
  if (decision === 'joined')
    return `people are where they belong again, ${strays} of whom had left a restored database`;
  const lines = [
    [result.newRows, 'rows of the log that came since, for the next retrain'],
    [result.lostRatings, 'ratings that only R2 had, back in D1'],
    [result.lostPeople, 'people whose ids D1 had lost'],
    [result.deletedAgain, 'people deleted again'],
    [strays, 'people who had left for another database: what both have of them is joined there'],
    [result.renamed, 'people under new ids, since somebody else has theirs'],
  ] as const;
  return [
    `D1 or R2 was restored: D1 agrees with R2's rating log up to ${agreedUpTo} of ${watermark}`,
    ...lines.filter(([count]) => count > 0).map(([count, what]) => `${String(count).padStart(8)} ${what}`),
    decision === 'dry-run' ? 'nothing was changed: npm run heal does it' : `healed: epoch ${epoch} begins`,
  ].join('\n');
}
