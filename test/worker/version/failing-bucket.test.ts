import { env } from 'cloudflare:workers';
import { describe, expect, it, vi } from 'vitest';
import { FILES } from '../../../shared/artifact/schema.ts';
import { FIXTURE_VERSION, userIdOf } from '../../fixtures/groups.ts';
import { fixtureManifest, publishFixture, startApp } from '../app.ts';
import { countedBucket } from '../counting-stores.ts';

const version = '20260105T000000Z-whole';
const REPORT = { name: FILES.report, bytes: 9, sha256: '0'.repeat(64), rows: 1 };

/** An app that has loaded its model, and whose R2 then fails. */
async function startFailing() {
  vi.spyOn(console, 'error').mockImplementation(() => undefined);
  let fails = false;
  const { bucket } = countedBucket(env.MODELS, () => {
    if (fails) throw new Error('Network connection lost.');
  });
  const app = startApp({ MODELS: bucket });
  expect((await app.get('/model')).status).toBe(200);
  fails = true;
  return app;
}

describe('an R2 that fails once a model is loaded', () => {
  it.each([`/compact/${FIXTURE_VERSION}/${FILES.compact}`, `/recommend?user=${userIdOf(0)}&by=next`, '/versions'])(
    '%s says that a store does not answer, and when to come again',
    async (path) => {
      await publishFixture(env.MODELS);
      const answer = await (await startFailing()).get(path);
      expect(answer).toMatchObject({ status: 503, body: { code: 'store-unavailable' } });
      expect(answer.headers.get('Retry-After')).toBe('5');
    },
  );

  it('so does the report of a version that has one', async () => {
    const files = [...fixtureManifest().files, REPORT];
    await publishFixture(env.MODELS, version, { manifest: { files }, damage: { [FILES.report]: '<p>So</p>' } });
    const answer = await (await startFailing()).get('/report');
    expect(answer).toMatchObject({ status: 503, body: { code: 'store-unavailable' } });
  });

  it.each([`/recommend?user=${userIdOf(0)}`, '/recommend', '/similar/2', '/top', '/movies?q=amber', '/'])(
    '%s is answered all the same',
    async (path) => {
      await publishFixture(env.MODELS);
      expect((await (await startFailing()).page(path)).status).toBe(200);
    },
  );
});
