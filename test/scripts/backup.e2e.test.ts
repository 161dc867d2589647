import { cp, mkdir, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { dumpDatabase } from '../../scripts/lib/backup/dump.ts';
import { type BackupManifest, fileOf } from '../../scripts/lib/backup/manifest.ts';
import { type Bindings, withBindings } from '../../scripts/lib/bindings.ts';
import { deletePerson } from '../../shared/ratings/people.ts';
import { readRatings, writeRatings } from '../../shared/ratings/rating-store.ts';
import { createPerson, deletedPeople } from '../../shared/ratings/tables/person.ts';
import type { Database } from '../../shared/storage/database.ts';
import { markPull, standingOf } from '../../trainer/retrain/heal/identity.ts';
import { takeLease } from '../../trainer/retrain/lease.ts';
import { pullLog } from '../../trainer/retrain/log/log.ts';
import { marquee, newFolder, QUICK, succeed, writeTinySet } from './command.ts';

let folder: string;
/** A state with everything in it, and its backup. */
let full: string;
let backup: string;
/** A copy of it for each test. */
let state: string;
let copies = 0;

const inState = <T>(work: (bindings: Bindings) => Promise<T>, at = state) => withBindings(false, work, at);
const run = (name: string, args: readonly string[], at = state) => marquee(name, args, { MARQUEE_STATE: at });
const manifestOf = async (at: string): Promise<BackupManifest> =>
  JSON.parse(await readFile(join(at, 'backup.json'), 'utf8'));
/** What every command says that changed what is served. */
const SERVED = 'Every request is answered so in 10 s at the latest.\n';
const stars = (movieId: number, timestamp = movieId) => ({ movieId, rating: 4, timestamp });

beforeAll(async () => {
  folder = await newFolder();
  full = join(folder, 'full');
  backup = join(folder, 'backup');
  await writeTinySet(folder);
  const model = join(folder, 'model');
  await succeed('train', ['--data', folder, '--out', model, ...QUICK]);
  await succeed('publish', ['--model', model], { MARQUEE_STATE: full });
  await succeed('hide', ['5'], { MARQUEE_STATE: full });
  await inState(async ({ MODELS, DB }) => {
    const people = [await createPerson(DB, 1), await createPerson(DB, 2)];
    for (const user of [7, ...people])
      await writeRatings(
        DB,
        user,
        [1, 2, 3, 4].map((id) => stars(id)),
        'page',
      );
    await pullLog(MODELS, DB, undefined, undefined, () => markPull(MODELS, DB));
    await writeRatings(DB, people[0], [stars(9)], 'page');
    await DB.prepare("INSERT INTO gathering VALUES ('quoted \"''\n code', NULL, 1.0)").run();
    await deletePerson(DB, people[1], 3);
    await MODELS.put('dead-letters/a.json', '{}');
  }, full);
  await succeed('backup', ['--to', backup], { MARQUEE_STATE: full });
});
afterAll(() => rm(folder, { recursive: true, force: true }));
beforeEach(async () => {
  state = join(folder, `state-${++copies}`);
});

/** What a state holds, by name: tables without the number of the next person, and objects. */
async function holdings(at: string): Promise<Record<string, string>> {
  const to = join(folder, `holdings-${++copies}`);
  await succeed('backup', ['--to', to], { MARQUEE_STATE: at });
  const { tables, objects } = await manifestOf(to);
  const files = tables.filter(({ name }) => name !== 'sqlite_sequence').flatMap((table) => table.files);
  return Object.fromEntries([...files, ...objects].map(({ path, sha256 }) => [path, sha256]));
}

describe('a restore', () => {
  it('brings back, to the byte, what was wiped, and a retrain learns from the same ratings', async () => {
    const { status, stdout, stderr } = await run('restore', ['--from', backup]);
    expect({ status, stderr }).toEqual({ status: 0, stderr: SERVED });
    expect(stdout).toMatch(/^restored \d+ rows of D1 and \d+ objects of R2, \d+\.\d MB, of 20\S+, epoch 1\n/);
    expect(await holdings(state)).toEqual(await holdings(full));
    expect(await inState(({ MODELS, DB }) => standingOf(MODELS, DB))).toMatchObject({ kind: 'sound' });
    const original = join(folder, 'original');
    await cp(full, original, { recursive: true });
    const [first, second] = [original, state].map((at) =>
      succeed('retrain', ['--data', folder, '--force', '--json', ...QUICK], { MARQUEE_STATE: at }),
    );
    const reports = [JSON.parse(await first), JSON.parse(await second)];
    expect(reports[1].data).toEqual(reports[0].data);
    expect(reports[1].comparison).toEqual(reports[0].comparison);
  });

  it('refuses what is not empty, and changes nothing there', async () => {
    await cp(full, state, { recursive: true });
    const before = await holdings(state);
    const { status, stderr } = await run('restore', ['--from', backup]);
    expect(status).toBe(1);
    expect(stderr).toMatch(/there is something already: \d+ objects in R2, \d+ rows of rating in D1/);
    expect(stderr).toContain('--replace');
    expect(await holdings(state)).toEqual(before);
  });

  it('refuses a version for which a Worker has no room, and changes nothing', async () => {
    const small = { MARQUEE_STATE: state, MARQUEE_WORKER_MEMORY: '10' };
    const { status, stderr } = await marquee('restore', ['--from', backup], small);
    expect(status).toBe(1);
    expect(stderr).toMatch(/does not fit: the Worker needs \d+ MB and has 10 MB/);
    expect((await run('restore', ['--from', backup])).status).toBe(0);
  });

  it('with --replace leaves nothing that came after the backup, but keeps deletions and gives no number out again', async () => {
    await cp(full, state, { recursive: true });
    const [deleted, newcomer] = await inState(async ({ MODELS, DB }) => {
      await writeRatings(DB, 7, [stars(10)], 'page');
      await deletePerson(DB, 1_000_000_001, 5);
      await pullLog(MODELS, DB, undefined, undefined, () => markPull(MODELS, DB));
      await MODELS.put('models/later/manifest.json', '{}');
      return [1_000_000_001, await createPerson(DB, 6)];
    });
    const { stdout, stderr } = await run('restore', ['--from', backup, '--replace']);
    expect(stderr).toBe(SERVED);
    expect(stdout).toContain('people deleted since the backup, now deleted again: 1');
    await inState(async ({ MODELS, DB }) => {
      expect((await readRatings(DB, 7)).map(({ movieId }) => movieId)).toEqual([1, 2, 3, 4]);
      expect(await readRatings(DB, deleted)).toEqual([]);
      expect(await deletedPeople(DB)).toEqual([deleted, 1_000_000_002]);
      expect(await createPerson(DB, 7)).toBeGreaterThan(newcomer);
      expect(await MODELS.get('models/later/manifest.json')).toBeNull();
      expect(await standingOf(MODELS, DB)).toMatchObject({ kind: 'sound' });
    });
  });

  it('of an older release gets the tables of this one', async () => {
    const older = join(folder, 'older');
    await cp(backup, older, { recursive: true });
    const manifest = await manifestOf(older);
    const isNewer = (text: string) => /gathering/.test(text);
    const tables = manifest.tables.filter(({ name }) => !isNewer(name));
    const schema = manifest.schema.filter((sql) => !isNewer(sql));
    const record = join(older, 'd1/d1_migrations-00001.jsonl');
    const lines = (await readFile(record, 'utf8')).split('\n').filter((line) => !isNewer(line));
    const bytes = new TextEncoder().encode(lines.join('\n'));
    await writeFile(record, bytes);
    const files = [fileOf('d1/d1_migrations-00001.jsonl', bytes)];
    const changed = tables.map((table) => (table.name === 'd1_migrations' ? { ...table, files } : table));
    await writeFile(join(older, 'backup.json'), JSON.stringify({ ...manifest, schema, tables: changed }));
    expect(await run('restore', ['--from', older])).toMatchObject({ status: 0, stderr: SERVED });
    const count = ({ DB }: Bindings) => DB.prepare('SELECT count(*) AS rows FROM gathering').first();
    expect(await inState(count)).toEqual({ rows: 0 });
  });
});

describe('a backup that is cut off or damaged', () => {
  it.each<[string, RegExp, (at: string) => Promise<void>]>([
    ['has no list of its files', /is no whole backup: backup\.json/, (at) => rm(join(at, 'backup.json'))],
    ['lacks a file', /is not there: the backup is cut off/, (at) => rm(join(at, 'd1/rating_log-00001.jsonl'))],
    ['has half a file', /rating-00001\.jsonl has 7 bytes/, (at) => truncate(join(at, 'd1/rating-00001.jsonl'), 7)],
    [
      'has other bytes',
      /current\.json has \d+ bytes or other ones/,
      async (at) => {
        const path = join(at, 'r2/current.json');
        await writeFile(path, (await readFile(path, 'utf8')).replace('version', 'Version'));
      },
    ],
    [
      'names a file elsewhere',
      /expected a path in the folder/,
      async (at) => {
        const path = join(at, 'backup.json');
        await writeFile(path, (await readFile(path, 'utf8')).replace('d1/rating-00001', 'd1/../rating-00001'));
      },
    ],
  ])('%s: nothing is restored', async (_what, message, damage) => {
    const at = join(folder, `damaged-${++copies}`);
    await cp(backup, at, { recursive: true });
    await damage(at);
    await cp(full, state, { recursive: true });
    const { status, stderr } = await run('restore', ['--from', at, '--replace']);
    expect({ status, stderr }).toMatchObject({ status: 1, stderr: expect.stringMatching(message) });
    expect(stderr).toContain('Nothing was changed.');
  });
});

describe('a backup', () => {
  it('is never written over another, nor beside a retrain', async () => {
    expect(await run('backup', ['--to', backup], full)).toMatchObject({
      status: 1,
      stderr: expect.stringContaining(`${backup} is there already`),
    });
    await cp(full, state, { recursive: true });
    const lease = { holder: 'elsewhere, process 7', milliseconds: 3_600_000, now: Date.now };
    await inState(({ MODELS }) => takeLease(MODELS, lease));
    const to = join(folder, 'beside');
    const { status, stderr } = await run('backup', ['--to', to]);
    expect({ status, stderr }).toMatchObject({ status: 1, stderr: expect.stringContaining('elsewhere, process 7') });
    expect(await readdir(folder)).not.toContain('beside');
    await succeed('backup', ['--to', to, '--take-over'], { MARQUEE_STATE: state });
  });

  it('leaves versions that are not in service out when asked', async () => {
    await cp(full, state, { recursive: true });
    await inState(async ({ MODELS }) => {
      await MODELS.put('models/another/manifest.json', '{}');
    });
    const to = join(folder, 'only');
    await succeed('backup', ['--to', to, '--only-in-service'], { MARQUEE_STATE: state });
    const keys = (await manifestOf(to)).objects.map(({ key }) => key);
    expect(keys).not.toContain('models/another/manifest.json');
    expect(keys.filter((key) => key.startsWith('models/')).length).toBeGreaterThan(4);
  });

  it('reads a database again that was written to meanwhile, and gives up when it always is', async () => {
    await cp(full, state, { recursive: true });
    const to = join(folder, 'busy');
    await mkdir(to);
    await inState(async ({ DB }) => {
      const dump = await dumpDatabase(disturbed(DB, 1), to);
      const log = dump.tables.find(({ name }) => name === 'rating_log')!;
      expect(log.rows).toBe((await DB.prepare('SELECT count(*) AS n FROM rating_log').first<{ n: number }>())!.n);
      await expect(dumpDatabase(disturbed(DB, 100), to)).rejects.toMatchObject({ code: 'store-unavailable' });
    });
  });
});

/** A database to which somebody writes a rating whenever its log is about to be read, so many times. */
function disturbed(db: Database, times: number): Database {
  let [left, film] = [times, 20];
  return {
    batch: (statements) => db.batch(statements),
    prepare: (sql) => {
      const statement = db.prepare(sql);
      if (!/FROM rating_log/.test(sql) || /total/.test(sql)) return statement;
      const write = async () => {
        if (left-- > 0) await writeRatings(db, 7, [stars(film++)], 'page');
      };
      const raw = async <T>() => {
        await write();
        return statement.raw<T>();
      };
      return { ...statement, raw, bind: (...values) => statement.bind(...values) } as typeof statement;
    },
  };
}
