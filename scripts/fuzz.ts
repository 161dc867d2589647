import { MarqueeError } from '../shared/errors.ts';
import { damageFiles } from '../test/fuzz/damage.ts';
import { type FuzzReport, fuzz } from '../test/fuzz/fuzz.ts';
import { FIXTURE, memoryOfChildren, withServer } from '../test/fuzz/server.ts';
import { Target } from '../test/fuzz/target.ts';
import { readArtifact } from '../trainer/artifact/artifact.ts';
import { answer, bounded, command, number, run } from './lib/cli.ts';
import { secretOf } from './lib/server.ts';

interface Flags {
  readonly requests: number;
  readonly seed: number;
  readonly damaged: number;
  readonly truncations?: boolean;
  readonly url?: string;
  readonly json?: boolean;
}

/**
 * Bytes by which the server may grow in the second half of the requests. The runtime collects its garbage late: in the
 * first thousands it grows by some hundred megabytes whatever is asked.
 */
const GROWTH = 512 * 2 ** 20;
/** Failures that are printed. */
const SHOWN = 20;

const program = command('fuzz', 'sends generated and hostile requests to a server, and damaged files to the decoders')
  .option('--requests <number>', 'how many', number, 10_000)
  .option('--seed <number>', 'of all that is generated', number, 42)
  .option('--damaged <number>', 'damaged files of a small model', number, 2000)
  .option('--truncations', 'also each file of that model cut off at every byte; minutes')
  .option('--url <address>', 'a running server, with the tokens of .dev.vars; without it, one of its own')
  .option('--json', 'print one JSON object');

await run<Flags>(program, async (flags) => {
  const requests = bounded(flags.requests, '--requests', 0, 1e8);
  const damaged = bounded(flags.damaged, '--damaged', 0, 1e8);
  const sent = flags.url ? await withTokens(flags.url, flags) : await withServer((server) => send(server, flags));
  const artifact = await readArtifact(FIXTURE);
  const files = [await damageFiles(artifact, { seed: flags.seed, count: damaged })];
  if (flags.truncations) files.push(await damageFiles(artifact, { seed: flags.seed }));
  const { report, growth } = sent.found;
  const faults = [
    ...report.failures.map(({ number, fault, request }) => `request ${number}: ${fault}\n  ${request}`),
    ...sent.stored.garbage,
    ...files.flatMap(({ failures }) => failures),
    ...(growth !== null && growth > GROWTH ? [`the server grew by ${Math.round(growth / 2 ** 20)} MiB`] : []),
  ];
  for (const fault of faults.slice(0, SHOWN)) console.error(fault);
  const summary = {
    seed: flags.seed,
    requests,
    statuses: report.statuses,
    unreached: report.unreached.join(', '),
    growth,
    stored: sent.stored.rows,
    files: files.reduce((sum, { files }) => sum + files, 0),
    refused: files.reduce((sum, { refused }) => sum + refused, 0),
    faults: faults.length,
  };
  answer(flags.json, summary, textOf(summary));
  if (faults.length === 0) return;
  throw new MarqueeError('bad-data', `${faults.length} faults with --seed ${flags.seed}`, {
    fix: 'The requests above are as they were sent, bodies in base64.',
  });
});

/** Nobody may look into the D1 of a server that runs elsewhere. */
async function withTokens(url: string, flags: Flags) {
  const secrets = { API_TOKEN: await secretOf('API_TOKEN'), ADMIN_TOKEN: await secretOf('ADMIN_TOKEN') };
  return { found: await send({ url, secrets }, flags), stored: { rows: {}, garbage: [] } };
}

async function send(
  { url, secrets }: { url: string; secrets: object },
  { requests, seed }: Flags,
): Promise<{ report: FuzzReport; growth: number | null }> {
  const target = await Target.open(url, secrets);
  let before: number | null = null;
  const onProgress = async (done: number) => {
    if (before === null && done >= requests / 2) before = await memoryOfChildren();
    if (done % 1000 > 0) return;
    const memory = Math.round(((await memoryOfChildren()) ?? 0) / 2 ** 20);
    console.error(`requests         ${done}, the server's memory ${memory} MiB`);
  };
  try {
    const report = await fuzz(target, { requests, seed, onProgress });
    const after = await memoryOfChildren();
    return { report, growth: before === null || after === null ? null : after - before };
  } finally {
    target.close();
  }
}

function textOf({
  statuses,
  stored,
  ...counts
}: {
  statuses: object;
  stored: object;
  [name: string]: unknown;
}): string {
  const lines = Object.entries({ ...counts, answers: JSON.stringify(statuses), stored: JSON.stringify(stored) });
  return lines.map(([name, value]) => `${name.padEnd(16)} ${value}`).join('\n');
}
