import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Arm } from '../../../shared/artifact/experiment.ts';
import { hideMovies } from '../../../shared/artifact/hide-movies.ts';
import { pinMovies } from '../../../shared/artifact/pinned-movies.ts';
import { CURRENT_KEY } from '../../../shared/artifact/schema.ts';
import { type Artifact, readArtifact } from '../../../trainer/artifact/artifact.ts';
import {
  currentExperiment,
  promoteArm,
  startExperiment,
  stopExperiment,
} from '../../../trainer/artifact/experiment.ts';
import { publish, rollback } from '../../../trainer/artifact/publish.ts';
import { pruneVersions } from '../../../trainer/retrain/prune.ts';
import { MemoryBucket } from '../retrain/stores.ts';

const fixture = await readArtifact(join(import.meta.dirname, '../../fixtures/artifact'));
const FIRST = fixture.manifest.version;
const [SECOND, THIRD] = ['20260202T000000Z-second', '20260303T000000Z-third'];

/** The fixture as another version. */
function renamed(version: string, change: object = {}): Artifact {
  const manifest = { ...fixture.manifest, version, ...change };
  const bytes = new TextEncoder().encode(JSON.stringify(manifest));
  return { manifest, files: new Map([...fixture.files, ['manifest.json', bytes]]) };
}

/** Two versions, the second in service. */
async function published(): Promise<MemoryBucket> {
  const bucket = new MemoryBucket();
  await publish(bucket, fixture);
  await publish(bucket, renamed(SECOND));
  return bucket;
}

const BOLD: Arm = { name: 'bold', weight: 1, settings: { popularity: -0.5 } };
const OLD: Arm = { name: 'old', weight: 1, version: FIRST };
const asked = (...arms: Arm[]) => ({
  name: 'trial',
  startedAt: '2026-01-01T00:00:00.000Z',
  ends: '2026-02-01T00:00:00.000Z',
  arms: [{ name: 'usual', weight: 1 }, ...arms],
});
const current = (bucket: MemoryBucket) => JSON.parse(bucket.text(CURRENT_KEY));

