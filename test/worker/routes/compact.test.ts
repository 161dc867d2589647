import { env } from 'cloudflare:workers';
import { beforeEach, describe, expect, it } from 'vitest';
import { fileEntry } from '../../../shared/artifact/manifest.ts';
import { FILES } from '../../../shared/artifact/schema.ts';
import { FIXTURE_VERSION } from '../../fixtures/groups.ts';
import { fixtureFile, fixtureManifest, publishFixture, startApp } from '../app.ts';

const path = (file: string, version = FIXTURE_VERSION) => `/compact/${version}/${file}`;

describe('GET /compact', () => {
  beforeEach(() => publishFixture(env.MODELS));

  it('says what version is in service and which films nobody is shown', async () => {
    const { status, body } = await startApp().get('/compact');
    expect(status).toBe(200);
    expect(body.manifest).toEqual({ ...fixtureManifest(), version: FIXTURE_VERSION });
    expect(body.hidden).toEqual([]);
  });

  it('is not found of a version that has no such file', async () => {
    const files = fixtureManifest().files.filter(({ name }) => name !== FILES.compact);
    await publishFixture(env.MODELS, FIXTURE_VERSION, { damage: { [FILES.compact]: null }, manifest: { files } });
    const { status, body } = await startApp().get('/compact');
    expect(status).toBe(404);
    expect(body.detail).toContain(FILES.compact);
    expect(body.fix).toContain('npm run train');
  });

  it.each([FILES.compact, FILES.posterior, FILES.profiles, FILES.next])('gives %s, once', async (file) => {
    const app = startApp();
    const { status, headers, text } = await app.page(path(file));
    expect(status).toBe(200);
    expect(text).toBe(new TextDecoder().decode(fixtureFile(file)));
    const tag = headers.get('ETag')!;
    expect(tag).toBe(`"${fileEntry(fixtureManifest(), file).sha256}"`);
    const again = await app.page(path(file), { 'If-None-Match': tag });
    expect([again.status, again.text]).toEqual([304, '']);
  });

  it.each([FILES.users, FILES.movies, FILES.manifest, 'report.html', '..%2F..%2Fcurrent.json'])(
    'does not give %s',
    async (file) => {
      expect((await startApp().page(path(file))).status).toBe(404);
    },
  );

  it('gives files of the version in service only', async () => {
    expect((await startApp().page(path(FILES.compact, '20200101T000000Z-other'))).status).toBe(404);
  });
});
