import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { withBindings } from '../../../scripts/lib/bindings.ts';
import { migrate } from '../../../scripts/lib/migrations.ts';
import { readRatings, writeRatings } from '../../../shared/ratings/rating-store.ts';
import { readCatalogue } from '../../../shared/ratings/tables/store.ts';
import type { Database } from '../../../shared/storage/database.ts';
import { readArtifact } from '../../../trainer/artifact/artifact.ts';
import {
  type FilmTitles,
  refuseOtherFilms,
  refuseRollback,
  rememberFilms,
  titlesOfArtifact,
  titlesOfVersion,
} from '../../../trainer/artifact/catalogue.ts';
import { publish, publishedModels } from '../../../trainer/artifact/publish.ts';
import { lowRank } from '../../fixtures/datasets.ts';
import { marquee, newFolder, QUICK, ratingsCsv, succeed } from '../../scripts/command.ts';
import { MemoryBucket, openDatabase } from '../retrain/stores.ts';

/** Films `from` to `to`; a title says which catalogue's number it has. */
function films(dataset: string, from: number, to: number, titleOf: (movieId: number) => string): FilmTitles {
  const ids = Array.from({ length: to - from + 1 }, (_, j) => from + j);
  return { dataset, titles: new Map(ids.map((movieId) => [movieId, titleOf(movieId)])) };
}

const titleOf = (movieId: number) => `Story ${movieId}, The`;
const OWN = films('own', 1, 900, titleOf);
const fail = async () => {
  throw new Error('D1 is down');
};
const failing = { bind: () => failing, all: fail, first: fail, run: fail, raw: fail };
const REFUSED = { code: 'bad-data', fix: expect.stringContaining('MARQUEE_STATE') };

describe('the films that the ratings are of', () => {
  let db: Database;
  let close: () => Promise<void>;
  beforeAll(async () => {
    ({ db, close } = await openDatabase());
  });
  afterAll(() => close());
  beforeEach(async () => {
    await db.batch(['DELETE FROM rating', 'UPDATE store SET catalogue = NULL'].map((sql) => db.prepare(sql)));
  });

  const rateSomething = () => writeRatings(db, 1, [{ movieId: 1, rating: 4.5, timestamp: 1 }], 'page');
  const admit = (other: FilmTitles) => refuseOtherFilms({ bucket: new MemoryBucket(), db }, other);

  it.each<[string, FilmTitles]>([
    ['the same films', OWN],
    ['a catalogue that grew', films('grown', 1, 50_000, titleOf)],
    ['a small part of the catalogue', films('part', 100, 300, titleOf)],
    ['other spellings', films('spelt', 1, 900, (movieId) => `The story ${movieId}`)],
    ['years that no longer stand behind the titles', films('years', 1, 900, (id) => `${titleOf(id)} (1999)`)],
    ['a third of the titles changed', films('mended', 1, 900, (id) => (id % 3 === 0 ? `Tale ${id}` : titleOf(id)))],
    ['films without titles', films('bare', 1, 0, titleOf)],
  ])('are followed by %s', async (_, other) => {
    await rateSomething();
    await rememberFilms(db, OWN);
    await admit(other);
  });

  it.each<[string, FilmTitles, string]>([
    ['other films under the same ids', films('other', 1, 900, (id) => titleOf(id + 1)), ' there and "Story '],
    ['films under other ids', films('far', 5000, 6000, titleOf), 'none of the compared ids is in both'],
    ['two thirds other films', films('worse', 1, 900, (id) => (id % 3 ? `Tale ${id}` : titleOf(id))), '"Tale '],
  ])('are not followed by %s', async (_, other, message) => {
    await rateSomething();
    await rememberFilms(db, OWN);
    await expect(admit(other)).rejects.toMatchObject({ ...REFUSED, message: expect.stringContaining(message) });
    await expect(admit(other)).rejects.toThrow(`the ratings are of films of own, not of ${other.dataset}: `);
  });

  it('may be any as long as nothing was rated, and are forgotten until a model is in service', async () => {
    await rememberFilms(db, OWN);
    await admit(films('far', 5000, 6000, titleOf));
    expect(await readCatalogue(db)).toBeNull();
  });
});

