import type { Experiment } from '../shared/artifact/experiment.ts';
import { MarqueeError } from '../shared/errors.ts';
import { refuseRollback, titlesOfVersion } from '../trainer/artifact/catalogue.ts';
import { currentExperiment, promoteArm, startExperiment, stopExperiment } from '../trainer/artifact/experiment.ts';
import { compareArms } from '../trainer/outcomes/guard.ts';
import { readOutcomes } from '../trainer/outcomes/read.ts';
import { METRICS, type Metric } from '../trainer/outcomes/tally.ts';
import { armIn } from './lib/arm-flag.ts';
import { type Bindings, withBindings } from './lib/bindings.ts';
import { answer, between, collect, command, number, run } from './lib/cli.ts';
import { migrate } from './lib/migrations.ts';
import { comparisonTable, outcomeTable } from './lib/outcome-table.ts';
import { sayWhenServed } from './lib/when-served.ts';

interface Flags {
  readonly arm: readonly string[];
  readonly ends?: string;
  readonly metric: string;
  readonly effect: number;
  readonly guard: boolean;
  readonly remote: boolean;
  readonly json?: boolean;
}

const DAY = 24 * 3600;
/** Days for which something may come of a list. */
const WITHIN = 7;

const MORE = `
Arms: the name, then what its people get. The first arm is the one that the others are compared with.
  npm run experiment -- start lesser-known --ends 2026-12-24 --arm usual --arm bold:popularity=-0.5,weight=0.5
An arm may name version, weight (1), blend, popularity, by and explore. At most one version beside the one in service.
A person stays in an arm. What a request asks for itself holds. Lists of the share LIST_LOG of people are judged.`;

const program = command('experiment', 'gives shares of people other versions or settings, and compares what came of it')
  .argument('<start|status|promote|stop>', 'start NAME, status, promote ARM or stop')
  .argument('[name]', 'of the experiment, or of the arm to make everybody’s')
  .option('--arm <arm>', 'of start: NAME or NAME:key=value,… (repeatable)', collect, [])
  .option('--ends <date>', 'of start: when it ends by itself, such as 2026-12-24')
  .option('--metric <name>', `of status: what arms are compared by: ${METRICS.join(', ')}`, 'clicked')
  .option(
    '--effect <size>',
    'of status: the size of differences that are worth finding, a share; keep it',
    number,
    0.02,
  )
  .option('--guard', 'of status: stops every arm that is worse than the first', false)
  .option('--remote', 'on Cloudflare instead of this machine', false)
  .option('--json', 'print one JSON object')
  .addHelpText('after', MORE);

interface Done {
  readonly said: string;
  readonly object: unknown;
}

type Act = (bindings: Bindings, flags: Flags, name?: string) => Promise<Done>;

const ACTS: Readonly<Record<string, Act>> = { start, status, promote, stop };

await run<Flags>(program, async (flags, what?: string, name?: string) => {
  const act = ACTS[what ?? ''];
  if (!act) throw badFlag(`got ${what}, expected ${Object.keys(ACTS).join(', ')}`);
  const { said, object } = await withBindings(flags.remote, async (bindings) => {
    if (!flags.remote) await migrate(bindings.DB);
    return act(bindings, flags, name);
  });
  answer(flags.json, object, said);
  if (what !== 'status') await sayWhenServed(flags.remote);
});

async function start({ MODELS, DB }: Bindings, { arm, ends }: Flags, name?: string): Promise<Done> {
  if (!name) throw badFlag('got no name, expected one: npm run experiment -- start NAME');
  const end = new Date(ends ?? '');
  if (Number.isNaN(end.getTime()))
    throw badFlag(`--ends: got ${ends ?? 'nothing'}, expected a date, such as 2026-12-24`);
  const asked = { name, startedAt: new Date().toISOString(), ends: end.toISOString(), arms: arm.map(armIn) };
  const experiment = await startExperiment(MODELS, asked, (version) => refuseOtherFilmsIn({ MODELS, DB }, version));
  const judged = 'Judged are the lists of those people whose share LIST_LOG in wrangler.toml names.';
  return { said: `${name} is on until ${experiment.ends}: ${shares(experiment)}\n${judged}`, object: experiment };
}

async function status({ MODELS, DB }: Bindings, { metric, effect, guard }: Flags): Promise<Done> {
  const asked = { metric: metricIn(metric), effect: between(effect, '--effect', 1e-6, 1) };
  const experiment = await currentExperiment(MODELS);
  if (!experiment) return { said: 'No experiment is on.', object: { experiment: null } };
  const since = Math.floor(Date.parse(experiment.startedAt) / 1000);
  const rows = await readOutcomes(DB, { since, experiment: experiment.name, within: WITHIN * DAY, byVersion: false });
  const comparisons = compareArms(experiment, rows, asked);
  const worse = comparisons.filter(({ verdict }) => verdict === 'worse').map(({ arm }) => arm);
  const stopped = guard && worse.length > 0 ? await stopExperiment(MODELS, worse) : null;
  const isOver = Date.now() >= Date.parse(experiment.ends);
  const head = `${experiment.name} ${isOver ? 'ended' : 'is on until'} ${experiment.ends}: ${shares(experiment)}`;
  const nothing = 'No list of it was logged yet: LIST_LOG in wrangler.toml says of which share of people lists are.';
  const said = [head, rows.length > 0 ? outcomeTable(rows) : nothing, comparisonTable(comparisons, asked.metric)];
  if (stopped) said.push(`Stopped, since worse: ${worse.join(', ')}. Their people get what everybody gets.`);
  return {
    said: said.join('\n\n'),
    object: { experiment: stopped ?? experiment, rows, comparisons, stopped: stopped ? worse : [] },
  };
}

function metricIn(text: string): Metric {
  const metric = METRICS.find((name) => name === text);
  if (metric) return metric;
  throw badFlag(`--metric: got ${text}, expected ${METRICS.join(', ')}`);
}

async function promote({ MODELS, DB }: Bindings, _flags: Flags, name?: string): Promise<Done> {
  if (!name) throw badFlag('got no name of an arm: npm run experiment -- promote ARM');
  const current = await promoteArm(MODELS, name, (version) => refuseOtherFilmsIn({ MODELS, DB }, version));
  const settings = current.settings ? `, with ${JSON.stringify(current.settings)}` : '';
  return {
    said: `${current.version} is in service for everybody${settings}; the experiment has ended`,
    object: current,
  };
}

async function stop({ MODELS }: Bindings): Promise<Done> {
  const experiment = await stopExperiment(MODELS);
  return { said: `${experiment.name} has ended: everybody gets the version in service`, object: experiment };
}

async function refuseOtherFilmsIn({ MODELS, DB }: Bindings, version: string): Promise<void> {
  const trouble = await refuseRollback({ bucket: MODELS, db: DB }, await titlesOfVersion(MODELS, version));
  if (trouble) console.error(`D1 was not asked what films its ratings are of: ${trouble.message}`);
}

function shares({ arms }: Experiment): string {
  const total = arms.reduce((sum, { weight }) => sum + weight, 0);
  return arms
    .map(({ name, weight, stopped }) => `${name} ${stopped ? 'stopped' : `${((100 * weight) / total).toFixed(0)}%`}`)
    .join(', ');
}

function badFlag(why: string): MarqueeError {
  return new MarqueeError('bad-flag', why);
}
