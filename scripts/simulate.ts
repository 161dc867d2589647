import { randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MarqueeError } from '../shared/errors.ts';
import { everyShard } from '../shared/ratings/shards.ts';
import { openArtifact } from '../trainer/artifact/artifact.ts';
import { publish, versionInService } from '../trainer/artifact/publish.ts';
import { publishedArtifact } from '../trainer/artifact/versions.ts';
import type { Dataset } from '../trainer/data/dataset.ts';
import { digestRatings } from '../trainer/data/digest.ts';
import { EMBEDDED_DATASET } from '../trainer/data/index.ts';
import { withRatings } from '../trainer/data/ratings.ts';
import type { Engine } from '../trainer/engines/engine.ts';
import type { Quality } from '../trainer/experiments/simulation/arms.ts';
import type { ListDifference } from '../trainer/experiments/simulation/difference.ts';
import { simulationPage } from '../trainer/experiments/simulation/page.ts';
import { planSimulation } from '../trainer/experiments/simulation/plan.ts';
import { overall, type PeriodReport, type Service, simulate } from '../trainer/experiments/simulation/simulate.ts';
import { resolveOptions } from '../trainer/models/options.ts';
import type { RetrainTools } from '../trainer/retrain/contract.ts';
import { DEFAULT_GUARD } from '../trainer/retrain/log/guard.ts';
import { retrain } from '../trainer/retrain/retrain.ts';
import { DEFAULT_MARGINS } from '../trainer/retrain/verdict/verdict.ts';
import { train } from '../trainer/train/train.ts';
import { type Bindings, withBindings } from './lib/bindings.ts';
import { answer, bounded, command, number, run } from './lib/cli.ts';
import { migrate } from './lib/migrations.ts';
import { trainingFlags } from './lib/model-flags.ts';
import { loadWithProgress, trainingProgress } from './lib/progress.ts';
import { endOnSignals, type LocalServer, startServer } from './lib/server.ts';
import { textTable } from './lib/table.ts';
import { addEngineFlags, type EngineFlags, withEngine, withTitles } from './lib/training-flags.ts';

interface Flags extends EngineFlags {
  readonly data: string;
  readonly days?: number;
  readonly weeks?: number;
  readonly from?: string;
  readonly out: string;
  readonly json?: boolean;
}

/** Valid as long as the simulation runs. */
const TOKEN = randomBytes(24).toString('base64url');
const DEFAULT_WEEKS = 26;

const program = addEngineFlags(
  command('simulate', 'replays the visits of a data set, in time order, to a local Worker that retrains'),
)
  .option('--data <set>', 'ratings with their times', EMBEDDED_DATASET)
  .option('--days <number>', 'days between two retrains', number)
  .option('--weeks <number>', `weeks between two retrains (default ${DEFAULT_WEEKS})`, number)
  .option('--from <date>', 'train on older ratings than this, such as 2015-01-31; default the oldest four fifths')
  .option('--out <folder>', 'where simulation.html and simulation.json go', 'models/simulation')
  .option('--json', 'print one JSON object');

await run<Flags>(program, async (flags) => {
  if (flags.days !== undefined && flags.weeks !== undefined) {
    throw new MarqueeError('bad-flag', '--days and --weeks exclude each other');
  }
  const days =
    flags.days !== undefined
      ? bounded(flags.days, '--days', 1, 3650)
      : 7 * bounded(flags.weeks ?? DEFAULT_WEEKS, '--weeks', 1, 520);
  const from = flags.from === undefined ? undefined : Date.parse(flags.from) / 1000;
  if (Number.isNaN(from))
    throw new MarqueeError('bad-flag', `--from: got "${flags.from}", expected a date, 2015-01-31`);
  const options = resolveOptions(trainingFlags({ ...flags }));
  const dataset = withTitles(await loadWithProgress(flags.data));
  const plan = planSimulation(dataset, days, from);
  const base = { ...withRatings(dataset, plan.base), sha256: digestRatings(plan.base) };
  console.error(`training on ${base.ratings.count} ratings, then ${plan.periods.length} periods of ${days} days`);
  const first = await withEngine(flags, (engine) => train(engine, base, options, trainingProgress()));
  const reports = await withService(flags, base, async (bindings, service) => {
    await publish(bindings.MODELS, first);
    const running = await service();
    return simulate(running, dataset.ratings, plan, (report) => console.error(line(report)), showVisits);
  });
  const result = { data: flags.data, days, overall: overall(reports), periods: reports };
  await mkdir(flags.out, { recursive: true });
  await writeFile(join(flags.out, 'simulation.json'), `${JSON.stringify(result, null, 2)}\n`);
  const title = `${flags.data}, every ${days} days from ${reports[0].from} on`;
  await writeFile(join(flags.out, 'simulation.html'), simulationPage(title, reports));
  answer(flags.json, result, table(result.overall, reports, flags.out));
  if (reports.some(({ differences }) => differences.some(({ why }) => why === 'unexplained'))) process.exitCode = 1;
});

