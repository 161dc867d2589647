import { readArtifact } from '../trainer/artifact/artifact.ts';
import { publish } from '../trainer/artifact/publish.ts';
import { withBindings } from './lib/bindings.ts';
import { command, run } from './lib/cli.ts';

const program = command('publish', 'puts an artifact folder into R2 and makes it the version in service')
  .requiredOption('--model <folder>', 'an artifact folder')
  .option('--remote', 'on Cloudflare instead of this machine', false);

await run<{ model: string; remote: boolean }>(program, async ({ model, remote }) => {
  const artifact = await readArtifact(model);
  const { version, previous, replaced } = await withBindings(remote, ({ MODELS }) => publish(MODELS, artifact));
  if (replaced) console.error(`${replaced}. It was replaced; which version was in service before is not known.`);
  console.log(`${version} is in service${previous ? `; npm run rollback returns to ${previous}` : ''}`);
});
