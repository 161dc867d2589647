import { readFile } from 'node:fs/promises';
import { migrate } from '../../../scripts/lib/migrations.ts';
import { writeRatings } from '../../../shared/ratings/rating-store.ts';
import type { Database } from '../../../shared/storage/database.ts';
import { mulberry } from '../../fixtures/random.ts';
import { movieIdAt, userIdAt, wellKnown } from '../harness/synthetic-artifact.ts';
import type { LoadRequest } from './load.ts';
import { MemoryBucket } from './memory-bucket.ts';
import { MemoryDatabase } from './memory-database.ts';
import { type Bundle, startWorkerd, type Workerd, type WorkerdOptions } from './workerd.ts';

/** Users that only D1 knows, and how much they rated. */
const FOLDED_USERS = 512;
const FOLDED_RATINGS = 100;
const FIRST_FOLDED = 1_000_000;
/** Users whom nobody knows. */
const STATELESS_USERS = 64;

/** What the Worker reads, in this process, and the ports at which it is read. */
export interface Stores {
  readonly bucket: MemoryBucket;
  readonly db: MemoryDatabase;
  readonly ports: { readonly r2: number; readonly d1: number };
  close(): void;
}

/** An empty bucket, and a database with the Worker's tables. */
export async function openStores(): Promise<Stores> {
  const [bucket, db] = [new MemoryBucket(), new MemoryDatabase()];
  await migrate(db);
  const [r2, d1] = await Promise.all([bucket.serve(), db.serve()]);
  const close = () => {
    for (const { server } of [r2, d1]) {
      server.closeAllConnections();
      server.close();
    }
  };
  return { bucket, db, ports: { r2: r2.port, d1: d1.port }, close };
}

/** Lets `work` have the Worker in workerd over the stores; whatever happens, the process ends. */
export async function withWorkerd<T>(
  bundle: Bundle,
  { ports }: Stores,
  options: WorkerdOptions,
  work: (workerd: Workerd) => Promise<T>,
): Promise<T> {
  const workerd = await startWorkerd(bundle, { ...ports, ...options });
  try {
    return await work(workerd);
  } finally {
    await workerd.stop();
  }
}

/** Gives D1 users whom training never saw, each with the same number of ratings. @param byCount rows, best known first */
export async function rateAsStrangers(db: Database, byCount: Int32Array, seed = 2): Promise<void> {
  const random = mulberry(seed);
  for (let u = 0; u < FOLDED_USERS; u++) {
    const ratings = someRatings(byCount, random).map((rating, j) => ({ ...rating, timestamp: 1_700_000_000 + j }));
    await writeRatings(db, FIRST_FOLDED + u, ratings, 'api');
  }
}

function someRatings(byCount: Int32Array, random: () => number): { movieId: number; rating: number }[] {
  const rows = new Set<number>();
  while (rows.size < FOLDED_RATINGS) rows.add(wellKnown(byCount, random));
  return Array.from(rows, (row) => ({ movieId: movieIdAt(row), rating: Math.ceil(10 * random()) / 2 }));
}

/** Recommendations for users of the model, no two neighbours of one batch. */
export function trainedRequests(users: number): LoadRequest[] {
  const step = 997; // coprime to any round number of users
  return Array.from({ length: users }, (_, i) => ({ path: `/recommend?user=${userIdAt((i * step) % users)}` }));
}

/** Recommendations for a few users of one batch, which stays in memory. */
export function keptRequests(): LoadRequest[] {
  return Array.from({ length: 16 }, (_, i) => ({ path: `/recommend?user=${userIdAt(i)}` }));
}

/** Recommendations for users whom D1 alone knows. */
export function foldedRequests(): LoadRequest[] {
  return Array.from({ length: FOLDED_USERS }, (_, u) => ({ path: `/recommend?user=${FIRST_FOLDED + u}` }));
}

/** Seconds of processor time that a process has used; Linux tells. */
export async function cpuSeconds(pid: number): Promise<number> {
  const [, rest] = (await readFile(`/proc/${pid}/stat`, 'utf8')).split(') ');
  const fields = rest.split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100; // utime and stime, in ticks of 10 ms
}

/** Memory of a process in bytes: resident now, and at its peak; Linux tells. */
export async function residentMemory(pid: number): Promise<{ now: number; peak: number }> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  const of = (name: string) => Number(new RegExp(`${name}:\\s+(\\d+) kB`).exec(status)?.[1]) * 1024;
  return { now: of('VmRSS'), peak: of('VmHWM') };
}

/** The same for people without an account: the ratings come along. */
export function statelessRequests(byCount: Int32Array, seed = 3): LoadRequest[] {
  const random = mulberry(seed);
  return Array.from({ length: STATELESS_USERS }, () => ({
    path: '/recommend',
    body: JSON.stringify({ ratings: someRatings(byCount, random) }),
  }));
}
