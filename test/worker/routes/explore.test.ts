import { env } from 'cloudflare:workers';
import { beforeAll, describe, expect, it } from 'vitest';
import { FILES } from '../../../shared/artifact/schema.ts';
import { decodeModel } from '../../../shared/model/decode/model.ts';
import { drawTaste, normalsOf } from '../../../shared/model/draw.ts';
import { foldIn, predictRaw } from '../../../shared/model/score.ts';
import { movieIdOf } from '../../fixtures/groups.ts';
import { fixtureFile, fixtureManifest, idsOf, publishFixture, startApp, startSession } from '../app.ts';

const [movies, posterior] = [FILES.movies, FILES.posterior].map(fixtureFile);
const model = decodeModel(fixtureManifest(), { movies, posterior });
const HOUR = 3600;
const app = startApp({ LIST_LOG: '1' });
const RATED = [3, 8, 41, 7];

beforeAll(() => publishFixture(env.MODELS));

/** Somebody who rated some movies. */
async function somebody() {
  const person = await startSession(app);
  const ratings = RATED.map((row, at) => ({ movieId: movieIdOf(row), rating: at + 1, timestamp: 1000 + at }));
  await app.post('/ratings', { ratings }, person.headers);
  return person;
}
const logged = async (headers: HeadersInit) => (await app.get('/export/events', headers)).body.lists;

describe('GET /recommend?explore=', () => {
  it('orders the best 200 by what a draw from the posterior rates them, as the reference does', async () => {
    const { user, headers } = await somebody();
    const usual = await app.get('/recommend?k=100', headers);
    const { body } = await app.get('/recommend?k=100&explore=1', headers);
    const all = [...idsOf({ ...usual }), ...idsOf(await app.get('/recommend?k=100&offset=100', headers))];
    const { posterior } = foldIn(model, { rows: Int32Array.from(RATED), stars: Float32Array.of(1, 2, 3, 4) });
    const hour = Math.floor(app.now() / 3_600_000);
    const x = drawTaste(posterior, normalsOf(`explore/${user}/${hour}`));
    const vectors = foldIn(model, { rows: Int32Array.from(RATED), stars: Float32Array.of(1, 2, 3, 4) });
    const drawn = { ...vectors, factors: x.subarray(0, -1), bias: x[x.length - 1] };
    const rating = (movieId: number) => predictRaw(model, drawn, model.movies.rowOf(movieId));
    const reference = all.toSorted((a, b) => rating(b) - rating(a) || a - b).slice(0, 100);
    expect(body.items.map(({ movieId }: { movieId: number }) => movieId)).toEqual(reference);
    expect(reference).not.toEqual(idsOf(usual));
    expect([usual.body.explored, body.explored]).toEqual([undefined, true]);
  });

  it('keeps each movie’s score, prediction and reasons, and within an hour its order, so that pages fit together', async () => {
    const { headers } = await somebody();
    const usual = (await app.get('/recommend?k=100&explain=2', headers)).body.items;
    const items = (await app.get('/recommend?k=20&explain=2&explore=1', headers)).body.items;
    for (const { because: _, popular: __, ...item } of items) {
      const same = usual.find(({ movieId }: { movieId: number }) => movieId === item.movieId);
      if (same) expect(same).toMatchObject(item);
    }
    const pages = await Promise.all(
      [0, 10].map((offset) => app.get(`/recommend?k=10&offset=${offset}&explore=1`, headers)),
    );
    expect(pages.flatMap(idsOf)).toEqual(items.map(({ movieId }: { movieId: number }) => movieId));
    app.pass(HOUR);
    expect(idsOf(await app.get('/recommend?k=20&explore=1', headers))).not.toEqual(pages.flatMap(idsOf));
  });

  it('puts what is supposed in the same order as the list would have', async () => {
    const { headers } = await somebody();
    const suppose = [{ movieId: movieIdOf(50), rating: 5 }];
    const supposed = await app.post('/recommend', { suppose, k: 20, explore: 1 }, headers);
    await app.post('/ratings', { ratings: suppose }, headers);
    expect(idsOf(await app.get('/recommend?k=20&explore=1', headers))).toEqual(idsOf(supposed));
  });

  it('explores in about the share of hours that it names, and the log has the probability of what came', async () => {
    const { headers } = await somebody();
    for (let hour = 0; hour < 60; hour++) {
      await app.get('/recommend?k=1&explore=0.3', headers);
      app.pass(HOUR);
    }
    const lists: { explored: boolean; probability: number }[] = await logged(headers);
    for (const { explored, probability } of lists) expect(probability).toBe(explored ? 0.3 : 0.7);
    const explored = lists.filter(({ explored }) => explored).length;
    expect(explored).toBeGreaterThan(60 * 0.3 - 11); // three standard deviations
    expect(explored).toBeLessThan(60 * 0.3 + 11);
  });

  it('is the deployment’s share where none is asked for, and nobody’s, nor a profile’s, nor what is to be diverse', async () => {
    const { headers } = await somebody();
    const own = startApp({ EXPLORE: '1' });
    const explored = async (query: string, of: HeadersInit = headers) =>
      (await own.get(`/recommend?${query}`, of)).body.explored;
    const { profile } = (await app.get('/profiles')).body.items[0];
    expect(await explored('')).toBe(true);
    for (const query of ['explore=0', 'diversity=0.5', `profile=${profile}`, 'among=watchlist']) {
      expect(await explored(query), query).toBeUndefined();
    }
    expect(await explored('', {})).toBeUndefined();
  });
});
