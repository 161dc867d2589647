import { rollback } from '../trainer/artifact/publish.ts';
import { withBindings } from './lib/bindings.ts';
import { command, run } from './lib/cli.ts';

const program = command('rollback', 'returns to an earlier version')
  .argument('[version]', 'default: the one before the version in service')
  .option('--remote', 'on Cloudflare instead of this machine', false);

await run<{ remote: boolean }>(program, async ({ remote }, version?: string) => {
  const current = await withBindings(remote, ({ MODELS }) => rollback(MODELS, version));
  if (current.replaced) console.error(`${current.replaced}. It was replaced.`);
  const back = current.previous === null ? '' : `; npm run rollback returns to ${current.previous}`;
  console.log(`${current.version} is in service${back}`);
});
