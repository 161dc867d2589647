/**
 * What people notice when R2, D1 or the queue are slow, fail, fall silent or answer with what was: recommendations that
 * were not answered once a model is loaded, and ratings that were accepted and lost.
 *
 *   npm run bench -- faults [--movies 9000] [--seconds 5] [--connections 8] [--json] [--markdown]
 *
 * The Worker is the bundle that is deployed, in workerd alone. Its bindings are workerd's own; between them and the stores
 * in memory stand proxies that misbehave (`machines/faulty-proxy.ts`). Each phase puts another version into service.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bounded, command, number, run } from '../../scripts/lib/cli.ts';
import { MarqueeError } from '../../shared/errors.ts';
import { MACHINE } from './harness/machine.ts';
import { addReportFlags, type ReportFlags, type ReportRow, report } from './harness/report.ts';
import { syntheticArtifact } from './harness/synthetic-artifact.ts';
import { bundleWorker } from './machines/workerd.ts';
import { failUnderLoad, type Phase } from './serving/faults.ts';

interface Flags extends ReportFlags {
  readonly movies: number;
  readonly users: number;
  readonly seconds: number;
  readonly connections: number;
}

const VERSIONS = ['20260101T000000Z-bench1', '20260102T000000Z-bench2'];
/** Of the recommendations, in percent. */
const PROMISED = 99.99;

const program = addReportFlags(command('bench', 'measures what people notice of faults of R2, D1 and the queue'))
  .name('npm run bench -- faults')
  .option('--movies <number>', 'movies of the model', number, 9000)
  .option('--users <number>', 'users of the model', number, 1024)
  .option('--seconds <number>', 'of each fault', number, 5)
  .option('--connections <number>', 'how many at a time ask for recommendations', number, 8);

await run<Flags>(program, async (flags) => {
  const users = bounded(flags.users, '--users', 1, 1_000_000);
  const movies = bounded(flags.movies, '--movies', 300, 1_000_000);
  const connections = bounded(flags.connections, '--connections', 1, 1000);
  const artifacts = VERSIONS.map((version, v) => syntheticArtifact({ version, movies, users, seed: v + 1 }));
  const folder = await mkdtemp(join(tmpdir(), 'marquee-bench-'));
  try {
    const job = { artifacts, users, seconds: flags.seconds, connections };
    const { phases, lost } = await failUnderLoad(await bundleWorker(folder), job);
    const [answers, failed] = [sum(phases, ({ load }) => load.answers), sum(phases, ({ load }) => load.failed)];
    const accepted = sum(phases, ({ stored, queued }) => stored + queued);
    const availability = 100 * (1 - failed / answers);
    const result = {
      bench: 'faults',
      machine: MACHINE,
      movies,
      users,
      phases,
      answers,
      failed,
      availability,
      accepted,
      lost,
    };
    const notes = [
      `${answers} recommendations, ${failed} not answered: availability ${availability.toFixed(3)}%`,
      `${accepted} ratings accepted, ${lost} lost`,
      `${movies} movies, ${connections} connections, ${flags.seconds} s each, times in ms`,
    ];
    report(flags, result, [phases.map(rowOf)], notes);
    if (lost > 0 || availability < PROMISED) throw new MarqueeError('internal', notes.slice(0, 2).join('; '));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

function sum(phases: readonly Phase[], of: (phase: Phase) => number): number {
  return phases.reduce((total, phase) => total + of(phase), 0);
}

function rowOf({ faults, load, stored, queued, refused }: Phase): ReportRow {
  const names = { r2: 'R2', d1: 'D1', queue: 'queue' };
  const wrong = Object.entries(faults).map(([store, fault]) => `${names[store as keyof typeof names]} ${fault}`);
  return {
    fault: wrong.join(', ') || 'none',
    answers: load.answers,
    failed: load.failed,
    p50: Math.round(load.p50),
    p99: Math.round(load.p99),
    'ratings stored': stored,
    queued,
    refused,
  };
}
