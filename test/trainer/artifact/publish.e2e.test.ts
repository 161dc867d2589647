import { mkdtemp, readdir, readFile, rm, truncate } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { openBindings } from '../../../scripts/lib/bindings.ts';
import { sha256Hex } from '../../../shared/artifact/manifest.ts';
import { partsIn } from '../../../shared/artifact/parts.ts';
import { artifactKey, CURRENT_KEY, FILES } from '../../../shared/artifact/schema.ts';
import type { Bucket, StoredBody } from '../../../shared/storage/bucket.ts';
import { type Artifact, readArtifact } from '../../../trainer/artifact/artifact.ts';
import { ensureServable, publish, publishedModels, rollback } from '../../../trainer/artifact/publish.ts';
import { ARROW_FILES } from '../../fixtures/artifact-files.ts';

/** R2 as it is: with the checksums of what it stores. */
interface R2 extends Bucket {
  get(key: string): Promise<(StoredBody & { readonly checksums: { toJSON(): { sha256?: string } } }) | null>;
}

const [FIRST, SECOND, THIRD] = ['20260101T000000Z-aaaaaa', '20260202T000000Z-bbbbbb', '20260303T000000Z-cccccc'];

let folder: string;
let bucket: R2;
let close: () => Promise<void>;
let fixture: Artifact;

beforeAll(async () => {
  fixture = await readArtifact(join(import.meta.dirname, '../../fixtures/artifact'));
  folder = await mkdtemp(join(tmpdir(), 'marquee-publish-'));
  const opened = await openBindings(false, folder);
  bucket = opened.bindings.MODELS as unknown as R2;
  close = opened.close;
});

afterAll(async () => {
  await close();
  await rm(folder, { recursive: true, force: true });
});

beforeEach(async () => {
  const { objects } = await bucket.list({ prefix: '' });
  if (objects.length > 0) await bucket.delete(objects.map(({ key }) => key));
});

/** The fixture under another version name. */
function artifactOf(version: string): Artifact {
  const manifest = { ...fixture.manifest, version };
  const files = new Map(fixture.files);
  files.set(FILES.manifest, new TextEncoder().encode(JSON.stringify(manifest)));
  return { manifest, files };
}

async function publishAll(...versions: string[]): Promise<void> {
  for (const version of versions) await publish(bucket, artifactOf(version));
}

async function pointer(): Promise<unknown> {
  return JSON.parse(await (await bucket.get(CURRENT_KEY))!.text());
}

/** The bucket with something done before each put. */
function beforePut(act: (key: string) => Promise<void> | void): Bucket {
  return {
    get: (key) => bucket.get(key),
    list: (options) => bucket.list(options),
    delete: (keys) => bucket.delete(keys),
    put: async (key, value, options) => {
      await act(key);
      return bucket.put(key, value, options);
    },
  };
}

