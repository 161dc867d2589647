import { publishedModels } from '../trainer/artifact/publish.ts';
import { withBindings } from './lib/bindings.ts';
import { answer, command, run } from './lib/cli.ts';

const program = command('models', 'lists the published versions, newest first')
  .option('--remote', 'on Cloudflare instead of this machine', false)
  .option('--json', 'print one JSON object');

await run<{ remote: boolean; json?: boolean }>(program, async ({ remote, json }) => {
  const { models, damaged } = await withBindings(remote, ({ MODELS }) => publishedModels(MODELS));
  const lines = models.map(({ version, current, manifest: { dataset, engine, seconds } }) =>
    [current ? '*' : ' ', version, dataset.name, `${dataset.ratings} ratings`, engine, `${seconds.toFixed(1)} s`].join(
      '  ',
    ),
  );
  const flaws = damaged.map(({ version, error }) => ({ version, reason: error.message }));
  for (const { reason } of flaws) console.error(`damaged: ${reason}`);
  const nothing = flaws.length > 0 ? '' : 'nothing has been published yet: npm run publish -- --model DIR';
  answer(json, { models, damaged: flaws }, lines.join('\n') || nothing);
});
