import { env } from 'cloudflare:workers';
import { describe, expect, it } from 'vitest';
import { CURRENT_KEY } from '../../../shared/artifact/schema.ts';
import { FIXTURE_VERSION } from '../../fixtures/groups.ts';
import { fixtureManifest, publishFixture, startApp } from '../app.ts';

const NEWER = '20990101T000000Z-000001';

describe('GET /versions', () => {
  it('GET /versions names each published version with its data and metrics, the newest first, and which is in service', async () => {
    await publishFixture(env.MODELS, NEWER, { previous: FIXTURE_VERSION });
    const { status, body } = await startApp().get('/versions');
    expect(status).toBe(200);
    const { dataset, metrics, createdAt, engine, seconds } = fixtureManifest();
    const { sha256, ...data } = dataset;
    const about = { createdAt, dataset: data, metrics, engine, seconds };
    expect(body).toEqual({
      model: { version: NEWER },
      items: [
        { version: NEWER, current: true, ...about },
        { version: FIXTURE_VERSION, current: false, ...about },
      ],
    });
  });

  it('GET /versions leaves out a version whose manifest is damaged or missing', async () => {
    await env.MODELS.put('models/20980101T000000Z-000001/manifest.json', '{"formatVersion": 4');
    await env.MODELS.put('models/20980101T000000Z-000002/movies.arrow', 'bytes');
    const { body } = await startApp().get('/versions');
    expect(body.items.map(({ version }: { version: string }) => version)).toEqual([NEWER, FIXTURE_VERSION]);
  });

  it('GET /versions lists the bucket once a minute, and reads a manifest once', async () => {
    const asked: string[] = [];
    const bucket = new Proxy(env.MODELS, {
      get: (target, name: keyof R2Bucket) => {
        const method = target[name] as (...input: unknown[]) => unknown;
        return (...input: unknown[]) => {
          if (name === 'list') asked.push('list');
          else if (String(input[0]).endsWith('manifest.json')) asked.push(String(input[0]));
          return method.apply(target, input);
        };
      },
    });
    const app = startApp({ MODELS: bucket });
    await app.get('/versions');
    const first = asked.length;
    await app.get('/versions');
    expect(asked).toHaveLength(first);
    app.pass(61);
    await app.get('/versions');
    const later = asked.slice(first).filter((use) => use === 'list' || use.includes(FIXTURE_VERSION));
    expect(later).toEqual(['list']);
  });

  it('GET /versions says that the bucket does not answer, and lists again when it does', async () => {
    let fails = true;
    const bucket = new Proxy(env.MODELS, {
      get: (target, name: keyof R2Bucket) => {
        const method = target[name] as (...input: unknown[]) => unknown;
        if (name === 'list' && fails) return async () => Promise.reject(new Error('R2 is down'));
        return method.bind(target);
      },
    });
    const app = startApp({ MODELS: bucket });
    expect(await app.get('/versions')).toMatchObject({ status: 503, body: { code: 'store-unavailable' } });
    fails = false;
    expect((await app.get('/versions')).body.items).toHaveLength(2);
  });

  it('GET /versions answers 503 while no model is in service', async () => {
    await env.MODELS.delete(CURRENT_KEY);
    expect(await startApp().get('/versions')).toMatchObject({ status: 503, body: { code: 'no-model' } });
    await publishFixture(env.MODELS);
  });
});
