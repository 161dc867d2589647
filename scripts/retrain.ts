import { describeUntitled } from '../trainer/data/titled.ts';
import type { LeaseHeld, RetrainReport, RetrainTools } from '../trainer/retrain/contract.ts';
import { DEFAULT_GUARD } from '../trainer/retrain/log/guard.ts';
import { retrain } from '../trainer/retrain/retrain.ts';
import { DEFAULT_MARGINS } from '../trainer/retrain/verdict/verdict.ts';
import { withBindings } from './lib/bindings.ts';
import { answer, atLeastZero, bounded, collect, command, number, run } from './lib/cli.ts';
import { addDiskFlags, type DiskFlags, NightFiles } from './lib/from-disk.ts';
import { HOLDER, isGone } from './lib/lease-holder.ts';
import { migrate } from './lib/migrations.ts';
import { trainingFlags } from './lib/model-flags.ts';
import { addCatalogueFlags, type CatalogueFlags, loadAsked } from './lib/own-catalogue.ts';
import { watched } from './lib/ping.ts';
import { trainingProgress } from './lib/progress.ts';
import { endOnStop, STOPPED, stopSignal } from './lib/stop-signal.ts';
import { addEngineFlags, type EngineFlags, EXTRA_HELP, withEngine, withExtra } from './lib/training-flags.ts';
import { sayWhenServed } from './lib/when-served.ts';

interface Flags extends EngineFlags, CatalogueFlags, DiskFlags {
  readonly data?: string;
  readonly extra: readonly string[];
  readonly remote: boolean;
  readonly cold: boolean;
  readonly force: boolean;
  readonly keep: number;
  readonly maxRmseIncrease: number;
  readonly maxNdcgDrop: number;
  readonly guard: boolean;
  readonly leaseMinutes: number;
  readonly takeOver: boolean;
  readonly keptIsFine: boolean;
  readonly json?: boolean;
}

const { maxRmseIncrease, maxNdcgDrop } = DEFAULT_MARGINS;
const EXIT_CODES = { published: 0, kept: 3, 'lease-held': 4 } as const;

const program = addDiskFlags(
  addCatalogueFlags(
    addEngineFlags(
      command('retrain', 'joins the ratings of D1, trains, and publishes the new model unless it is worse'),
    ),
  ),
)
  .option('--data <set>', 'the data set to join the ratings with; default that of the model in service')
  .option('--extra <file>', EXTRA_HELP, collect, [])
  .option('--remote', 'on Cloudflare instead of this machine', false)
  .option('--cold', 'do not start from the model in service', false)
  .option('--force', 'train and publish even a model that is worse or jumps', false)
  .option('--keep <number>', 'versions to keep in R2', number, 5)
  .option('--max-rmse-increase <stars>', 'how much worse RMSE may be', number, maxRmseIncrease)
  .option('--max-ndcg-drop <share>', 'how much worse NDCG@10 may be', number, maxNdcgDrop)
  .option('--no-guard', 'learn from all ratings, even from those that look like a flood')
  .option('--lease-minutes <number>', 'minutes that a step may take before another run may take over', number, 120)
  .option('--take-over', 'take the lease of another run that is known to have ended', false)
  .option('--kept-is-fine', 'exit code 0, too, when the old version was kept', false)
  .option('--json', 'print one JSON object')
  .addHelpText(
    'after',
    '\nExit codes: 0 published, 3 kept the old version, 4 another run holds the lease, 1 failed, 143 stopped (SIGTERM).\n' +
      'RETRAIN_PING_URL: an address that is asked for (GET) when it ends, with /fail behind it when it failed.',
  );

/** Set once there is something to end in order. */
let stop: AbortSignal | undefined;

endOnStop();
await run<Flags>(program, async (flags) => {
  const result = await watched(
    process.env.RETRAIN_PING_URL,
    () => retrainWith(flags),
    ({ decision }) => decision !== 'lease-held', // the other run tells
  );
  answer(flags.json, result, summary(result));
  if (result.decision === 'published') await sayWhenServed(flags.remote);
  const isFine = result.decision === 'kept' && flags.keptIsFine;
  process.exitCode = isFine ? 0 : EXIT_CODES[result.decision];
});
// A training that was stopped goes on in this process, for nothing.
if (stop?.aborted) process.exit(STOPPED);

