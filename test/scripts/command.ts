import { spawn } from 'node:child_process';
import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Ratings } from '../../trainer/data/dataset.ts';
import { lowRank } from '../fixtures/datasets.ts';

export const ROOT = join(import.meta.dirname, '../..');

/** What a command left behind. */
export interface Result {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** How a command runs. */
interface Surroundings {
  /** Gets all of stderr so far, whenever there is more. */
  readonly hear?: (stderr: string) => void;
  /** Whom it runs as. */
  readonly uid?: number;
}

/** Runs `node scripts/<name>.ts` as a process of its own, until it ends. */
export async function marquee(
  name: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
  { hear, uid }: Surroundings = {},
): Promise<Result> {
  const child = spawn(process.execPath, [join(ROOT, `scripts/${name}.ts`), ...args], {
    cwd: ROOT,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    uid,
  });
  let [stdout, stderr] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text) => {
    stderr += text;
    hear?.(stderr);
  });
  const status = await new Promise<number | null>((resolve) => child.once('close', resolve));
  return { status, stdout, stderr };
}

/** The same, of a command that must succeed: its stdout. */
export async function succeed(name: string, args: readonly string[], env?: NodeJS.ProcessEnv): Promise<string> {
  const { status, stdout, stderr } = await marquee(name, args, env);
  if (status !== 0) throw new Error(`${name} ${args.join(' ')} exited with ${status}:\n${stderr}`);
  return stdout;
}

export function newFolder(): Promise<string> {
  return mkdtemp(join(tmpdir(), 'marquee-'));
}

/** Users 1 to 60, movies 1 to 80. */
export const TINY = { users: 60, movies: 80 };
/** Flags under which training on the tiny set takes a moment. */
export const QUICK = ['--factors', '7', '--relevance-factors', '8', '--sweeps', '4', '--threads', '1'];

/** Writes `ratings.csv` and `movies.csv`, small, seeded and with a taste to find, and returns the ratings. */
export async function writeTinySet(folder: string): Promise<Ratings> {
  const ratings = lowRank(TINY.users, TINY.movies, 0.4);
  await writeFile(join(folder, 'ratings.csv'), ratingsCsv(ratings));
  const films = Array.from(
    { length: TINY.movies },
    (_, m) => `${m + 1},"Film, The ${m + 1}th (${1950 + m})",Drama|War`,
  );
  await writeFile(join(folder, 'movies.csv'), `movieId,title,genres\n${films.join('\n')}\n`);
  return ratings;
}

/** Those ratings whose user passes, in a CSV of MovieLens' columns. */
export function ratingsCsv(ratings: Ratings, wanted: (userId: number) => boolean = () => true): string {
  const lines = ['userId,movieId,rating,timestamp'];
  for (let i = 0; i < ratings.count; i++) {
    if (!wanted(ratings.userIds[i])) continue;
    lines.push(
      [ratings.userIds, ratings.movieIds, ratings.stars, ratings.timestamps].map((column) => column[i]).join(),
    );
  }
  return `${lines.join('\n')}\n`;
}

/** A CSV of numbers: one object a row, by the header's names. */
export async function readCsv(file: string): Promise<Record<string, number>[]> {
  const [header, ...rows] = (await readFile(file, 'utf8')).trimEnd().split('\n');
  const names = header.split(',');
  return rows.map((row) => Object.fromEntries(row.split(',').map((text, column) => [names[column], Number(text)])));
}
