import { ISOLATE, megabytes, mostMemory } from '../shared/artifact/worker-memory.ts';
import { readArtifact } from '../trainer/artifact/artifact.ts';
import { refuseOtherFilms, rememberFilms, titlesOfArtifact } from '../trainer/artifact/catalogue.ts';
import { publish } from '../trainer/artifact/publish.ts';
import { withBindings } from './lib/bindings.ts';
import { command, run } from './lib/cli.ts';
import { migrate } from './lib/migrations.ts';
import { sayWhenServed } from './lib/when-served.ts';

const program = command('publish', 'puts an artifact folder into R2 and makes it the version in service')
  .requiredOption('--model <folder>', 'an artifact folder')
  .option('--worker-memory <megabytes>', 'what a Worker has, of which a version may use all; Cloudflare’s 128')
  .option('--remote', 'on Cloudflare instead of this machine', false);

await run<{ model: string; workerMemory?: string; remote: boolean }>(program, async (flags) => {
  const { model, workerMemory, remote } = flags;
  if (workerMemory !== undefined) process.env.MARQUEE_WORKER_MEMORY = workerMemory;
  const artifact = await readArtifact(model);
  const films = titlesOfArtifact(artifact);
  const { version, previous, replaced } = await withBindings(remote, async ({ MODELS, DB }) => {
    if (!remote) await migrate(DB);
    await refuseOtherFilms({ bucket: MODELS, db: DB }, films);
    const current = await publish(MODELS, artifact);
    await rememberFilms(DB, films);
    return current;
  });
  if (replaced) console.error(`${replaced}. It was replaced; which version was in service before is not known.`);
  const { bytes, worker } = mostMemory(artifact.manifest);
  console.error(
    `memory           ${worker} takes ${megabytes(bytes)} of ${megabytes(ISOLATE)} while versions change over`,
  );
  console.log(`${version} is in service${previous ? `; npm run rollback returns to ${previous}` : ''}`);
  await sayWhenServed(remote);
});