async function retrainWith(flags: Flags): Promise<RetrainReport | LeaseHeld> {
  const settings = {
    data: flags.data,
    given: trainingFlags({ ...flags }),
    cold: flags.cold,
    force: flags.force,
    keep: bounded(flags.keep, '--keep', 1, 1000),
    margins: {
      maxRmseIncrease: atLeastZero(flags.maxRmseIncrease, '--max-rmse-increase'),
      maxNdcgDrop: atLeastZero(flags.maxNdcgDrop, '--max-ndcg-drop'),
    },
    guard: flags.guard ? DEFAULT_GUARD : null,
    lease: {
      holder: HOLDER,
      milliseconds: bounded(flags.leaseMinutes, '--lease-minutes', 1, 10_000) * 60_000,
      now: Date.now,
      isGone: (holder: string) => flags.takeOver || (!flags.remote && isGone(holder)),
    },
  };
  const ratings = new NightFiles(flags);
  const night = withBindings(flags.remote, async ({ MODELS, DB }) => {
    stop = stopSignal();
    if (!flags.remote) await migrate(DB);
    const tools: RetrainTools = {
      bucket: MODELS,
      db: DB,
      loadDataset: async (name, numbered) => withExtra(await loadAsked(name, flags, numbered), flags.extra),
      spillDataset: (name, options) => ratings.spill(name, options),
      withEngine: (work) => withEngine({ ...flags, engine: ratings.engine }, work),
      onStep: (step) => console.error(`retrain          ${step}`),
      onTrouble: (text) => console.error(text),
      onTraining: trainingProgress(),
      stop,
    };
    return retrain(tools, settings);
  });
  return night.finally(() => ratings.close());
}

function summary(result: RetrainReport | LeaseHeld): string {
  if (result.decision === 'lease-held') {
    const { holder, startedAt, expiresAt } = result.heldBy;
    return (
      `${holder} is retraining since ${startedAt}; its lease ends at ${expiresAt}\n` +
      'If it is dead: npm run retrain -- --take-over'
    );
  }
  const {
    decision,
    reason,
    version,
    champion,
    data,
    forgotten,
    untitled,
    leftOut,
    badRows,
    comparison,
    deleted,
    seconds,
  } = result;
  return [
    decision === 'published'
      ? `${version} is in service: ${reason}${champion ? `; npm run rollback returns to ${champion}` : ''}`
      : `${version} stays in service: ${reason}`,
    `${data.ratings} ratings: ${data.base} of ${data.name}, joined with ${data.log} rows of the log`,
    ...(forgotten > 0 ? [`deleted people who have left the model: ${forgotten}`] : []),
    ...(badRows.count > 0 ? [`left out: ${badRows.count} rows of the log that are no ratings`] : []),
    ...(untitled.ratings > 0 ? [describeUntitled(untitled)] : []),
    ...(leftOut.flatRatings > 0
      ? [`left out: ${leftOut.flatRatings} ratings of ${leftOut.flatPeople} people who gave only one value`]
      : []),
    ...(leftOut.pushedRatings > 0
      ? [`left out: ${leftOut.pushedRatings} ratings beyond the daily allowance of ${leftOut.pushedMovies} movies`]
      : []),
    ...(comparison ? [`ratings that ${champion} was not trained on: ${comparison.unseen}`] : []),
    ...(comparison?.newest ? [`newest ratings   ${figures(comparison.newest)}`] : []),
    ...(comparison ? [`hold-out         ${figures(comparison.holdOut)}`] : []),
    ...(deleted.length > 0 ? [`deleted: ${deleted.join(', ')}`] : []),
    `${seconds.total.toFixed(1)} s`,
  ].join('\n');
}

function figures({ ratings, champion, challenger }: NonNullable<RetrainReport['comparison']>['holdOut']): string {
  const both = (name: 'rmse' | 'ndcg@10') => `${champion[name].toFixed(4)} → ${challenger[name].toFixed(4)}`;
  return `RMSE ${both('rmse')}, NDCG@10 ${both('ndcg@10')} on ${ratings}`;
}
