import { beforeAll, describe, expect, it } from 'vitest';
import { artifactKey, CURRENT_KEY, FILES } from '../../../shared/artifact/schema.ts';
import { type Artifact, readArtifact } from '../../../trainer/artifact/artifact.ts';
import {
  ensureServable,
  publish,
  publishedModels,
  publishedMovies,
  rollback,
  versionInService,
} from '../../../trainer/artifact/publish.ts';
import { baseDataset, readServed } from '../../../trainer/retrain/served-model.ts';
import { ARROW_FILES } from '../../fixtures/artifact-files.ts';
import { DAMAGES, type DamageKind, damaged } from '../../fixtures/damage.ts';
import { MemoryBucket } from '../retrain/stores.ts';

const [OLD, CURRENT, NEXT] = ['20260101T000000Z-aaaaaa', '20260202T000000Z-bbbbbb', '20260303T000000Z-cccccc'];
/** Of a version; current.json comes besides. */
const VERSION_FILES = [FILES.manifest, ...ARROW_FILES];

let fixture: Artifact;
let healthy: DiskBucket;

beforeAll(async () => {
  fixture = await readArtifact('test/fixtures/artifact');
  healthy = new DiskBucket();
  for (const version of [OLD, CURRENT]) await publish(healthy, artifactOf(version));
});

/** A bucket on a disk that damaged some objects, as R2 on this machine then behaves. */
class DiskBucket extends MemoryBucket {
  readonly #damage = new Map<string, DamageKind>();

  damage(key: string, kind: DamageKind): this {
    this.#damage.set(key, kind);
    return this;
  }

  override copy(): DiskBucket {
    return new DiskBucket(this.objects);
  }

  override async get(key: string) {
    const object = await super.get(key);
    const kind = this.#damage.get(key);
    if (!object || !kind) return object;
    const bytes = new Uint8Array(await object.arrayBuffer());
    const left = damaged(bytes, kind);
    if (left === null) return null;
    const arrayBuffer = async () => {
      if (left.length === bytes.length) return left.buffer;
      throw new TypeError('FixedLengthStream did not see all expected bytes before close().');
    };
    return { etag: object.etag, arrayBuffer, text: async () => new TextDecoder().decode(await arrayBuffer()) };
  }

  override async put(...[key, value, options]: Parameters<MemoryBucket['put']>) {
    const written = await super.put(key, value, options);
    if (written) this.#damage.delete(key);
    return written;
  }
}

function artifactOf(version: string): Artifact {
  const dataset = { ...fixture.manifest.dataset, name: 'ml-100k' };
  const metrics = { protocol: 'p'.repeat(100) }; // so long that the byte in the middle is one of a hash
  const manifest = { ...fixture.manifest, version, dataset, metrics };
  const files = new Map(fixture.files).set(FILES.manifest, new TextEncoder().encode(JSON.stringify(manifest)));
  return { manifest, files };
}

function diskWith(key: string, kind: DamageKind): DiskBucket {
  return healthy.copy().damage(key, kind);
}

const rows = (keys: readonly string[]) => keys.flatMap((key) => DAMAGES.map((kind) => [key, kind] as const));

/** Every command beside a file of the version in service that is damaged. */
describe('a damaged version in service', () => {
  it.each(rows(VERSION_FILES))('%s %s', async (name, kind) => {
    const key = artifactKey(CURRENT, name);
    const bucket = () => diskWith(key, kind);
    const isManifest = name === FILES.manifest;
    const flaw = { version: CURRENT, error: { code: 'bad-artifact', message: expect.stringContaining(key) } };

    const { models, damaged } = await publishedModels(bucket());
    expect(models.map(({ version }) => version)).toEqual(isManifest ? [OLD] : [CURRENT, OLD]);
    expect(damaged).toMatchObject(isManifest ? [flaw] : []);

    await expect(rollback(bucket(), CURRENT)).rejects.toMatchObject(flaw.error);
    expect(await rollback(bucket())).toMatchObject({ version: OLD, replaced: null });
    expect(await publish(bucket(), artifactOf(NEXT))).toMatchObject({ version: NEXT, previous: CURRENT });
    const mended = bucket();
    await publish(mended, artifactOf(CURRENT));
    expect(await ensureServable(mended)).toEqual({ version: CURRENT, flaws: [] });

    const films = await publishedMovies(bucket());
    const readable = !isManifest && name !== FILES.movies;
    expect(films).toMatchObject({ found: { version: readable ? CURRENT : OLD }, flaws: readable ? [] : [flaw] });

    const served = await readServed(bucket());
    expect(() => baseDataset(undefined, served)).toThrow(key);
    expect(() => baseDataset(undefined, served)).toThrow(
      expect.objectContaining({ code: 'bad-artifact', fix: expect.stringMatching(/rollback -- VERSION.*--data/) }),
    );
    expect(baseDataset('ml-1m', served)).toBe('ml-1m');

    const started = bucket();
    expect(await ensureServable(started)).toMatchObject({ version: OLD, flaws: [flaw] });
    expect(await versionInService(started)).toBe(OLD);
  });
});

