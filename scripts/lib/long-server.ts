import type { ChildProcess } from 'node:child_process';
import { channel } from 'node:diagnostics_channel';
import { setTimeout } from 'node:timers/promises';
import { openGate } from './gate.ts';
import { type LocalServer, productionRateLimits, secretOf, startServer } from './server.ts';

/** So many deaths within so many milliseconds are one too many. */
const DEATHS = 5;
const WITHIN = 10 * 60_000;
/** Milliseconds that the remains of a dead runtime are given to end in order. */
const REMAINS = 10_000;
const SIGNAL = 200;

export interface LongServer {
  readonly state: string;
  readonly host: string;
  readonly port: number;
}

/**
 * Serves until the process ends, behind a gate of its own, and returns the address. When a process of the runtime dies,
 * all of it is started again; meanwhile the gate answers 503. After too many deaths the command ends as a failure.
 */
export async function serveLong({ state, host, port }: LongServer): Promise<string> {
  const hosts = host === 'localhost' ? ['127.0.0.1', '::1'] : [host];
  const runtime = new Runtime();
  const options = { bindings: await productionRateLimits(), vars: { KEEP_QUEUED: 'true' } };
  const first = await startServer(state, 0, options);
  const gate = await openGate({ hosts, port, adminToken: await secretOf('ADMIN_TOKEN') });
  gate.lead(new URL(first.url));
  const deaths: number[] = [];
  const again = async (server: LocalServer, why: string): Promise<void> => {
    await setTimeout(SIGNAL); // Ctrl-C reaches the runtime too: then this process ends within it
    gate.lead(null);
    deaths.push(Date.now());
    console.error(`the Workers runtime ended (${why}): starting it again`);
    if (deaths.filter((at) => at > Date.now() - WITHIN).length >= DEATHS) {
      throw new Error(`the Workers runtime ended ${DEATHS} times within ${WITHIN / 60_000} minutes`);
    }
    await Promise.race([server.close(), setTimeout(REMAINS)]);
    runtime.end();
    const next = await startServer(state, 0, options);
    gate.lead(new URL(next.url));
    console.error('the Workers runtime runs again');
    runtime.onDeath((reason) => again(next, reason).catch(giveUp));
  };
  runtime.onDeath((reason) => again(first, reason).catch(giveUp));
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
}

function giveUp(error: unknown): never {
  console.error('\nerror:', error instanceof Error ? error.message : error);
  console.error('The server has ended. Its ratings are kept; npm start goes on with them.');
  process.exit(1);
}

/** The processes that wrangler starts in this one, of which it tells nobody when one dies. */
class Runtime {
  readonly #started = new Set<ChildProcess>();

  constructor() {
    channel('child_process').subscribe((message) => {
      const { process: child } = message as { process: ChildProcess };
      this.#started.add(child);
      child.once('exit', () => this.#started.delete(child));
    });
  }

  /** Calls once, with the reason, when the first of those that run now has died. */
  onDeath(tell: (reason: string) => void): void {
    let told = false;
    for (const child of this.#running()) {
      child.once('exit', (code, signal) => {
        if (!told) tell(signal ?? `exit code ${code}`);
        told = true;
      });
    }
  }

  end(): void {
    for (const child of this.#running()) child.kill('SIGKILL');
  }

  /** Not the others: esbuild's service, for one, is started once and used again. */
  #running(): ChildProcess[] {
    return [...this.#started].filter(({ spawnfile }) => /workerd/.test(spawnfile));
  }
}
