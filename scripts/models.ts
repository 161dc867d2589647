import { ISOLATE, megabytes, mostMemory } from '../shared/artifact/worker-memory.ts';
import { publishedModels } from '../trainer/artifact/publish.ts';
import { withBindings } from './lib/bindings.ts';
import { answer, command, run } from './lib/cli.ts';

const program = command('models', 'lists the published versions, newest first')
  .option('--remote', 'on Cloudflare instead of this machine', false)
  .option('--json', 'print one JSON object');

await run<{ remote: boolean; json?: boolean }>(program, async ({ remote, json }) => {
  const { models, damaged } = await withBindings(remote, ({ MODELS }) => publishedModels(MODELS));
  const lines = models.map(({ version, current, manifest }) => {
    const { dataset, engine, seconds } = manifest;
    const memory = `${megabytes(mostMemory(manifest).bytes)} of a Worker’s ${megabytes(ISOLATE)}`;
    const about = [dataset.name, `${dataset.ratings} ratings`, engine, `${seconds.toFixed(1)} s`, memory];
    return [current ? '*' : ' ', version, ...about].join('  ');
  });
  const flaws = damaged.map(({ version, error }) => ({ version, reason: error.message }));
  for (const { reason } of flaws) console.error(`damaged: ${reason}`);
  const nothing = flaws.length > 0 ? '' : 'nothing has been published yet: npm run publish -- --model DIR';
  answer(json, { models, damaged: flaws }, lines.join('\n') || nothing);
});
