import { readArtifact } from '../trainer/artifact/artifact.ts';
import { refuseOtherFilms, rememberFilms, titlesOfArtifact } from '../trainer/artifact/catalogue.ts';
import { publish } from '../trainer/artifact/publish.ts';
import { withBindings } from './lib/bindings.ts';
import { command, run } from './lib/cli.ts';
import { migrate } from './lib/migrations.ts';
import { sayWhenServed } from './lib/when-served.ts';

const program = command('publish', 'puts an artifact folder into R2 and makes it the version in service')
  .requiredOption('--model <folder>', 'an artifact folder')
  .option('--remote', 'on Cloudflare instead of this machine', false);

await run<{ model: string; remote: boolean }>(program, async ({ model, remote }) => {
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
  console.log(`${version} is in service${previous ? `; npm run rollback returns to ${previous}` : ''}`);
  await sayWhenServed(remote);
});
