import { env } from 'cloudflare:workers';
import { describe, expect, it } from 'vitest';
import { FIXTURE_VERSION, userIdOf } from '../../../fixtures/groups.ts';
import { startApp, TOKEN } from '../../app.ts';
import { countedDatabase } from '../../counting-stores.ts';

const LIST = `/recommend?user=${userIdOf(0)}`;

/** An app whose D1 answers only when it is let. */
async function startHeld() {
  let release = Promise.withResolvers<void>();
  const { db } = countedDatabase(env.DB, () => release.promise);
  const app = startApp({ DB: db, mostUnderWay: 3 });
  release.resolve();
  expect((await app.get(LIST)).status).toBe(200);
  return {
    app,
    hold: () => {
      release = Promise.withResolvers();
    },
    release: () => release.resolve(),
  };
}

describe('overload', () => {
  it('a request beyond those that may be under way is refused at once with Retry-After, and nothing is stored', async () => {
    const { app, hold, release } = await startHeld();
    hold();
    const underWay = [app.answer(LIST), app.answer(LIST), app.answer(LIST)];
    const refused = await app.post('/ratings', { user: userIdOf(0), movieId: 2, rating: 4 }, TOKEN);
    expect(refused).toMatchObject({ status: 503, body: { code: 'overloaded', status: 503 } });
    expect(refused.headers.get('Retry-After')).toBe('1');
    expect((await app.get('/')).status).toBe(503);
    expect((await app.get('/model')).body.version).toBe(FIXTURE_VERSION); // monitors are always answered
    release();
    for (const { body, settled } of underWay) {
      expect((await body).items).toHaveLength(20);
      await settled();
    }
  });

  it('recovers with the first answer', async () => {
    const { app, hold, release } = await startHeld();
    hold();
    const underWay = [app.answer(LIST), app.answer(LIST), app.answer(LIST)];
    expect((await app.get(LIST)).status).toBe(503);
    release();
    await Promise.all(underWay.map(({ body }) => body));
    expect((await app.get(LIST)).status).toBe(200);
  });

  it('what the page asks of its own routes counts as one request', async () => {
    const app = startApp({ mostUnderWay: 1 });
    const { status, text } = await app.page('/');
    expect(status).toBe(200);
    expect(text).toContain('/film/');
  });

  it('a request that the runtime gave up on is forgotten after ten seconds', async () => {
    const { app, hold, release } = await startHeld();
    hold();
    const given = [app.answer(LIST), app.answer(LIST), app.answer(LIST)];
    expect((await app.get('/top')).status).toBe(503);
    app.pass(10);
    expect((await app.get('/top')).status).toBe(200);
    release();
    await Promise.all(given.map(({ body }) => body));
  });
});
