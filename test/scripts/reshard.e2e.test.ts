import { execFile } from 'node:child_process';
import { readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { newFolder, ROOT } from './command.ts';

let folder: string;

/** A folder to work in whose wrangler.toml has the second database that ours has as a comment. */
beforeAll(async () => {
  folder = await newFolder();
  const example = /# \[\[d1_databases\]\]\n(# .*\n)+/;
  const toml = await readFile(join(ROOT, 'wrangler.toml'), 'utf8');
  await writeFile(
    join(folder, 'wrangler.toml'),
    toml.replace(example, (text) => text.replaceAll(/^# /gm, '')),
  );
  await symlink(join(ROOT, 'worker'), join(folder, 'worker'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const inFolder = () => ({ cwd: folder, env: { ...process.env, MARQUEE_STATE: join(folder, 'state') } });

async function run(name: string, ...args: string[]) {
  const command = [join(ROOT, `scripts/${name}.ts`), ...args, '--json'];
  return JSON.parse((await promisify(execFile)(process.execPath, command, inFolder())).stdout);
}

/** Lets these people rate two films each, through the bindings that every command has there. */
async function rate(...users: number[]): Promise<void> {
  const program = `
    import { withBindings } from '${ROOT}/scripts/lib/bindings.ts';
    import { migrate } from '${ROOT}/scripts/lib/migrations.ts';
    import { writeRatings } from '${ROOT}/shared/ratings/rating-store.ts';
    await withBindings(false, async ({ DB }) => {
      await migrate(DB);
      const ratings = [1, 2].map((movieId) => ({ movieId, rating: 4, timestamp: 1000 + movieId }));
      for (const user of ${JSON.stringify(users)}) await writeRatings(DB, user, ratings, 'page');
    });`;
  const file = join(folder, 'rate.mjs');
  await writeFile(file, program);
  await promisify(execFile)(process.execPath, [file], inFolder());
}

it('npm run reshard spreads people over the databases of wrangler.toml, and the other commands act on all of them', async () => {
  await rate(1, 2, 3);
  expect(await run('reshard', '--to', '2')).toMatchObject({ steps: 1, slots: [128, 128] });
  await rate(4);
  const { tables, further } = await run('backup', '--to', join(folder, 'backup'));
  const rows = [tables, further[0].tables].map(
    (all) => all.find(({ name }: { name: string }) => name === 'rating').rows,
  );
  expect([Math.min(...rows) > 0, rows[0] + rows[1]]).toEqual([true, 8]);
});