describe('an experiment', () => {
  it('stands in current.json until it is stopped, also when another version is published or films are hidden or pinned', async () => {
    const bucket = await published();
    const before = current(bucket);
    await startExperiment(bucket, asked(BOLD, OLD));
    expect(current(bucket)).toEqual({ ...before, experiment: asked(BOLD, OLD) });
    await publish(bucket, renamed(THIRD));
    await hideMovies(bucket, { hide: [5], show: [] });
    await pinMovies(bucket, { pin: [8], unpin: [] });
    expect(current(bucket)).toMatchObject({ version: THIRD, previous: SECOND, hidden: [5], pinned: [8] });
    expect(await currentExperiment(bucket)).toEqual(asked(BOLD, OLD));
    await stopExperiment(bucket, ['bold']);
    expect((await currentExperiment(bucket))!.arms).toEqual([...asked().arms, { ...BOLD, stopped: true }, OLD]);
    await stopExperiment(bucket);
    expect(await currentExperiment(bucket)).toBeNull();
    expect(current(bucket).version).toBe(THIRD);
  });

  it('ends with a rollback, so that everybody gets that version', async () => {
    const bucket = await published();
    await startExperiment(bucket, asked(BOLD));
    expect(await rollback(bucket)).toMatchObject({ version: FIRST, ended: asked(BOLD).name });
    expect(current(bucket)).toMatchObject({ version: FIRST });
    expect(current(bucket)).not.toHaveProperty('ended');
    expect(await currentExperiment(bucket)).toBeNull();
    expect(await rollback(bucket)).toMatchObject({ version: SECOND, ended: null });
  });

  it('keeps the version of an arm from being deleted', async () => {
    const bucket = await published();
    await startExperiment(bucket, asked(OLD));
    for (const version of [THIRD, '20260404T000000Z-fourth']) await publish(bucket, renamed(version));
    expect(await pruneVersions(bucket, 1, Date.now())).toEqual([SECOND]);
    await stopExperiment(bucket);
    expect(await pruneVersions(bucket, 1, Date.now())).toEqual([FIRST]);
  });

  it('leads to an arm that is everybody’s: its settings, and its version where it has one', async () => {
    const bucket = await published();
    await startExperiment(bucket, asked(BOLD, OLD));
    await expect(promoteArm(bucket, 'nobody')).rejects.toMatchObject({ code: 'bad-flag' });
    expect(await promoteArm(bucket, 'bold')).toMatchObject({ version: SECOND, settings: { popularity: -0.5 } });
    expect(await currentExperiment(bucket)).toBeNull();
    await startExperiment(bucket, asked(OLD));
    await promoteArm(bucket, 'old');
    expect(current(bucket)).toMatchObject({ version: FIRST, previous: SECOND, settings: { popularity: -0.5 } });
    expect(current(bucket).manifestSha256).toMatch(/^[0-9a-f]{64}$/);
  });

  it.each<[string, () => Promise<[MemoryBucket, ReturnType<typeof asked>]>, object]>([
    [
      'beside another one',
      async () => {
        const bucket = await published();
        await startExperiment(bucket, asked(BOLD));
        return [bucket, { ...asked(BOLD), name: 'other' }];
      },
      { code: 'publish-conflict' },
    ],
    [
      'that has ended',
      async () => [await published(), { ...asked(BOLD), ends: '2025-12-31T00:00:00.000Z' }],
      { code: 'bad-flag' },
    ],
    ['with one arm', async () => [await published(), asked()], { code: 'bad-flag' }],
    [
      'of a version that is not there',
      async () => [await published(), asked({ ...OLD, version: THIRD })],
      { code: 'bad-artifact' },
    ],
    [
      'of a damaged version',
      async () => {
        const bucket = await published();
        await bucket.put(`models/${FIRST}/users.arrow`, 'damaged');
        return [bucket, asked(OLD)];
      },
      { code: 'bad-artifact' },
    ],
    [
      'by what a version did not learn',
      async () => {
        const bucket = await published();
        const files = fixture.manifest.files.filter(({ name }) => name !== 'next.arrow');
        await publish(bucket, renamed(THIRD, { files }));
        return [bucket, asked({ ...BOLD, settings: { by: 'next' } })];
      },
      { code: 'bad-flag', message: expect.stringContaining('next.arrow') },
    ],
  ])('%s is refused, and nothing changes', async (_, make, problem) => {
    const [bucket, experiment] = await make();
    const before = bucket.text(CURRENT_KEY);
    await expect(startExperiment(bucket, experiment)).rejects.toMatchObject(problem);
    expect(bucket.text(CURRENT_KEY)).toBe(before);
  });

  it('is refused where its version is cut into other parts than the one in service', async () => {
    const bucket = await published();
    await publish(bucket, renamed(THIRD), undefined, 2);
    await expect(startExperiment(bucket, asked(OLD))).rejects.toMatchObject({
      code: 'bad-flag',
      message: expect.stringMatching(/is cut into 0 parts, .* into 2$/),
    });
  });

  it('is refused where both versions do not fit into an isolate', async () => {
    const bucket = Object.assign(await published(), { workerBytes: Number.POSITIVE_INFINITY }); // else not published
    const files = fixture.manifest.files.map((file) =>
      file.name === 'serving.arrow' ? { ...file, bytes: 90e6 } : file,
    );
    await publish(bucket, renamed(THIRD, { files })); // nobody reads the files of the version in service here
    await expect(startExperiment(bucket, asked(OLD))).rejects.toMatchObject({
      code: 'bad-flag',
      message: expect.stringMatching(/bytes of vectors, and an isolate has room for 88080384$/),
    });
  });

  it('is refused where its version has other films', async () => {
    const bucket = await published();
    const refuse = () => Promise.reject(new Error('other films'));
    await expect(startExperiment(bucket, asked(OLD), refuse)).rejects.toThrow('other films');
    expect(await currentExperiment(bucket)).toBeNull();
  });
});