describe('a model of another data set', () => {
  let folder: string;
  let env: { MARQUEE_STATE: string };
  const models: Record<string, string> = {};

  /** A set of 80 films whose titles are its own. */
  async function writeSet(name: string): Promise<string> {
    const ratings = lowRank(60, 80, 0.4);
    const set = join(folder, name);
    await mkdir(set);
    await writeFile(join(set, 'ratings.csv'), ratingsCsv(ratings));
    const lines = Array.from({ length: 80 }, (_, m) => `${m + 1},${name} ${m + 1} (1990),Drama`);
    await writeFile(join(set, 'movies.csv'), `movieId,title,genres\n${lines.join('\n')}\n`);
    return set;
  }

  beforeAll(async () => {
    folder = await newFolder();
    env = { MARQUEE_STATE: join(folder, 'state') };
    for (const name of ['seas', 'hills']) {
      models[name] = join(folder, `${name}-model`);
      await succeed('train', ['--data', await writeSet(name), '--out', models[name], ...QUICK]);
    }
    // As an earlier release left it: published, rated, and no word of the films in D1.
    await withBindings(
      false,
      async ({ MODELS, DB }) => {
        await migrate(DB);
        await publish(MODELS, await readArtifact(models.seas));
        await writeRatings(DB, 1_000_000_001, [{ movieId: 7, rating: 4.5, timestamp: 1_700_000_000 }], 'page');
      },
      env.MARQUEE_STATE,
    );
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  const inState = <T>(work: Parameters<typeof withBindings<T>>[1]) => withBindings(false, work, env.MARQUEE_STATE);

  it.each([
    ['publish', () => ['--model', models.hills]],
    ['retrain', () => ['--data', join(folder, 'hills'), '--force', ...QUICK]],
    ['start', () => ['--data', join(folder, 'hills'), '--fresh', '--port', '18937', ...QUICK]],
  ])('is refused by npm run %s, which changes nothing', async (name, args) => {
    const { status, stderr } = await marquee(name, args(), env);
    expect({ status, stderr }).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(
        /the ratings are of films of seas, not of hills: movie \d+ is "seas \d+" there and "hills \d+" here/,
      ),
    });
    expect(stderr).toContain('MARQUEE_STATE=FOLDER');
    await inState(async ({ MODELS, DB }) => {
      expect((await publishedModels(MODELS)).models.map(({ manifest }) => manifest.dataset.name)).toEqual(['seas']);
      expect(await readRatings(DB, 1_000_000_001)).toHaveLength(1);
    });
  });

  it('is refused by npm start when it came into service past the checks', async () => {
    const version = titlesOfArtifact(await readArtifact(models.hills)).dataset;
    expect(version).toBe('hills');
    await inState(async ({ MODELS }) => publish(MODELS, await readArtifact(models.hills)));
    const { status, stderr } = await marquee('start', ['--port', '18938'], env);
    expect({ status, stderr }).toMatchObject({ status: 1, stderr: expect.stringContaining('not of hills') });
    await succeed('publish', ['--model', models.seas], env);
  });

  it.each([
    ['without a version', async () => []],
    ['by name', async () => [(await readArtifact(models.hills)).manifest.version]],
  ])('is refused by npm run rollback %s, which changes nothing', async (_, args) => {
    const { status, stderr } = await marquee('rollback', await args(), env);
    expect({ status, stderr }).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(/the ratings are of films of seas, not of hills[\s\S]*MARQUEE_STATE=FOLDER/),
    });
    await inState(async ({ MODELS }) => {
      const served = (await publishedModels(MODELS)).models.find(({ current }) => current);
      expect(served?.manifest.dataset.name).toBe('seas');
    });
  });

  it('is refused by a rollback while D1 is down, by the films in service; the films of before come back', async () => {
    const down = { prepare: () => failing, batch: failing.all } as unknown as Database;
    await inState(async ({ MODELS }) => {
      const versionOf = async (name: string) => (await readArtifact(models[name])).manifest.version;
      const admit = async (name: string) =>
        refuseRollback({ bucket: MODELS, db: down }, await titlesOfVersion(MODELS, await versionOf(name)));
      await expect(admit('hills')).rejects.toMatchObject(REFUSED);
      expect(await admit('seas')).toMatchObject({ cause: { message: 'D1 is down' } });
    });
  });

  it('has a place of its own by name', async () => {
    const own = { MARQUEE_STATE: join(folder, 'hills-state') };
    const { version } = (await readArtifact(models.hills)).manifest;
    for (const [name, args] of [
      ['publish', ['--model', models.hills]],
      ['rollback', [version]],
    ] as const) {
      const { stdout, stderr } = await marquee(name, args, own);
      expect(stdout).toBe(`${version} is in service\n`);
      expect(stderr).toContain('Every request is answered so in 10 s at the latest.');
    }
    // What people rated goes there by title: the file's ids are those of a third set.
    const [file, third] = [join(folder, 'export.csv'), join(folder, 'third.csv')];
    await writeFile(file, 'userId,movieId,rating,timestamp\n5,1007,4.5,1700000000\n5,1008,3,1700000001\n');
    await writeFile(third, 'movieId,title,genres\n1007,hills 7 (1990),Drama\n1008,seas 8 (1990),Drama\n');
    const told = await succeed('import', [file, '--user', '7', '--movies', third], own);
    expect(told).toContain('1 films are not in the model:\n  line 3: seas 8 (1990)');
    const held = await withBindings(false, ({ DB }) => readRatings(DB, 7), own.MARQUEE_STATE);
    expect(held).toEqual([{ movieId: 7, rating: 4.5, timestamp: 1_700_000_000 }]);
  });
});
