import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { withBindings } from '../../scripts/lib/bindings.ts';
import { migrate } from '../../scripts/lib/migrations.ts';
import { startServer } from '../../scripts/lib/server.ts';
import { readArtifact } from '../../trainer/artifact/artifact.ts';
import { publish } from '../../trainer/artifact/publish.ts';
import { lookThrough } from './stored.ts';
import type { Secrets } from './target.ts';

export const FIXTURE = join(import.meta.dirname, '../fixtures/artifact');

const SECRETS = { SESSION_SECRET: 'of the fuzzer', API_TOKEN: 'fuzz-token', ADMIN_TOKEN: 'fuzz-admin' };

export interface FuzzedServer {
  readonly url: string;
  readonly secrets: Secrets;
}

/**
 * Serves the small synthetic model, without limits of requests, from a folder of its own. Returns what `work` found, and
 * what it left in D1.
 */
export async function withServer<T>(work: (server: FuzzedServer) => Promise<T>) {
  const state = await mkdtemp(join(tmpdir(), 'marquee-fuzz-'));
  try {
    const artifact = await readArtifact(FIXTURE);
    const prepare = async ({ MODELS, DB }: Parameters<Parameters<typeof withBindings>[1]>[0]) => {
      await migrate(DB);
      await publish(MODELS, artifact);
    };
    await withBindings(false, prepare, state);
    const server = await startServer(state, 0, { vars: SECRETS });
    const found = await work({ url: server.url, secrets: SECRETS }).finally(() => server.close());
    const stored = await withBindings(false, ({ DB }) => lookThrough(DB), state);
    return { found, stored };
  } finally {
    await rm(state, { recursive: true, force: true });
  }
}

/** Bytes of memory of the processes that this one started; null where the system does not say. */
export async function memoryOfChildren(pid: number | 'self' = 'self'): Promise<number | null> {
  try {
    const own = pid === 'self' ? process.pid : pid;
    const children = (await readFile(`/proc/${own}/task/${own}/children`, 'utf8')).trim().split(' ').filter(Boolean);
    let sum = 0;
    for (const child of children) {
      const [, kilobytes = '0'] = /^VmRSS:\s+(\d+)/m.exec(await readFile(`/proc/${child}/status`, 'utf8')) ?? [];
      sum += Number(kilobytes) * 1024 + ((await memoryOfChildren(Number(child))) ?? 0);
    }
    return sum;
  } catch {
    return null;
  }
}
