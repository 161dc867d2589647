import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { newFolder, type Result, ROOT } from '../scripts/command.ts';
import { freePort } from '../scripts/server.ts';
import type { Block } from './blocks.ts';

const PARTS = [
  'package.json',
  'tsconfig.base.json',
  'wrangler.toml',
  'scripts',
  'trainer',
  'shared',
  'worker',
  'test/artifact.py',
];

/** The port that the pages write. */
const WRITTEN_PORT = /localhost:8787/g;

/** A copy of the repository with models, secrets, R2 and D1 of its own, in which the pages' commands run. */
export interface Checkout {
  /** Writes a file, or applies a patch to one, as the block says. */
  apply(block: Block): Promise<void>;
  /** Starts `npm start`; the port of the pages' commands is then its own. */
  start(): Promise<void>;
  /** Runs a script by bash, to its first failure. */
  run(script: string): Promise<Result>;
  remove(): Promise<void>;
}

/** Process groups to end should the tests break off. */
const running = new Set<number>();
process.once('exit', () => {
  for (const group of running) process.kill(-group, 'SIGKILL');
});

export async function openCheckout(): Promise<Checkout> {
  const folder = await newFolder();
  for (const part of PARTS) await cp(join(ROOT, part), join(folder, part), { recursive: true });
  await symlink(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  const port = await freePort();
  const { MARQUEE_STATE: _, ...env } = process.env;
  const settings = {
    ...env,
    PORT: String(port),
    npm_config_loglevel: 'silent', // none of its own lines on stdout
    WRANGLER_SEND_METRICS: 'false',
  };
  let server: ChildProcess | undefined;
  return {
    async apply({ language, mark: path, text }) {
      const file = join(folder, path);
      if (language === 'diff') return writeFile(file, patched(await readFile(file, 'utf8'), text));
      await mkdir(dirname(file), { recursive: true });
      await writeFile(file, `${text}\n`);
    },
    async start() {
      // Not on a GPU, whose figures differ in the fourth digit.
      server = spawn('npm', ['start', '--', '--engine', 'wasm'], {
        cwd: folder,
        env: settings,
        stdio: ['ignore', 'pipe', 'pipe'],
        detached: true,
      });
      const { pid } = server;
      running.add(pid!);
      server.once('close', () => running.delete(pid!));
      await said(server, 'Ctrl-C stops it.');
    },
    async run(script) {
      const child = spawn('bash', ['-euo', 'pipefail', '-c', script.replace(WRITTEN_PORT, `localhost:${port}`)], {
        cwd: folder,
        env: settings,
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      const [stdout, stderr, [status]] = await Promise.all([
        text(child.stdout),
        text(child.stderr),
        once(child, 'close'),
      ]);
      return {
        status: status as number | null,
        stdout: stdout.replaceAll(`localhost:${port}`, 'localhost:8787'),
        stderr,
      };
    },
    async remove() {
      if (server?.exitCode === null) {
        const ended = once(server, 'close');
        process.kill(-server.pid!, 'SIGINT');
        await ended;
      }
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Waits until a process printed this; throws what it printed when it ends before. */
async function said(child: ChildProcess, words: string): Promise<void> {
  let output = '';
  await new Promise<void>((resolve, reject) => {
    for (const stream of [child.stdout!, child.stderr!]) {
      stream.setEncoding('utf8').on('data', (text) => {
        output += text;
        if (output.includes(words)) resolve();
      });
    }
    child.once('close', () => reject(new Error(output)));
  });
}

/** Lines with + go behind the line that stands before them in the patch, which the file must have exactly once. */
function patched(content: string, patch: string): string {
  const lines = content.split('\n');
  let at = -1;
  for (const line of patch.split('\n')) {
    const words = line.slice(1).trim();
    if (line.startsWith('+')) {
      lines.splice(++at, 0, line.slice(1));
      continue;
    }
    const found = lines.flatMap((candidate, index) => (candidate.trim() === words ? [index] : []));
    if (found.length !== 1) throw new Error(`"${words}" stands ${found.length} times in the file`);
    [at] = found;
  }
  return lines.join('\n');
}
