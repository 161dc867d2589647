import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { hideMovies } from '../../../shared/artifact/hide-movies.ts';
import { CURRENT_KEY } from '../../../shared/artifact/schema.ts';
import { readArtifact } from '../../../trainer/artifact/artifact.ts';
import { publish, rollback } from '../../../trainer/artifact/publish.ts';
import { MemoryBucket } from '../retrain/stores.ts';

const fixture = await readArtifact(join(import.meta.dirname, '../../fixtures/artifact'));

async function published(): Promise<MemoryBucket> {
  const bucket = new MemoryBucket();
  await publish(bucket, fixture);
  return bucket;
}

const hiddenIn = (bucket: MemoryBucket) => JSON.parse(bucket.text(CURRENT_KEY)).hidden;
const hide = (...ids: number[]) => ({ hide: ids, show: [] });
const show = (...ids: number[]) => ({ hide: [], show: ids });

describe('hideMovies', () => {
  it('hidden movies stand in current.json in order, and shown ones leave it', async () => {
    const bucket = await published();
    const before = JSON.parse(bucket.text(CURRENT_KEY));
    expect(await hideMovies(bucket, hide(8, 5, 5))).toEqual([5, 8]);
    expect(await hideMovies(bucket, hide(6))).toEqual([5, 6, 8]);
    expect(JSON.parse(bucket.text(CURRENT_KEY))).toEqual({ ...before, hidden: [5, 6, 8] });
    expect(await hideMovies(bucket, show(5, 6, 8, 9))).toEqual([]);
    expect(JSON.parse(bucket.text(CURRENT_KEY))).toEqual(before);
  });

  it('without a change nothing is written', async () => {
    const bucket = await published();
    const { objects } = bucket.copy();
    expect(await hideMovies(bucket, hide())).toEqual([]);
    expect([...bucket.objects]).toEqual([...objects]);
  });

  it('every later version hides the same movies, also where they were hidden before the first', async () => {
    const bucket = new MemoryBucket();
    await hideMovies(bucket, hide(5));
    await publish(bucket, fixture);
    expect(hiddenIn(bucket)).toEqual([5]);
    await rollback(bucket, fixture.manifest.version);
    expect(hiddenIn(bucket)).toEqual([5]);
    await bucket.put(CURRENT_KEY, 'damaged');
    await hideMovies(bucket, hide(8));
    await publish(bucket, fixture);
    expect(hiddenIn(bucket)).toEqual([5, 8]);
  });

  it('every later version keeps the word that D1 knows of films', async () => {
    const bucket = await published();
    const current = JSON.parse(bucket.text(CURRENT_KEY));
    await bucket.put(CURRENT_KEY, JSON.stringify({ ...current, films: true }));
    await hideMovies(bucket, hide(5));
    await publish(bucket, fixture);
    await rollback(bucket, fixture.manifest.version);
    expect(JSON.parse(bucket.text(CURRENT_KEY))).toMatchObject({ films: true, hidden: [5] });
    await bucket.put(CURRENT_KEY, 'damaged');
    await publish(bucket, fixture);
    expect(JSON.parse(bucket.text(CURRENT_KEY))).toMatchObject({ films: true });
  });

  it('a damaged list is refused with a way to write it anew, and meanwhile the movies stay hidden', async () => {
    const bucket = await published();
    await hideMovies(bucket, hide(5));
    await bucket.put('hidden.json', '{"movieIds": "5"}');
    await expect(hideMovies(bucket, hide(8))).rejects.toMatchObject({
      code: 'bad-artifact',
      fix: expect.stringContaining('npm run hide -- --anew'),
    });
    await publish(bucket, fixture);
    expect(hiddenIn(bucket)).toEqual([5]);
    expect(await hideMovies(bucket, { ...hide(8), anew: true })).toEqual([8]);
    expect(hiddenIn(bucket)).toEqual([8]);
  });

  it('of two that change the list at the same moment one is told to try again', async () => {
    const bucket = await published();
    await hideMovies(bucket, hide(5));
    const results = await Promise.allSettled([hideMovies(bucket, hide(8)), hideMovies(bucket, hide(11))]);
    expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(results.find(({ status }) => status === 'rejected')).toMatchObject({ reason: { code: 'publish-conflict' } });
  });
});
