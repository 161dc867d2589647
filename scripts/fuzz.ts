import { MOST_PARTS } from '../shared/artifact/parts.ts';
import { MarqueeError } from '../shared/errors.ts';
import { residentMemory } from '../test/bench/machines/stores.ts';
import { type DamageReport, damageFiles } from '../test/fuzz/damage.ts';
import { damageVersions, type VersionsReport } from '../test/fuzz/damaged-versions.ts';
import { type FuzzOptions, type FuzzReport, fuzz } from '../test/fuzz/fuzz.ts';
import { ALL_ON, FIXTURE, type FuzzedServer, LOOKS_ALWAYS, withServer } from '../test/fuzz/server.ts';
import { Target } from '../test/fuzz/target.ts';
import { readArtifact } from '../trainer/artifact/artifact.ts';
import { answer, bounded, command, number, run } from './lib/cli.ts';
import { secretOf } from './lib/server.ts';

interface Flags {
  readonly requests: number;
  readonly seed: number;
  readonly damaged: number;
  readonly versions: number;
  readonly parts: number;
  readonly truncations?: boolean;
  readonly url?: string;
  readonly json?: boolean;
}

/**
 * Bytes by which the server may grow in the second half of the requests. The runtime collects its garbage late: in the
 * first thousands it grows by some hundred megabytes whatever is asked.
 */
const GROWTH = 512 * 2 ** 20;
/** Requests between two lines of progress. */
const LINE = 2000;

const program = command('fuzz', 'sends generated and hostile requests to a server, and damaged files to the decoders')
  .option('--requests <number>', 'how many', number, 10_000)
  .option('--seed <number>', 'of all that is generated', number, 42)
  .option('--damaged <number>', 'damaged files of a small model, for the decoders', number, 2000)
  .option('--versions <number>', 'damaged versions of it, for the Worker', number, 200)
  .option('--parts <number>', 'over how many Workers the catalogue is cut, 0: none', number, 0)
  .option('--truncations', 'also each file of that model cut off at every byte; minutes')
  .option('--url <address>', 'a running server, with the tokens of .dev.vars; without it, one of its own')
  .option('--json', 'print one JSON object');

/** Faults that were found, each printed as it comes. */
const faults: string[] = [];
function fail(fault: string): void {
  faults.push(fault);
  console.error(`fault            ${fault}`);
}

await run<Flags>(program, async (flags) => {
  const { seed } = flags;
  const job = { seed, requests: bounded(flags.requests, '--requests', 0, 1e8) };
  const damaged = bounded(flags.damaged, '--damaged', 0, 1e8);
  const count = bounded(flags.versions, '--versions', 0, 1e6);
  const files = [await decoders({ seed, count: damaged })];
  if (flags.truncations) files.push(await decoders({ seed }));
  const versions = await damagedVersions({ seed, count });
  const cut = bounded(flags.parts, '--parts', 0, MOST_PARTS);
  const own = () => withServer((server) => send(server, job), { ...ALL_ON, cut });
  const sent = flags.url ? await withTokens(flags.url, job) : await own();
  for (const garbage of sent.stored.garbage) fail(garbage);
  const { report, growth } = sent.found;
  const summary = {
    seed,
    requests: report.requests,
    statuses: report.statuses,
    unreached: report.unreached.join(', '),
    growth,
    stored: sent.stored.rows,
    files: files.reduce((sum, { files }) => sum + files, 0),
    refused: files.reduce((sum, { refused }) => sum + refused, 0),
    versions: versions.versions,
    refusedVersions: versions.refused,
    faults: faults.length,
  };
  answer(flags.json, summary, textOf(summary));
  if (faults.length === 0) return;
  throw new MarqueeError('bad-data', `${faults.length} faults with --seed ${seed}`, {
    fix: 'The requests above are as they were sent, bodies in base64.',
  });
});

async function decoders(of: { seed: number; count?: number }): Promise<DamageReport> {
  const report = await damageFiles(FIXTURE, of);
  for (const failure of report.failures) fail(failure);
  console.error(`damaged files    ${report.files}, ${report.refused} refused by the decoders, all by their hash`);
  return report;
}

async function damagedVersions(of: { seed: number; count: number }): Promise<VersionsReport> {
  const artifact = await readArtifact(FIXTURE);
  const { found } = await withServer((server) => damageVersions(server, artifact, of), LOOKS_ALWAYS);
  for (const failure of found.failures) fail(failure);
  console.error(`damaged versions ${found.versions}, ${found.refused} refused by the Worker`);
  return found;
}

/** Nobody may look into the D1 of a server that runs elsewhere. */
async function withTokens(url: string, job: FuzzOptions) {
  const secrets = { API_TOKEN: await secretOf('API_TOKEN'), ADMIN_TOKEN: await secretOf('ADMIN_TOKEN') };
  return { found: await send({ url, secrets }, job), stored: { rows: {}, garbage: [] } };
}

/** Sends the requests, and says what the server's memory grew by in the second half; null where that is not known. */
async function send(
  { url, secrets, pid }: FuzzedServer,
  { requests, seed }: FuzzOptions,
): Promise<{ report: FuzzReport; growth: number | null }> {
  const target = await Target.open(url, secrets);
  const memory = async () => (pid === undefined ? null : (await residentMemory(pid).catch(() => null))?.now) ?? null;
  const began = performance.now();
  let half: number | null = null;
  const onProgress = async (done: number) => {
    if (half === null && done >= requests / 2) half = await memory();
    if (done % LINE > 0 && done < requests) return;
    const now = await memory();
    const size = now === null ? '' : `, the server's memory ${Math.round(now / 2 ** 20)} MiB`;
    const rate = Math.round((1000 * done) / (performance.now() - began));
    console.error(`requests         ${done} of ${requests}, ${rate} a second, ${faults.length} faults${size}`);
  };
  const onFailure = ({ number, fault, request }: FuzzReport['failures'][number]) =>
    fail(`request ${number}: ${fault}\n  ${request}`);
  try {
    const report = await fuzz(target, { requests, seed, onProgress, onFailure });
    const after = await memory();
    const growth = half === null || after === null ? null : after - half;
    if (growth !== null && growth > GROWTH) fail(`the server grew by ${Math.round(growth / 2 ** 20)} MiB`);
    return { report, growth };
  } finally {
    target.close();
  }
}

function textOf({
  statuses,
  stored,
  faults,
  ...counts
}: {
  statuses: object;
  stored: object;
  faults: number;
  [name: string]: unknown;
}): string {
  const verdict = faults === 0 ? 'no fault' : `${faults} faults`;
  const lines = { ...counts, answers: JSON.stringify(statuses), stored: JSON.stringify(stored), verdict };
  return Object.entries(lines)
    .map(([name, value]) => `${name.padEnd(16)} ${value}`)
    .join('\n');
}
