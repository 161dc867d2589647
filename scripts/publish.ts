import { MOST_PARTS } from '../shared/artifact/parts.ts';
import { ISOLATE, megabytes, mostMemory } from '../shared/artifact/worker-memory.ts';
import { MarqueeError } from '../shared/errors.ts';
import { readArtifact } from '../trainer/artifact/artifact.ts';
import { refuseOtherFilms, rememberFilms, titlesOfArtifact } from '../trainer/artifact/catalogue.ts';
import { publish } from '../trainer/artifact/publish.ts';
import { readManifest } from '../trainer/artifact/versions.ts';
import { withBindings } from './lib/bindings.ts';
import { bounded, command, number, run } from './lib/cli.ts';
import { ENVIRONMENT, resourcesOf } from './lib/cloudflare/configuration.ts';
import { migrate } from './lib/migrations.ts';
import { sayWhenServed } from './lib/when-served.ts';

interface Flags {
  readonly model: string;
  readonly parts?: number;
  readonly workerMemory?: string;
  readonly remote: boolean;
}

const program = command('publish', 'puts an artifact folder into R2 and makes it the version in service')
  .requiredOption('--model <folder>', 'an artifact folder')
  .option(
    '--parts <number>',
    'cut the catalogue over so many Workers, 1: none; default as the version in service',
    number,
  )
  .option('--worker-memory <megabytes>', 'what a Worker has, of which a version may use all; Cloudflare’s 128')
  .option('--remote', 'on Cloudflare instead of this machine', false);

await run<Flags>(program, async ({ model, parts, workerMemory, remote }) => {
  if (workerMemory !== undefined) process.env.MARQUEE_WORKER_MEMORY = workerMemory;
  const asked = parts === undefined ? undefined : bounded(parts, '--parts', 1, MOST_PARTS);
  if (remote && asked !== undefined && asked > 1) await requireBound(asked);
  const artifact = await readArtifact(model);
  const films = titlesOfArtifact(artifact);
  const { manifest, version, previous, replaced } = await withBindings(remote, async ({ MODELS, DB }) => {
    if (!remote) await migrate(DB);
    await refuseOtherFilms({ bucket: MODELS, db: DB }, films);
    const current = await publish(MODELS, artifact, undefined, asked === 1 ? 0 : asked);
    await rememberFilms(DB, films);
    const { manifest } = await readManifest(MODELS, current.version);
    return { ...current, manifest };
  });
  if (replaced) console.error(`${replaced}. It was replaced; which version was in service before is not known.`);
  const { bytes, worker } = mostMemory(manifest);
  console.error(
    `memory           ${worker} takes ${megabytes(bytes)} of ${megabytes(ISOLATE)} while versions change over`,
  );
  console.log(`${version} is in service${previous ? `; npm run rollback returns to ${previous}` : ''}`);
  await sayWhenServed(remote);
});

/** Refuses parts for which wrangler.toml has no Workers: no version could be served. */
async function requireBound(asked: number): Promise<void> {
  const { parts, environment } = await resourcesOf(ENVIRONMENT);
  if (parts.length === asked) return;
  throw new MarqueeError(
    'bad-flag',
    `--parts: got ${asked}, but wrangler.toml binds ${parts.length} for ${environment}`,
    {
      fix: 'worker/OPERATIONS.md, "Past one isolate", says how: bind PART_1 and so on, npm run deploy, then publish.',
    },
  );
}