describe('publish', () => {
  it('publish writes the files, then the manifest that lists them, then the pointer', async () => {
    const keys: string[] = [];
    await publish(
      beforePut((key) => void keys.push(key)),
      artifactOf(FIRST),
    );
    const files = [...ARROW_FILES, FILES.manifest];
    expect(keys).toEqual([...files.map((name) => artifactKey(FIRST, name)), CURRENT_KEY]);
  });

  it('publish stores every byte with the hash that the manifest states', async () => {
    await publishAll(FIRST);
    for (const { name, sha256 } of fixture.manifest.files) {
      const key = artifactKey(FIRST, name);
      const stored = Buffer.from(await (await bucket.get(key))!.arrayBuffer());
      expect(stored.equals(fixture.files.get(name)!), name).toBe(true);
      expect((await bucket.get(key))!.checksums.toJSON().sha256, name).toBe(sha256);
    }
  });

  it('publish and rollback put the hash of the manifest into the pointer', async () => {
    await publishAll(FIRST, SECOND);
    const hashOf = async (version: string) =>
      sha256Hex(new Uint8Array(await (await bucket.get(artifactKey(version, FILES.manifest)))!.arrayBuffer()));
    expect(await pointer()).toMatchObject({ version: SECOND, manifestSha256: await hashOf(SECOND) });
    await rollback(bucket);
    expect(await pointer()).toMatchObject({ version: FIRST, manifestSha256: await hashOf(FIRST) });
    expect(await hashOf(FIRST)).not.toBe(await hashOf(SECOND));
  });

  it('publish refuses a file that is not what the manifest says', async () => {
    await publishAll(FIRST);
    const damaged = artifactOf(SECOND);
    const users = damaged.files.get(FILES.users)!.slice();
    users[users.length >> 1] ^= 1;
    const files = new Map(damaged.files).set(FILES.users, users);
    await expect(publish(bucket, { ...damaged, files })).rejects.toThrow(/SHA-256/);
    expect(await pointer()).toMatchObject({ version: FIRST });
  });

  it('publish and a rollback to a named version refuse what a Worker has no room for, and change nothing', async () => {
    await publishAll(FIRST, SECOND);
    const keys = async () => (await bucket.list({ prefix: '' })).objects.map(({ key }) => key);
    const [before, pointed] = [await keys(), await pointer()];
    const refusal = {
      code: 'out-of-memory',
      message: expect.stringMatching(/needs \d+ MB and has 10 MB.* 200 films of K = \d+ and E = \d+ take/),
      fix: expect.stringContaining('--parts K'),
    };
    vi.stubEnv('MARQUEE_WORKER_MEMORY', '10');
    onTestFinished(() => void vi.unstubAllEnvs());
    await expect(publish(bucket, artifactOf(THIRD))).rejects.toMatchObject(refusal);
    await expect(rollback(bucket, FIRST)).rejects.toMatchObject(refusal);
    expect([await keys(), await pointer()]).toEqual([before, pointed]);
    expect(await rollback(bucket)).toMatchObject({ version: FIRST }); // it was served already
  });

  it('publish cuts the catalogue as that of the version in service is cut, until told otherwise', async () => {
    const partsOf = async (version: string) => {
      const { models } = await publishedModels(bucket);
      return partsIn(models.find((model) => model.version === version)!.manifest);
    };
    await publish(bucket, artifactOf(FIRST), undefined, 3);
    await publish(bucket, artifactOf(SECOND));
    expect([await partsOf(FIRST), await partsOf(SECOND)]).toEqual([3, 3]);
    await publish(bucket, artifactOf(THIRD), undefined, 0);
    expect(await partsOf(THIRD)).toBe(0);
    expect(await rollback(bucket)).toMatchObject({ version: SECOND });
  });

  it('publish remembers which version was in service before, none at first', async () => {
    expect(await publish(bucket, artifactOf(FIRST))).toMatchObject({ version: FIRST, previous: null });
    expect(await publish(bucket, artifactOf(SECOND))).toMatchObject({ version: SECOND, previous: FIRST });
    expect(await pointer()).toMatchObject({ version: SECOND, previous: FIRST });
  });

  it.each([
    ['where a version is in service', [FIRST]],
    ['of the first version', []],
  ])('publish fails when another publishes at the same moment, %s', async (_, before) => {
    await publishAll(...before);
    const rival = beforePut(async (key) => {
      if (key === CURRENT_KEY) await publishAll(THIRD);
    });
    await expect(publish(rival, artifactOf(SECOND))).rejects.toMatchObject({
      code: 'publish-conflict',
      fix: expect.stringContaining('npm run models'),
    });
    expect(await pointer()).toMatchObject({ version: THIRD, previous: before[0] ?? null });
  });

  it('publish leaves the old version in service when it fails', async () => {
    await publishAll(FIRST);
    const failing = beforePut((key) => {
      if (key === artifactKey(SECOND, FILES.posterior)) throw new Error('the line is dead');
    });
    await expect(publish(failing, artifactOf(SECOND))).rejects.toThrow('the line is dead');
    expect(await pointer()).toMatchObject({ version: FIRST });
    expect((await publishedModels(bucket)).models.map(({ version }) => version)).toEqual([FIRST]);
  });

  it('publishing a version again rewrites its files and keeps the previous version', async () => {
    await publishAll(FIRST, SECOND);
    const key = artifactKey(SECOND, FILES.movies);
    await bucket.put(key, 'damaged');
    await publishAll(SECOND);
    const mended = Buffer.from(await (await bucket.get(key))!.arrayBuffer());
    expect(mended.equals(fixture.files.get(FILES.movies)!)).toBe(true);
    expect(await pointer()).toMatchObject({ version: SECOND, previous: FIRST });
  });

  it('publish replaces a damaged current.json', async () => {
    await publishAll(FIRST);
    await bucket.put(CURRENT_KEY, '{"version": ');
    expect(await publish(bucket, artifactOf(SECOND))).toMatchObject({ version: SECOND, previous: null });
    expect(await pointer()).toMatchObject({ version: SECOND });
  });
});

