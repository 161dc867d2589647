/**
 * Ratings a second that one, two and four databases take beside each other.
 *
 *   npm run bench -- writes [--databases 1,2,4] [--seconds 3] [--writers 64] [--milliseconds 20] [--repeat 5]
 *     [--json] [--markdown]
 *
 * Two kinds of databases: Miniflare's D1, which share one thread of workerd on this machine, so that they show what
 * spreading costs and not what it brings; and SQLite in memory that takes `--milliseconds` for a write, one after the
 * other, as a D1 of Cloudflare does, which has a machine of its own. Each writer stores one new rating of somebody after the
 * other. Counts of databases take turns, in alternating order.
 */
import { convertV4MiniflareOptions, Miniflare } from 'miniflare';
import { holdingStatements } from '../../scripts/lib/bindings.ts';
import { bounded, command, number, run } from '../../scripts/lib/cli.ts';
import { migrate } from '../../scripts/lib/migrations.ts';
import { MarqueeError } from '../../shared/errors.ts';
import { FIRST_PERSON } from '../../shared/ratings/people.ts';
import { writeRatings } from '../../shared/ratings/rating-store.ts';
import { reshard } from '../../shared/ratings/reshard.ts';
import { Shards } from '../../shared/ratings/shards.ts';
import { MOST_SHARDS } from '../../shared/ratings/tables/shard-map.ts';
import type { Database } from '../../shared/storage/database.ts';
import { MACHINE } from './harness/machine.ts';
import { addReportFlags, type ReportFlags, report } from './harness/report.ts';
import { median } from './harness/synthetic.ts';
import { PacedDatabase } from './machines/paced-database.ts';

interface Flags extends ReportFlags {
  readonly databases: string;
  readonly seconds: number;
  readonly writers: number;
  readonly milliseconds: number;
  readonly repeat: number;
}

/** Databases of one kind, as one. */
interface Contestant {
  readonly kind: string;
  readonly count: number;
  readonly db: Database;
  readonly perSecond: number[];
}

/** People who rate. */
const PEOPLE = 4096;
/** Ratings so far: no two are of one person and movie. */
let written = 0;

const program = addReportFlags(command('bench', 'measures writes a second of several databases beside each other'))
  .name('npm run bench -- writes')
  .option('--databases <list>', 'how many of each kind', '1,2,4')
  .option('--seconds <number>', 'of one turn', number, 3)
  .option('--writers <number>', 'at a time, each of which waits for its answer', number, 64)
  .option('--milliseconds <number>', 'that a database takes for a write, of those that take turns', number, 20)
  .option('--repeat <number>', 'turns of each', number, 5);

await run<Flags>(program, async (flags) => {
  const counts = flags.databases.split(',').map((text) => bounded(Number(text), '--databases', 1, MOST_SHARDS));
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({
      modules: true,
      script: 'export default {};',
      cf: false,
      d1Databases: counts.flatMap((count) => Array.from({ length: count }, (_, shard) => `D${count}_${shard}`)),
    }),
  );
  try {
    const contestants: Contestant[] = [];
    for (const count of counts) {
      const local = await Promise.all(
        Array.from({ length: count }, (_, shard) => miniflare.getD1Database(`D${count}_${shard}`)),
      );
      const held = (local as unknown as Database[]).map((db) => holdingStatements(db));
      contestants.push(await contestant("Miniflare's D1", held));
      const paced = Array.from({ length: count }, () => new PacedDatabase(flags.milliseconds));
      contestants.push(await contestant(`${flags.milliseconds} ms a write`, paced));
    }
    for (let turn = 0; turn < bounded(flags.repeat, '--repeat', 1, 1000); turn++) {
      for (const each of turn % 2 === 0 ? contestants : contestants.toReversed()) {
        each.perSecond.push(await writesASecond(each.db, flags));
      }
    }
    const rows = contestants
      .toSorted((a, b) => a.kind.localeCompare(b.kind) || a.count - b.count)
      .map(rowOf(contestants));
    const notes = [
      `medians of ${flags.repeat} turns of ${flags.seconds} s, ${flags.writers} writers; ratio: to one database, spread: highest by lowest turn`,
    ];
    report(flags, { bench: 'writes', machine: MACHINE, rows }, [rows], notes);
  } finally {
    await miniflare.dispose();
  }
});

async function contestant(kind: string, all: readonly Database[]): Promise<Contestant> {
  for (const db of all) await migrate(db);
  if (all.length > 1) await reshard(all, { to: all.length });
  return { kind, count: all.length, db: all.length > 1 ? new Shards(all) : all[0], perSecond: [] };
}

async function writesASecond(db: Database, { seconds, writers }: Flags): Promise<number> {
  const began = performance.now();
  const until = began + 1000 * seconds;
  let count = 0;
  const write = async () => {
    while (performance.now() < until) {
      const movieId = Math.floor(written / PEOPLE) + 1;
      const user = FIRST_PERSON + (written++ % PEOPLE);
      const { stored } = await writeRatings(db, user, [{ movieId, rating: 4, timestamp: 1_700_000_000 }], 'page');
      if (stored !== 1) throw new MarqueeError('internal', `a rating of user ${user} was not stored`);
      count++;
    }
  };
  await Promise.all(Array.from({ length: writers }, write));
  return (1000 * count) / (performance.now() - began);
}

function rowOf(contestants: readonly Contestant[]) {
  return ({ kind, count, perSecond }: Contestant) => {
    const one = contestants.find((other) => other.kind === kind && other.count === 1);
    const ratios = one && perSecond.map((value, turn) => value / one.perSecond[turn]);
    return {
      kind,
      databases: count,
      writesPerSecond: Math.round(median(perSecond)),
      ratio: ratios ? Number(median(ratios).toFixed(2)) : null,
      spread: Number((Math.max(...perSecond) / Math.min(...perSecond)).toFixed(2)),
    };
  };
}
