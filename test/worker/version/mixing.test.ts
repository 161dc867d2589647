import { env } from 'cloudflare:workers';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { sha256Hex } from '../../../shared/artifact/manifest.ts';
import { artifactKey, FILES } from '../../../shared/artifact/schema.ts';
import type { StoredUser } from '../../../shared/artifact/user-batch.ts';
import { readAllUsers, usersChecksums } from '../../../shared/artifact/users-file.ts';
import { decodeModel } from '../../../shared/model/decode/model.ts';
import { encodeNext } from '../../../trainer/artifact/encode/next.ts';
import { encodeUsers } from '../../../trainer/artifact/encode/users.ts';
import { FIXTURE_VERSION, movieIdOf, userIdOf } from '../../fixtures/groups.ts';
import { fixtureFile, fixtureManifest, publishFixture, startApp } from '../app.ts';
import { countedBucket } from '../counting-stores.ts';

const OTHER = '20260202T000000Z-other';
const TTL = 10;
/** What is read from R2 only when somebody asks: after the version was chosen that answers. */
const LATE = [FILES.users, FILES.next];
const QUESTIONS = [
  `/recommend?user=${userIdOf(0)}`,
  `/recommend?user=${userIdOf(1)}&by=rating&explain=2`,
  `/recommend?user=${userIdOf(2)}&by=next`,
  `/explain/${movieIdOf(3)}?user=${userIdOf(70)}`,
];

/** The fixture with other people and other successors, under another name. */
async function publishOther(): Promise<void> {
  const manifest = fixtureManifest();
  const model = decodeModel(manifest, {
    movies: fixtureFile(FILES.movies),
    posterior: fixtureFile(FILES.posterior),
    next: fixtureFile(FILES.next),
  });
  const users: StoredUser[] = [];
  for await (const user of readAllUsers(fixtureFile(FILES.users), manifest)) users.push(user);
  const flat = <T>(of: (user: (typeof users)[number]) => Iterable<T>) => users.flatMap((user) => [...of(user)]);
  const ratedOffsets = new Int32Array(users.length + 1);
  for (const [u, { movieIds }] of users.entries()) ratedOffsets[u + 1] = ratedOffsets[u] + movieIds.length;
  const files: Record<string, Uint8Array<ArrayBuffer>> = {
    [FILES.users]: encodeUsers({
      userIds: Int32Array.from(users, ({ userId }) => userId),
      biases: Float32Array.from(users, ({ bias }) => bias + 0.25),
      factors: Float32Array.from(flat(({ factors }) => factors.map((x) => -x))),
      relevance: Float32Array.from(flat(({ relevance }) => relevance.map((x) => -x))),
      ratedOffsets,
      ratedMovieIds: Int32Array.from(flat(({ movieIds }) => movieIds)),
      ratedHalfStars: Uint8Array.from(flat(({ stars }) => stars.map((x) => 2 * x))),
      ratedTimes: Uint32Array.from(flat(({ times }) => times)),
    }),
    [FILES.next]: encodeNext(
      { ...model.next!, history: model.next!.history.map((x) => -x) },
      model.movies.movieIds as Int32Array,
    ),
  };
  const entries = await Promise.all(
    manifest.files.map(async (file) => {
      const bytes = files[file.name];
      if (!bytes) return file;
      const checksums = file.checksums && { checksums: usersChecksums(bytes) };
      return { ...file, bytes: bytes.length, sha256: await sha256Hex(bytes), ...checksums };
    }),
  );
  await publishFixture(env.MODELS, OTHER, { damage: files, manifest: { files: entries }, previous: FIXTURE_VERSION });
}

/** What an app answers that has seen one version only. */
async function answersNow(): Promise<object[]> {
  const app = startApp();
  return Promise.all(QUESTIONS.map(async (path) => (await app.get(path)).body));
}

beforeEach(async () => {
  vi.spyOn(console, 'error').mockImplementation(() => undefined);
  await publishFixture(env.MODELS);
});

describe('a slow reader', () => {
  it('gets an answer of the version that its request began with, whatever is published meanwhile', async () => {
    const before = await answersNow();
    const released = Promise.withResolvers<void>();
    const held: string[] = [];
    const { bucket } = countedBucket(env.MODELS, ({ key, range, method }) => {
      const isLate = LATE.some((name) => key === artifactKey(FIXTURE_VERSION, name));
      if (!isLate || method === 'head' || (range && 'suffix' in range)) return undefined;
      held.push(key);
      return released.promise;
    });
    const app = startApp({ MODELS: bucket });
    await app.get('/model');
    const slow = QUESTIONS.map((path) => app.answer(path));
    await expect.poll(() => held.length).toBeGreaterThanOrEqual(QUESTIONS.length);
    await publishOther();
    app.pass(TTL);
    expect((await app.get('/model')).body.version).toBe(OTHER);
    const after = await answersNow();
    expect(await Promise.all(QUESTIONS.map(async (path) => (await app.get(path)).body))).toEqual(after);
    released.resolve();
    expect(await Promise.all(slow.map(({ body }) => body))).toEqual(before);
    await Promise.all(slow.map(({ settled }) => settled()));
    for (const q of QUESTIONS.keys()) {
      expect(after[q]).toMatchObject({ model: { version: OTHER } });
      expect(after[q]).not.toEqual({ ...before[q], model: { version: OTHER } }); // the numbers would tell
    }
  });
});

describe('a clock that is set back', () => {
  it('keeps nobody from the newest version', async () => {
    const app = startApp();
    await app.get('/model');
    app.pass(-3600);
    await publishOther();
    app.pass(TTL);
    expect((await app.get('/model')).body.version).toBe(OTHER);
  });

  it('keeps no request waiting for an R2 that does not answer', async () => {
    const never = new Promise<void>(() => undefined);
    let isSilent = false;
    const { bucket } = countedBucket(env.MODELS, () => (isSilent ? never : undefined));
    const app = startApp({ MODELS: bucket, modelTimeout: 20 });
    await app.get('/model');
    isSilent = true;
    app.pass(TTL);
    const asked = app.answer('/model');
    expect((await asked.body).version).toBe(FIXTURE_VERSION);
    app.pass(-3600);
    expect((await app.answer('/model').body).version).toBe(FIXTURE_VERSION);
  });
});
