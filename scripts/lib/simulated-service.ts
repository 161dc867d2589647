import { randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MarqueeError } from '../../shared/errors.ts';
import { everyShard } from '../../shared/ratings/shards.ts';
import { openArtifact } from '../../trainer/artifact/artifact.ts';
import { versionInService } from '../../trainer/artifact/publish.ts';
import { publishedArtifact } from '../../trainer/artifact/versions.ts';
import type { Dataset } from '../../trainer/data/dataset.ts';
import type { Service } from '../../trainer/experiments/simulation/simulate.ts';
import type { RetrainReport, RetrainTools } from '../../trainer/retrain/contract.ts';
import { DEFAULT_GUARD } from '../../trainer/retrain/log/guard.ts';
import { retrain } from '../../trainer/retrain/retrain.ts';
import { DEFAULT_MARGINS } from '../../trainer/retrain/verdict/verdict.ts';
import { type Bindings, withBindings } from './bindings.ts';
import { migrate } from './migrations.ts';
import { endOnSignals, type LocalServer, startServer } from './server.ts';
import { type EngineFlags, withEngine } from './training-flags.ts';

/** Valid as long as the simulation runs. */
const TOKEN = randomBytes(24).toString('base64url');

/** Runs `work` with R2, D1 and a Worker in a temporary folder, which is deleted afterwards. */
export async function withService<T>(
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

function serviceAt(url: string, bindings: Bindings, base: Dataset, flags: EngineFlags): Service {
  const { MODELS } = bindings;
  const ask = askAt(url);
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
      const report = await retrainNow(bindings, base, flags);
      for (let waited = 1; (await top(0, at + waited)).model.version !== report.version; waited++) {
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      await new Promise((resolve) => setTimeout(resolve, 50));
      return report;
    },
  };
}

/** Asks the service as of a simulated time, seconds since the epoch. */
function askAt(url: string) {
  const authorization = { Authorization: `Bearer ${TOKEN}`, 'Content-Type': 'application/json' };
  return async <T>(path: string, at: number, init: RequestInit = {}): Promise<T> => {
    const headers = { ...authorization, 'X-Simulated-Time': String(1000 * at) };
    const response = await fetch(url + path, { ...init, headers });
    if (response.ok) return response.json() as Promise<T>;
    throw new MarqueeError('store-unavailable', `${path} answered ${response.status}: ${await response.text()}`);
  };
}

async function retrainNow({ MODELS, DB }: Bindings, base: Dataset, flags: EngineFlags): Promise<RetrainReport> {
  // The ratings arrived within a minute, but on many days of the simulated time.
  for (const db of everyShard(DB)) await db.prepare('UPDATE rating_log SET received_at = rated_at').run();
  const tools: RetrainTools = {
    bucket: MODELS,
    db: DB,
    loadDataset: async () => base,
    onStep: (step) => console.error(`retrain          ${step}`),
    onTrouble: (text) => console.error(text),
    onTraining: () => {},
    withEngine: (use) => withEngine(flags, use),
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
  return report;
}