describe('a damaged earlier version', () => {
  it.each(rows(VERSION_FILES))('%s %s', async (name, kind) => {
    const key = artifactKey(OLD, name);
    const bucket = () => diskWith(key, kind);
    // One that has no manifest is half published or half deleted; which bytes changed in one that is JSON is not known.
    const { models, damaged } = await publishedModels(bucket());
    expect(models).toContainEqual(expect.objectContaining({ version: CURRENT, current: true }));
    expect([...models, ...damaged].map(({ version }) => version).filter((version) => version === OLD)).toHaveLength(
      name === FILES.manifest && kind === 'missing' ? 0 : 1,
    );
    for (const { error } of damaged) expect(error.message).toContain(key);
    await expect(rollback(bucket())).rejects.toMatchObject({ code: 'bad-artifact' });
    expect(await publish(bucket(), artifactOf(NEXT))).toMatchObject({ version: NEXT, previous: CURRENT });
    expect(await publishedMovies(bucket())).toMatchObject({ found: { version: CURRENT }, flaws: [] });
    expect(baseDataset(undefined, await readServed(bucket()))).toBe('ml-100k');
    const started = bucket();
    expect(await ensureServable(started)).toEqual({ version: CURRENT, flaws: [] });
    expect(await versionInService(started)).toBe(CURRENT);
  });
});

describe('a damaged current.json', () => {
  it.each(DAMAGES)('current.json %s', async (kind) => {
    const bucket = () => diskWith(CURRENT_KEY, kind);
    const { models, damaged } = await publishedModels(bucket());
    expect(models.map(({ version }) => version)).toEqual([CURRENT, OLD]);
    expect(damaged.length).toBeLessThan(2);
    for (const { version, error } of damaged) {
      expect(version).toBeNull();
      expect(error).toMatchObject({
        code: 'bad-artifact',
        message: expect.stringContaining('current.json'),
        fix: expect.stringContaining('npm run rollback -- VERSION'),
      });
    }
    const [unreadable] = damaged;
    const reason = unreadable?.error.message ?? null;
    for (const mend of [
      (broken: DiskBucket) => publish(broken, artifactOf(NEXT)),
      (broken: DiskBucket) => rollback(broken, OLD),
    ]) {
      const broken = bucket();
      const pointed = await mend(broken);
      expect(pointed.replaced).toBe(reason);
      expect(await versionInService(broken)).toBe(pointed.version);
    }
    const started = bucket();
    expect(await ensureServable(started)).toMatchObject({ version: CURRENT });
    expect(await versionInService(started)).toBe(CURRENT);
    expect((await publishedMovies(bucket())).found?.version).toBe(CURRENT);
    if (!unreadable) return;
    await expect(rollback(bucket())).rejects.toMatchObject({ code: 'bad-artifact' });
    expect(() => baseDataset('ml-1m', { version: null, artifact: null, flaw: unreadable.error })).not.toThrow();
    const served = await readServed(bucket());
    expect(served).toMatchObject({ version: null, artifact: null, flaw: { code: 'bad-artifact' } });
    expect(() => baseDataset(undefined, served)).toThrow('current.json');
  });

  it('current.json that is gone with its record is written again by start, for the newest good version', async () => {
    const bucket = healthy.copy();
    await bucket.delete([CURRENT_KEY]);
    bucket.damage(artifactKey(CURRENT, FILES.users), 'half');
    expect(await ensureServable(bucket)).toMatchObject({ version: OLD, flaws: [{ version: CURRENT }] });
    expect(await versionInService(bucket)).toBe(OLD);
  });

  it('current.json that is gone with its record is written again by a rollback to a version by name', async () => {
    const bucket = healthy.copy();
    await bucket.delete([CURRENT_KEY]);
    await expect(rollback(bucket)).rejects.toMatchObject({ code: 'no-model' });
    expect(await rollback(bucket, OLD)).toMatchObject({ version: OLD, previous: null, replaced: null });
  });
});

describe('nothing that can be served', () => {
  it('an empty bucket and one whose versions are all damaged have no version to serve', async () => {
    expect(await ensureServable(new DiskBucket())).toEqual({ version: null, flaws: [] });
    const bucket = diskWith(artifactKey(CURRENT, FILES.users), 'half').damage(
      artifactKey(OLD, FILES.movies),
      'missing',
    );
    const { version, flaws } = await ensureServable(bucket);
    expect(version).toBeNull();
    expect(flaws.map((flaw) => flaw.version)).toEqual([CURRENT, OLD]);
    expect(await versionInService(bucket)).toBe(CURRENT);
  });

  it('a store that does not answer is no damage: nothing is replaced', async () => {
    const bucket = healthy.copy();
    bucket.get = () => Promise.reject(new Error('the line is dead'));
    const failure = { code: 'store-unavailable', message: expect.stringContaining(CURRENT_KEY) };
    await expect(ensureServable(bucket)).rejects.toMatchObject(failure);
    await expect(publishedModels(bucket)).rejects.toMatchObject(failure);
    await expect(publish(bucket, artifactOf(NEXT))).rejects.toMatchObject(failure);
    await expect(rollback(bucket, OLD)).rejects.toMatchObject(failure);
  });
});