describe('rollback', () => {
  it('rollback returns to the previous version, and a second one back again', async () => {
    await publishAll(FIRST, SECOND);
    expect(await rollback(bucket)).toMatchObject({ version: FIRST, previous: SECOND });
    expect(await pointer()).toMatchObject({ version: FIRST, previous: SECOND });
    expect(await rollback(bucket)).toMatchObject({ version: SECOND, previous: FIRST });
  });

  it('rollback returns to a version by name', async () => {
    await publishAll(FIRST, SECOND, THIRD);
    expect(await rollback(bucket, FIRST)).toMatchObject({ version: FIRST, previous: THIRD });
  });

  it('rollback to a version that the bucket lacks changes nothing and lists the versions', async () => {
    await publishAll(FIRST, SECOND);
    await expect(rollback(bucket, THIRD)).rejects.toMatchObject({
      code: 'unknown-version',
      fix: `It holds ${FIRST}, ${SECOND}.`,
    });
    expect(await pointer()).toMatchObject({ version: SECOND });
  });

  it('rollback mends a damaged current.json when a version is named, else says what to do', async () => {
    await publishAll(FIRST, SECOND);
    await bucket.put(CURRENT_KEY, 'nothing');
    await expect(rollback(bucket)).rejects.toMatchObject({
      code: 'bad-artifact',
      fix: expect.stringContaining('npm run rollback -- VERSION'),
    });
    expect((await publishedModels(bucket)).models.map(({ current }) => current)).toEqual([false, false]);
    expect(await rollback(bucket, FIRST)).toMatchObject({ version: FIRST, previous: null });
    expect(await pointer()).toMatchObject({ version: FIRST });
  });

  it('rollback refuses a version whose manifest is damaged', async () => {
    await publishAll(FIRST, SECOND);
    await bucket.put(artifactKey(FIRST, FILES.manifest), '{');
    await expect(rollback(bucket)).rejects.toMatchObject({ code: 'bad-artifact' });
    expect(await pointer()).toMatchObject({ version: SECOND });
  });

  it('rollback needs a version to return to', async () => {
    await expect(rollback(bucket)).rejects.toMatchObject({ code: 'no-model' });
    await publishAll(FIRST);
    await expect(rollback(bucket)).rejects.toMatchObject({ code: 'unknown-version' });
  });

  it('rollback fails when another publishes at the same moment', async () => {
    await publishAll(FIRST, SECOND);
    const rival = beforePut(() => publishAll(THIRD));
    await expect(rollback(rival)).rejects.toMatchObject({ code: 'publish-conflict' });
    expect(await pointer()).toMatchObject({ version: THIRD });
  });
});

/** The file on disk that has the bytes of an object. */
async function blobOf(text: string): Promise<string> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const blobs = entries.filter((entry) => entry.isFile() && entry.parentPath.endsWith('blobs'));
  const paths = blobs.map(({ parentPath, name }) => join(parentPath, name));
  for (const path of paths) if ((await readFile(path, 'utf8')) === text) return path;
  throw new Error(`no blob has ${text}`);
}

describe('R2 on a disk that damaged current.json', () => {
  it.each(['half', 'empty', 'missing'])('%s: publish, rollback by name and start mend it', async (kind) => {
    await publishAll(FIRST, SECOND);
    const ruin = async () => {
      const path = await blobOf(await (await bucket.get(CURRENT_KEY))!.text());
      if (kind === 'missing') await rm(path);
      else await truncate(path, kind === 'half' ? 50 : 0);
    };
    for (const mend of [
      () => publish(bucket, artifactOf(THIRD)),
      () => rollback(bucket, FIRST),
      () => ensureServable(bucket),
    ]) {
      await ruin();
      const { damaged } = await publishedModels(bucket);
      expect(damaged).toMatchObject([{ version: null, error: { code: 'bad-artifact' } }]);
      const { version } = await mend();
      expect(await pointer()).toMatchObject({ version });
    }
  });
});

describe('publishedModels', () => {
  it('publishedModels lists versions newest first and marks the one in service', async () => {
    await publishAll(SECOND, FIRST, THIRD);
    await rollback(bucket, FIRST);
    const { models } = await publishedModels(bucket);
    expect(models.map(({ version, current }) => [version, current])).toEqual([
      [THIRD, false],
      [SECOND, false],
      [FIRST, true],
    ]);
    expect(models[0].manifest).toEqual(artifactOf(THIRD).manifest);
  });

  it('publishedModels of an empty bucket is empty', async () => {
    expect(await publishedModels(bucket)).toEqual({ models: [], damaged: [] });
  });
});
