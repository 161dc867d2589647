import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { unstable_startWorker } from 'wrangler';
import { MarqueeError } from '../../shared/errors.ts';
import { startAgain } from './start-again.ts';

export const SECRETS_FILE = join(import.meta.dirname, '../../.dev.vars');
/** What the Worker cannot do without. */
export const SECRETS = ['SESSION_SECRET', 'API_TOKEN', 'ADMIN_TOKEN'];

/** What a terminal or a supervisor ends a program with. */
export const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

/** Local secrets, made once and kept out of git; those that a person set stay. */
export async function makeSecrets(): Promise<void> {
  const held = withoutEmpty(existsSync(SECRETS_FILE) ? await readFile(SECRETS_FILE, 'utf8') : '');
  const missing = SECRETS.filter((name) => !new RegExp(`^${name}\\s*=`, 'm').test(held));
  if (missing.length === 0) return;
  const lines = missing.map((name) => `${name}="${randomBytes(24).toString('base64url')}"\n`);
  const gap = held === '' || held.endsWith('\n') ? '' : '\n';
  // Whole or not at all: a server that starts at the same moment reads it.
  const partial = `${SECRETS_FILE}.${process.pid}`;
  await writeFile(partial, held + gap + lines.join(''), { mode: 0o600 });
  await rename(partial, SECRETS_FILE);
}

/** A copy of .dev.vars.example names secrets without values: such lines go. */
export function withoutEmpty(held: string): string {
  return held.replace(new RegExp(`^(${SECRETS.join('|')})\\s*=\\s*(""|'')?[ \\t]*(#.*)?\\n`, 'gm'), '');
}

/** A secret of .dev.vars, as the Worker reads it. */
export async function secretOf(name: string): Promise<string | undefined> {
  const text = await readFile(SECRETS_FILE, 'utf8');
  return new RegExp(`^${name}\\s*=\\s*(["']?)(.*)\\1\\s*$`, 'm').exec(text)?.[2];
}

/** Bindings in the shape that `startServer` takes. */
type ServerBindings = NonNullable<Parameters<typeof unstable_startWorker>[0]['bindings']>;

/** The rate limits of wrangler.toml, which stand with the production environment: a test or a bench has none. */
export async function productionRateLimits(): Promise<ServerBindings> {
  const { unstable_readConfig: readConfig } = await import('wrangler');
  const { ratelimits } = readConfig({ config: 'wrangler.toml', env: 'production' });
  return Object.fromEntries(
    ratelimits.map(({ name, ...limit }: { name: string }) => [name, { type: 'ratelimit', ...limit }]),
  );
}

export interface ServerOptions {
  /** Variables instead of those of wrangler.toml and .dev.vars. */
  readonly vars?: Readonly<Record<string, string>>;
  readonly bindings?: ServerBindings;
  /** The Worker's file instead of that of wrangler.toml. */
  readonly entrypoint?: string;
  /** Follows changes of the Worker's files. */
  readonly watch?: boolean;
}

/** A Worker that answers on this machine. */
export interface LocalServer {
  /** Where it is, without a slash at the end. */
  readonly url: string;
  close(): Promise<void>;
}

/**
 * Starts the Worker of wrangler.toml as `wrangler dev` does, and waits until it serves a model.
 *
 * @param persist folder of local R2 and D1
 * @param port 0 for any that is free
 * @throws `no-model` when it does not answer with one; `not-configured` when it cannot be bundled, unless `watch` is on
 */
export async function startServer(
  persist: string,
  port: number,
  { vars = {}, bindings = {}, watch = false, entrypoint }: ServerOptions = {},
): Promise<LocalServer> {
  const { unstable_DevEnv: DevEnv } = await import('wrangler');
  const options: Parameters<typeof unstable_startWorker>[0] = {
    config: 'wrangler.toml',
    ...(entrypoint && { entrypoint }),
    bindings: {
      ...bindings,
      ...Object.fromEntries(Object.entries(vars).map(([name, value]) => [name, { type: 'plain_text', value }])),
    },
    dev: {
      server: { hostname: '127.0.0.1', port },
      persist,
      watch,
      liveReload: false,
      logLevel: 'warn',
      inspector: false,
    },
  };
  const bundle = Promise.withResolvers<never>();
  bundle.promise.catch(() => {}); // nobody waits for it any more once the Worker has answered
  const start = async () => {
    const environment = new DevEnv();
    // Whoever edits the Worker's files while it runs may take as long as they like to mend one.
    if (!watch) environment.once('buildFailed', () => bundle.reject(notBundled()));
    const started = await environment.startWorker(options);
    await started.ready;
    return started;
  };
  const starting = watch ? start() : startAgain(start, (late) => late.dispose());
  const worker = await Promise.race([starting, bundle.promise]);
  const url = (await worker.url).origin;
  const health = await Promise.race([fetch(`${url}/health`), bundle.promise]);
  if (!health.ok)
    throw new MarqueeError('no-model', `the Worker answers ${health.status}: ${await health.text()}`, {
      fix: 'If another release of Marquee wrote the model: npm start -- --fresh',
    });
  return { url, close: () => worker.dispose() };
}

/** Wrangler prints why, and would wait for somebody to mend the file. */
function notBundled(): MarqueeError {
  return new MarqueeError('not-configured', 'the Worker cannot be bundled: what wrangler printed above says why', {
    fix: 'Mend the file that it names. After an update: npm install, which builds what is missing.',
  });
}

/**
 * Has Ctrl-C end the process at once, with this exit code. It reaches the runtime's processes too: wrangler's exit hooks
 * stop them, while waiting for an orderly end would have it restart the ones that are gone.
 */
export function endOnSignals(exitCode: number): void {
  for (const signal of SIGNALS) {
    process.removeAllListeners(signal); // wrangler's own end at once, as a failure
    process.once(signal, () => process.exit(exitCode));
  }
}
