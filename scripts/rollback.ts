import { type FilmTitles, refuseRollback, rememberFilms, titlesOfVersion } from '../trainer/artifact/catalogue.ts';
import { rollback } from '../trainer/artifact/publish.ts';
import { type Bindings, withBindings } from './lib/bindings.ts';
import { command, run } from './lib/cli.ts';
import { migrate } from './lib/migrations.ts';
import { sayWhenServed } from './lib/when-served.ts';

const program = command('rollback', 'returns to an earlier version')
  .argument('[version]', 'default: the one before the version in service')
  .option('--remote', 'on Cloudflare instead of this machine', false);

await run<{ remote: boolean }>(program, async ({ remote }, version?: string) => {
  const current = await withBindings(remote, (bindings) => goBack(bindings, remote, version));
  if (current.replaced) console.error(`${current.replaced}. It was replaced.`);
  const back = current.previous === null ? '' : `; npm run rollback returns to ${current.previous}`;
  console.log(`${current.version} is in service${back}`);
  if (current.ended) console.log(`the experiment ${current.ended} has ended: everybody gets that version`);
  await sayWhenServed(remote);
});

async function goBack({ MODELS, DB }: Bindings, remote: boolean, version?: string) {
  let films: FilmTitles | null = null;
  const current = await rollback(MODELS, version, async (target) => {
    const found = await titlesOfVersion(MODELS, target);
    if (!remote) await migrate(DB).catch(() => undefined); // a database that cannot be used is said below
    const trouble = await refuseRollback({ bucket: MODELS, db: DB }, found);
    if (trouble) console.error(`D1 was not asked what films its ratings are of: ${trouble.message}`);
    else films = found;
  });
  if (films) await rememberFilms(DB, films);
  return current;
}