/** Runs `work` with R2, D1 and a Worker in a temporary folder, which is deleted afterwards. */
async function withService<T>(
  flags: EngineFlags,
  base: Dataset,
  work: (bindings: Bindings, start: () => Promise<Service>) => Promise<T>,
): Promise<T> {
  const state = await mkdtemp(join(tmpdir(), 'marquee-simulation-'));
  process.once('exit', () => rmSync(state, { recursive: true, force: true }));
  const serve = async (bindings: Bindings) => {
    await migrate(bindings.DB);
    let server: LocalServer | undefined;
    try {
      return await work(bindings, async () => {
        server = await startServer(state, 0, {
          vars: { API_TOKEN: TOKEN, MODEL_TTL: '1' },
          entrypoint: 'worker/simulation.ts',
        });
        endOnSignals(130);
        return serviceAt(server.url, bindings, base, flags);
      });
    } finally {
      await server?.close();
    }
  };
  return withBindings(false, serve, state);
}

function serviceAt(url: string, { MODELS, DB }: Bindings, base: Dataset, flags: EngineFlags): Service {
  const authorization = { Authorization: `Bearer ${TOKEN}`, 'Content-Type': 'application/json' };
  const ask = async <T>(path: string, at: number, init: RequestInit = {}): Promise<T> => {
    const headers = { ...authorization, 'X-Simulated-Time': String(1000 * at) };
    const response = await fetch(url + path, { ...init, headers });
    if (response.ok) return response.json() as Promise<T>;
    throw new MarqueeError('store-unavailable', `${path} answered ${response.status}: ${await response.text()}`);
  };
  const top = (userId: number, at: number) =>
    ask<{ model: { version: string }; items: { movieId: number }[] }>(`/recommend?user=${userId}&k=10`, at);
  return {
    recommend: async (userId, at) => (await top(userId, at)).items.map(({ movieId }) => movieId),
    rate: (user, ratings) => {
      const at = Math.max(...ratings.map(({ timestamp }) => timestamp));
      return ask('/ratings', at, { method: 'POST', body: JSON.stringify({ user, ratings }) });
    },
    model: async () => openArtifact(await publishedArtifact(MODELS, (await versionInService(MODELS))!)),
    retrain: async (at) => {
      // The ratings arrived within a minute, but on many days of the simulated time.
      for (const db of everyShard(DB)) await db.prepare('UPDATE rating_log SET received_at = rated_at').run();
      const tools: RetrainTools = {
        bucket: MODELS,
        db: DB,
        loadDataset: async () => base,
        onStep: (step) => console.error(`retrain          ${step}`),
        onTrouble: (text: string) => console.error(text),
        onTraining: () => {},
        withEngine: <T>(use: (engine: Engine) => Promise<T>) => withEngine(flags, use),
      };
      const report = await retrain(tools, {
        data: base.name,
        given: {},
        cold: false,
        force: false,
        keep: 2,
        margins: DEFAULT_MARGINS,
        guard: DEFAULT_GUARD,
        lease: { holder: 'npm run simulate', milliseconds: 3_600_000, now: Date.now },
      });
      if (report.decision === 'lease-held') throw new MarqueeError('publish-conflict', 'another process retrains here');
      for (let waited = 1; (await top(0, at + waited)).model.version !== report.version; waited++) {
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      await new Promise((resolve) => setTimeout(resolve, 50));
      return report;
    },
  };
}

/** A line at the first visit of a period, and one every hundred. */
function showVisits({ visit, visits }: { visit: number; visits: number }): void {
  if (visit % 100 === 1) console.error(`visits           ${visit} of ${visits}`);
}

function line({ from, to, ratings, visits, sameOverHttp, arms, retrain: { decision } }: PeriodReport): string {
  const rmse = Object.entries(arms).map(([name, quality]) => `${name} ${quality.rmse.toFixed(4)}`);
  const same = `${sameOverHttp} of ${visits} lists over HTTP as computed here`;
  return `${from} to ${to}  ${ratings} ratings; RMSE: ${rmse.join(', ')}; ${same}; ${decision}`;
}

function differenceLine({ userId, rank, computed, served, gap, why }: ListDifference): string {
  const apart = gap === null ? '' : `, scores ${gap.toPrecision(2)} apart`;
  return `user ${userId}, place ${rank}: movie ${computed} here, ${served} over HTTP: ${why}${apart}`;
}

function table(arms: Readonly<Record<string, Quality>>, reports: readonly PeriodReport[], out: string): string {
  const visits = reports.reduce((sum, report) => sum + report.visits, 0);
  const same = reports.reduce((sum, report) => sum + report.sameOverHttp, 0);
  const published = reports.filter(({ retrain: { decision } }) => decision === 'published').length;
  const rows = Object.entries(arms).map(([name, { rmse, hitRate, 'ndcg@10': ndcg }]) => [
    name,
    rmse.toFixed(4),
    `${(100 * hitRate).toFixed(1)}%`,
    ndcg.toFixed(4),
  ]);
  return [
    ...textTable([['', 'RMSE', 'hit rate', 'NDCG@10'], ...rows]),
    ...reports.flatMap(({ differences }) => differences.map(differenceLine)),
    `${visits} visits, in ${same} of which HTTP answered the top ten computed here; ${published} of ${reports.length} retrains published`,
    join(out, 'simulation.html'),
  ].join('\n');
}
