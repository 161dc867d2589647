import { chmod, cp, glob, mkdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Bindings, openBindings, withBindings } from '../../scripts/lib/bindings.ts';
import { migrate } from '../../scripts/lib/migrations.ts';
import { readRatings, writeRatings } from '../../shared/ratings/rating-store.ts';
import { markPull } from '../../trainer/retrain/heal/identity.ts';
import { marquee, newFolder, QUICK, succeed, writeTinySet } from './command.ts';
import { freePort } from './server.ts';

let folder: string;
/** A model in service, and a rating in D1. */
let state: string;
const USER = 1_000_000_001;
const VISITED = { movieId: 7, rating: 4.5, timestamp: 1_700_000_000 };

beforeAll(async () => {
  folder = await newFolder();
  await writeTinySet(folder);
  state = join(folder, 'state');
  const model = join(folder, 'model');
  await succeed('train', ['--data', folder, '--out', model, ...QUICK]);
  await succeed('publish', ['--model', model], { MARQUEE_STATE: state });
  await withBindings(false, ({ DB }) => writeRatings(DB, USER, [VISITED], 'page'), state);
  await writeFile(join(folder, 'mine.csv'), 'userId,movieId,rating,timestamp\n1,5,4,1600000000\n');
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** The SQLite file of a local store. */
async function databaseOf(state: string, store: 'r2' | 'd1'): Promise<string> {
  for await (const file of glob(join(state, `v3/${store}/*/*.sqlite`))) if (!/metadata/.test(file)) return file;
  throw new Error(`${state} has no ${store}`);
}

/** The file after all of its write-ahead log went into it, which otherwise stands in for damaged pages. */
async function settled(file: string): Promise<string> {
  const database = new DatabaseSync(file);
  database.exec('PRAGMA wal_checkpoint(TRUNCATE)');
  database.close();
  for (const end of ['-wal', '-shm']) await rm(file + end, { force: true });
  return file;
}

async function copyOfState(name: string): Promise<string> {
  const copy = join(folder, name);
  await cp(state, copy, { recursive: true });
  return copy;
}

describe('a database that another program writes to', () => {
  /** Lets a command meet a write transaction that ends when the command says that it waits. */
  async function besideWriter(name: string, args: readonly string[]) {
    const writer = new DatabaseSync(await databaseOf(state, 'd1'));
    writer.exec('BEGIN IMMEDIATE');
    const hear = (stderr: string) => {
      if (stderr.includes('D1 is busy') && writer.isTransaction) writer.exec('ROLLBACK');
    };
    const result = await marquee(name, args, { MARQUEE_STATE: state }, { hear });
    const waited = !writer.isTransaction;
    writer.close();
    return { ...result, waited };
  }

  it('is waited for by retrain, which then takes up its ratings', async () => {
    const { status, stdout, stderr, waited } = await besideWriter('retrain', ['--data', folder, '--force', ...QUICK]);
    expect({ status, stderr, waited }).toMatchObject({ status: 0, waited: true });
    expect(stdout).toContain('joined with 1 rows of the log');
  });

  it('is waited for by replay and by import', async () => {
    const fill = async ({ MODELS }: Bindings) => {
      await MODELS.put('dead-letters/one.json', JSON.stringify(LETTER));
    };
    await withBindings(false, fill, state);
    expect(await besideWriter('replay', [])).toMatchObject({ status: 0, waited: true });
    const imported = await besideWriter('import', [join(folder, 'mine.csv'), '--user', '9']);
    expect(imported).toMatchObject({ status: 0, waited: true });
    const held = await withBindings(
      false,
      async ({ DB }) => [await readRatings(DB, USER), await readRatings(DB, 9)],
      state,
    );
    expect(held).toEqual([
      [VISITED, { movieId: 8, rating: 3, timestamp: 1_700_000_100 }],
      [{ movieId: 5, rating: 4, timestamp: 1_600_000_000 }],
    ]);
  });

  it('that never ends writing is given up on, with a clear error and nothing changed', async () => {
    const writer = new DatabaseSync(await databaseOf(state, 'd1'));
    writer.exec('BEGIN IMMEDIATE');
    const { bindings, close } = await openBindings(false, state, 0);
    await expect(markPull(bindings.MODELS, bindings.DB)).rejects.toMatchObject({
      code: 'store-unavailable',
      message: 'D1 was busy for 0 s: another program writes to it',
    });
    await close();
    writer.close();
    const retrained = await succeed('retrain', ['--data', folder, '--force', ...QUICK], { MARQUEE_STATE: state });
    expect(retrained).toContain('joined with 3 rows of the log');
  });
});

const LETTER = {
  kind: 'ratings',
  user: USER,
  ratings: [[8, 3, 1_700_000_100]],
  source: 'page',
  acceptedAt: 1_700_000_100_000,
};

it('a hundred writes at a time are all answered, though garbage is collected while they wait', async () => {
  setFlagsFromString('--expose-gc');
  const gc: () => void = runInNewContext('gc');
  const people = Array.from({ length: 100 }, (_, i) => 2_000 + i);
  const written = await withBindings(
    false,
    async ({ DB }) => {
      await migrate(DB);
      let waiting = true;
      const writes = Promise.all(people.map((user) => writeRatings(DB, user, [VISITED], 'page'))).finally(() => {
        waiting = false;
      });
      while (waiting) {
        await new Promise(setImmediate);
        gc();
      }
      await writes;
      return DB.prepare('SELECT count(*) FROM rating').first();
    },
    join(folder, 'collected'),
  );
  expect(written).toEqual({ 'count(*)': 100 });
});

describe.each<[string, (file: string) => Promise<void>]>([
  ['cut off', (file) => truncate(file, 10_000)],
  ['overwritten', (file) => writeFile(file, 'no database '.repeat(2000))],
  ['overwritten in the middle', overwriteMiddle],
])('a database file that is %s', (kind, damage) => {
  it.each<[string, readonly string[]]>([
    ['start', ['--data', 'FOLDER', '--port', 'PORT']],
    ['retrain', ['--data', 'FOLDER', ...QUICK]],
    ['import', ['MINE', '--user', '9']],
    ['replay', []],
  ])('is named by %s, with what to do', async (name, args) => {
    const copy = await copyOfState(`${kind}-${name}`.replaceAll(' ', '-'));
    const file = await settled(await databaseOf(copy, 'd1'));
    await damage(file);
    const meant: Record<string, string> = {
      FOLDER: folder,
      MINE: join(folder, 'mine.csv'),
      PORT: String(await freePort()),
    };
    const given = args.map((arg) => meant[arg] ?? arg);
    const { status, stderr } = await marquee(name, given, { MARQUEE_STATE: copy });
    expect({ status, stderr }).toMatchObject({
      status: 1,
      stderr: expect.stringContaining(`error: ${file} is damaged`),
    });
    expect(stderr).toContain('npm run heal');
    expect(stderr).not.toContain('    at ');
  });
});

/** Damages every page but the first: what the file is, it still says. */
async function overwriteMiddle(file: string): Promise<void> {
  const bytes = await readFile(file);
  await writeFile(file, bytes.fill(0xa5, 4096));
}

it('after a damaged database was moved away, a heal brings back what a retrain copied, and a rating goes on', async () => {
  const copy = await copyOfState('healed');
  await succeed('retrain', ['--data', folder, '--force', ...QUICK], { MARQUEE_STATE: copy });
  const read = () => withBindings(false, ({ DB }) => readRatings(DB, USER), copy);
  const before = await read();
  expect(before.length).toBeGreaterThan(0);
  await rm(await settled(await databaseOf(copy, 'd1')));
  expect(await succeed('heal', [], { MARQUEE_STATE: copy })).toContain('healed');
  expect(await read()).toEqual(before);
  await succeed('retrain', ['--data', folder, '--force', ...QUICK], { MARQUEE_STATE: copy });
  expect(await read()).toEqual(before);
});

it('a damaged file of R2 is named as well', async () => {
  const copy = await copyOfState('no-bucket');
  const file = await settled(await databaseOf(copy, 'r2'));
  await writeFile(file, 'no database '.repeat(2000));
  const { status, stderr } = await marquee('models', [], { MARQUEE_STATE: copy });
  expect({ status, stderr }).toMatchObject({ status: 1, stderr: expect.stringContaining(`error: ${file} is damaged`) });
});

/** Nobody's user id; only root may run a command as another user. */
const NOBODY = 65534;

describe.runIf(process.getuid?.() === 0)('a folder that this user may not write to', () => {
  it.each<[string, readonly string[]]>([
    ['start', ['--port', 'PORT']],
    ['retrain', []],
    ['import', ['MINE', '--user', '9']],
    ['models', []],
  ])('is named by %s, with what to do', async (name, args) => {
    const locked = join(folder, `locked-${name}`);
    await mkdir(join(locked, 'v3'), { recursive: true });
    await chmod(folder, 0o755);
    const meant: Record<string, string> = { MINE: join(folder, 'mine.csv'), PORT: String(await freePort()) };
    const given = args.map((arg) => meant[arg] ?? arg);
    const { status, stderr } = await marquee(name, given, { MARQUEE_STATE: locked, HOME: locked }, { uid: NOBODY });
    expect({ status, stderr }).toMatchObject({ status: 1, stderr: expect.stringContaining(locked) });
    expect(stderr).toMatch(/MARQUEE_STATE=FOLDER/);
    expect(stderr).not.toContain('    at ');
  });
});
