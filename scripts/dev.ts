import { join } from 'node:path';
import { EMBEDDED_DATASET } from '../trainer/data/index.ts';
import { bounded, command, number, run } from './lib/cli.ts';
import { claimState } from './lib/one-server.ts';
import { watchPage } from './lib/page.ts';
import { endOnSignals, makeSecrets, startServer } from './lib/server.ts';
import { placeOf } from './lib/state.ts';

interface Flags {
  readonly port: number;
  readonly data: string;
}

const program = command('dev', 'serves what npm start trained; page and Worker follow each change of their files')
  .option('--port <number>', 'port to serve on', number, Number(process.env.PORT ?? 8787))
  .option('--data <set>', 'the data set whose model is served', EMBEDDED_DATASET);

await run<Flags>(program, async (flags) => {
  const port = bounded(flags.port, '--port', 1, 65535);
  process.chdir(join(import.meta.dirname, '..'));
  const { state } = placeOf(flags.data);
  await claimState(state, `http://localhost:${port}`);
  await makeSecrets();
  await watchPage(() => console.error(`page built at ${new Date().toLocaleTimeString('en-GB')}`));
  const { url } = await startServer(state, port, { watch: true });
  console.log(`\n  Marquee is at ${url}, and reloads after each change. Ctrl-C stops it.`);
  endOnSignals(0);
});
