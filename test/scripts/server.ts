import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { ROOT } from './command.ts';

/**
 * A free port below those that the system hands out by itself (from 32768 on): until the server takes it, no connection and
 * no other listener gets it.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = 15_000 + Math.floor(15_000 * Math.random());
    const probe = createServer().listen(port, '127.0.0.1');
    const isFree = await once(probe, 'listening').then(
      () => true,
      () => false,
    );
    if (!isFree) continue;
    probe.close();
    await once(probe, 'close');
    return port;
  }
}

/** `npm start` as a process group of its own, as a terminal starts it. */
export interface Server {
  readonly url: string;
  /** Also the id of the process group. */
  readonly pid: number;
  /** All that it printed so far. */
  readonly output: string;
  /** Folder of the artifact that it trained when it started. */
  readonly artifact: string;
  /** Waits until it printed this; throws when it ends before. */
  said(text: string): Promise<void>;
  /** Sends a signal, to the whole group as a terminal's Ctrl-C does or to the process alone, and waits for the end. */
  stop(signal?: NodeJS.Signals, to?: 'group' | 'process'): Promise<number | null>;
}

/** Process groups to end should the tests break off. */
const running = new Set<number>();
process.once('exit', () => {
  for (const group of running) process.kill(-group, 'SIGKILL');
});

/** Starts the server on a free port; its R2, its D1 and the models that it trains are in `state`. */
export async function launch(state: string, flags: readonly string[]): Promise<Server> {
  const port = await freePort();
  const child = spawn(process.execPath, [join(ROOT, 'scripts/start.ts'), '--port', String(port), ...flags], {
    cwd: ROOT,
    env: { ...process.env, MARQUEE_STATE: state },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  const pid = child.pid!;
  running.add(pid);
  let output = '';
  const printed = ['', '']; // apart: what one prints may come amid a line of the other
  for (const [which, stream] of [child.stdout, child.stderr].entries()) {
    stream.setEncoding('utf8').on('data', (text) => {
      output += text;
      printed[which] += text;
    });
  }
  const ended = once(child, 'close').then(([status]) => {
    running.delete(pid);
    return status as number | null;
  });
  return {
    url: `http://localhost:${port}`,
    pid,
    get output() {
      return output;
    },
    get artifact() {
      return join(state, 'models', trainedVersion(output)!);
    },
    async said(text) {
      const more = () => Promise.race([child.stdout, child.stderr].map((stream) => once(stream, 'data')));
      while (!printed.some((all) => all.includes(text))) {
        await Promise.race([more(), ended]);
        if (!running.has(pid)) throw new Error(`npm start ended:\n${output}`);
      }
    },
    async stop(signal = 'SIGINT', to = 'group') {
      if (running.has(pid)) process.kill(to === 'group' ? -pid : pid, signal);
      return ended;
    },
  };
}

/** Starts the server and waits until it serves. */
export async function startServer(state: string, flags: readonly string[]): Promise<Server> {
  const server = await launch(state, flags);
  await server.said('Ctrl-C stops it.');
  return server;
}

/** A JSON answer. */
// biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape
export async function getJson(url: string, init?: RequestInit): Promise<any> {
  return (await fetch(url, init)).json();
}

/** The version that a server trained when it started, if it did. */
export function trainedVersion(output: string): string | undefined {
  return /published as (\S+)/.exec(output)?.[1];
}
