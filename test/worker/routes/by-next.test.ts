import { env } from 'cloudflare:workers';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { artifactKey, FILES, LARGEST_NEXT } from '../../../shared/artifact/schema.ts';
import { decodeModel } from '../../../shared/model/decode/model.ts';
import type { RatedMovies } from '../../../shared/model/model.ts';
import { scoredBy } from '../../../shared/model/next.ts';
import { foldIn, scoreMovies } from '../../../shared/model/score.ts';
import { DAMAGES } from '../../fixtures/damage.ts';
import { FIXTURE_VERSION, groupOfMovie, movieIdOf, userIdOf } from '../../fixtures/groups.ts';
import {
  type Answer,
  fixtureFile,
  fixtureManifest,
  idsOf,
  publishFixture,
  startApp,
  startSession,
  TOKEN,
} from '../app.ts';
import { countedBucket } from '../counting-stores.ts';
import { damagedBucket } from '../damaged-bucket.ts';

const [movies, posterior, next] = [FILES.movies, FILES.posterior, FILES.next].map(fixtureFile);
const model = decodeModel(fixtureManifest(), { movies, posterior, next });
const M = model.movies.count;
const KEY = artifactKey(FIXTURE_VERSION, FILES.next);
const app = startApp();

interface Rating {
  readonly movieId: number;
  readonly rating: number;
}

/** Of movies that take part, and of row 20, which does not. */
const RATINGS: readonly Rating[] = [
  [3, 5],
  [20, 4],
  [41, 1],
  [7, 3.5],
].map(([row, rating]) => ({ movieId: movieIdOf(row), rating }));

interface Item {
  movieId: number;
  score: number;
  parts: { ratings: number; popularity: number; base: number };
  because: { movieId: number; contribution: number }[];
}

function ratedOf(ratings: readonly Rating[]): RatedMovies {
  return {
    rows: Int32Array.from(ratings, ({ movieId }) => model.movies.rowOf(movieId)),
    stars: Float32Array.from(ratings, ({ rating }) => rating),
  };
}

/** Scores of every movie, by brute force, (M). */
function scoresOf(ratings: readonly Rating[], popularity = 0): Float32Array {
  const rated = ratedOf(ratings);
  const scores = new Float32Array(M);
  const ordering = { blend: 0, next: model.next!, popularity };
  scoreMovies(model, scoredBy(foldIn(model, rated), ordering, model, rated), 0, scores);
  return scores;
}

/** Ids and scores of an answer are those of the best movies by these scores that are not among `hidden`. */
function expectBest({ body }: Answer, scores: Float32Array, hidden: readonly Rating[], from = 0): void {
  const out = new Set(hidden.map(({ movieId }) => model.movies.rowOf(movieId)));
  const best = [...scores.keys()]
    .filter((row) => !out.has(row))
    .sort((a, b) => scores[b] - scores[a] || a - b)
    .slice(from, from + body.items.length);
  expect(body.items.length).toBeGreaterThan(0);
  const items: Item[] = body.items;
  for (const [place, { movieId, score }] of items.entries()) {
    expect(score).toBeCloseTo(scores[best[place]], 5);
    expect(score).toBeCloseTo(scores[model.movies.rowOf(movieId)], 5);
  }
}

const ask = (asked: object = {}, ratings = RATINGS) => app.post('/recommend', { ratings, by: 'next', ...asked });

beforeEach(async () => {
  await publishFixture(env.MODELS);
});

describe('a list by what is watched next', () => {
  it('begins with what comes right after the newest film', async () => {
    // After row 7 come 8 by 0.75 and 11 by 0.25 a rating of decay 1, of which the newest weighs most.
    const answer = await ask({ k: 3 });
    expect(answer.status).toBe(200);
    expect(idsOf(answer)[0]).toBe(movieIdOf(8));
    expectBest(answer, scoresOf(RATINGS), RATINGS);
  });

  it.each([{ k: 100 }, { k: 1 }, { k: 7, offset: 90 }, { k: 100, offset: 100 }, { k: 20, popularity: -0.75 }])(
    'has the best of all movies: %j',
    async (asked) => {
      const answer = await ask(asked);
      const { popularity, offset } = { popularity: 0, offset: 0, ...asked };
      expectBest(answer, scoresOf(RATINGS, popularity), RATINGS, offset);
    },
  );

  it('filters, candidates, seen movies and rated ones hold for it', async () => {
    const horror = await ask({ genre: ['Horror'], k: 100 });
    expect(idsOf(horror).every((movieId) => groupOfMovie(movieId) === 2)).toBe(true);
    expect(idsOf(horror).length).toBeGreaterThan(20);
    const candidates = [8, 11, 43, 50, 7].map(movieIdOf);
    expect(idsOf(await ask({ candidates })).sort()).toEqual(candidates.slice(0, 4).sort());
    expect(idsOf(await ask({ seen: [movieIdOf(8)], k: 100 }))).not.toContain(movieIdOf(8));
    expect(idsOf(await ask({ rated: 'show', k: 100 }))).toContain(movieIdOf(7));
  });

  it('diversity re-ranks the best by the same scores', async () => {
    const [plain, diverse] = [await ask({ k: 30 }), await ask({ k: 30, diversity: 0.7 })];
    expect(idsOf(diverse)[0]).toBe(idsOf(plain)[0]);
    expect(idsOf(diverse)).not.toEqual(idsOf(plain));
    const scores = scoresOf(RATINGS);
    for (const { movieId, score } of diverse.body.items)
      expect(score).toBeCloseTo(scores[model.movies.rowOf(movieId)], 5);
  });

  it('is for a user of the training folded in from all of their ratings, newer ones included', async () => {
    const own = startApp();
    const user = userIdOf(4);
    const list = `/recommend?user=${user}&by=next&k=50`;
    const stored: Rating[] = (await own.get(`/ratings?user=${user}`)).body.ratings;
    const trained = await own.get(list);
    expect(trained.body).toMatchObject({ basis: 'trained', ratings: stored.length });
    expectBest(trained, scoresOf(stored), stored);
    const seen = new Set(stored.map(({ movieId }) => movieId));
    const newer = [21, 22, 23]
      .map(movieIdOf)
      .flatMap((movieId) => (seen.has(movieId) ? [] : [{ movieId, rating: 4.5 }]));
    expect(newer.length).toBeGreaterThan(0);
    await own.post('/ratings', { user, ratings: newer }, TOKEN);
    expectBest(await own.get(list), scoresOf([...stored, ...newer]), [...stored, ...newer]);
    await own.remove(`/ratings/${newer[0].movieId}?user=${user}`, TOKEN);
  });

  it('is for a person of whom the rating store alone knows folded in from what it holds', async () => {
    const { headers } = await startSession(app);
    await app.post('/ratings', { ratings: RATINGS }, headers);
    const mine = await app.get('/recommend?by=next&k=50', headers);
    expect(mine.body).toMatchObject({ basis: 'folded-in', ratings: RATINGS.length });
    expectBest(mine, scoresOf(RATINGS), RATINGS);
  });

  it('is the list by relevance for somebody who rated nothing', async () => {
    const [byNext, byRelevance] = [await app.get('/recommend?by=next'), await app.get('/recommend?blend=0')];
    expect(byNext.body).toEqual(byRelevance.body);
    expect(byNext.body.basis).toBe('popular');
  });

  it('takes no notice of certainty', async () => {
    expect((await ask({ certainty: 3 })).body).toEqual((await ask()).body);
  });

  it('is refused beside a blend, and for a profile, alone and among people', async () => {
    expect((await ask({ blend: 0.5 })).status).toBe(400);
    const { profile } = (await app.get('/profiles')).body.items[0];
    const people = [{ ratings: RATINGS }, { profile }];
    for (const answer of [
      await app.get(`/recommend?by=next&profile=${profile}`),
      await app.get(`/explain/${movieIdOf(8)}?by=next&profile=${profile}`),
      await app.post('/recommend', { by: 'next', people }),
    ]) {
      expect(answer.status).toBe(400);
      expect(answer.body).toMatchObject({ code: 'bad-parameter', parameter: 'by', got: 'next' });
      expect(answer.body.fix).toContain('A profile has no ratings');
    }
  });
});

describe('a list by what several people watch next', () => {
  it.each(['least', 'mean'])('is for people who are equal the list of each: %s', async (together) => {
    const people = [{ ratings: RATINGS }, { ratings: RATINGS }];
    const { body } = await app.post('/recommend', { by: 'next', people, together, k: 30 });
    const own = (await ask({ k: 30 })).body.items;
    expect(body.items.map(({ people: _, ...item }: Item & { people: unknown }) => item)).toEqual(own);
  });

  it('has the least score of each movie, on one scale for all', async () => {
    const other = RATINGS.slice(0, 1);
    const people = [{ ratings: RATINGS }, { ratings: other }];
    const { body } = await app.post('/recommend', { by: 'next', people, k: 100, rated: 'show' });
    const each = [scoresOf(RATINGS), scoresOf(other)];
    const spreads = each.map((scores) => Math.sqrt(scores.reduce((sum, score) => sum + score * score, 0) / M));
    const mean = (spreads[0] + spreads[1]) / 2;
    for (const { movieId, score, people: views } of body.items) {
      const row = model.movies.rowOf(movieId);
      const scaled = each.map((scores, p) => (scores[row] * mean) / spreads[p]);
      expect(score).toBeCloseTo(Math.min(...scaled), 4);
      for (const [p, view] of views.entries()) expect(view.score).toBeCloseTo(scaled[p], 4);
    }
  });
});

describe('reasons of a list by what is watched next', () => {
  it('the parts add up to the score, and those of the ratings to their part', async () => {
    for (const asked of [{}, { popularity: 0.5 }, { rated: 'show', k: 40 }]) {
      const { body } = await ask({ explain: 5, ...asked });
      const scores = scoresOf(RATINGS, (asked as { popularity?: number }).popularity);
      for (const { movieId, score, parts, because } of body.items as Item[]) {
        expect(score).toBeCloseTo(scores[model.movies.rowOf(movieId)], 5);
        expect(parts.ratings + parts.popularity + parts.base).toBeCloseTo(score, 5);
        expect(parts.base).toBe(0);
        for (const { contribution } of because) expect(contribution).toBeLessThan(parts.ratings + 1);
      }
      expect(body.items[0].because[0].movieId).toBe(movieIdOf(7));
    }
  });

  it('an explanation names every rating, its part, and the place that the list has', async () => {
    const list = (await ask({ k: 100 })).body.items as Item[];
    for (const place of [0, 1, 2, 10, 50]) {
      const { movieId, score } = list[place];
      const { status, body } = await app.post(`/explain/${movieId}`, { ratings: RATINGS, by: 'next', explain: 5 });
      expect(status).toBe(200);
      expect(body).toMatchObject({ rank: place + 1, excludedBy: [], rated: false });
      expect(body.score).toBe(score);
      const reasons: { contribution: number }[] = [...body.because, ...body.against];
      const sum = reasons.reduce((sum, { contribution }) => sum + contribution, 0);
      expect(Math.abs(sum - body.parts.ratings)).toBeLessThan(1e-4);
      if (place > 0) expect(body.above.at(-1)).toMatchObject({ movieId: list[place - 1].movieId, rank: place });
    }
  });

  it('a movie that comes right after a rated one stands lower without that rating', async () => {
    const { body } = await app.post(`/explain/${movieIdOf(8)}`, { ratings: RATINGS, by: 'next', explain: 5 });
    expect(body.rank).toBe(1);
    expect(body.because[0]).toMatchObject({ movieId: movieIdOf(7), why: 'just-watched' });
    expect(body.because[0].rankWithout).toBeGreaterThan(1);
  });

  it('a rated movie is explained by the others as well', async () => {
    const ratings = [{ movieId: movieIdOf(8), rating: 2 }, ...RATINGS];
    const asked = { ratings, by: 'next', explain: 5, rated: 'show' };
    const { body } = await app.post(`/explain/${movieIdOf(8)}`, asked);
    expect(body).toMatchObject({ rated: true, rating: 2 });
    expect(body.because[0]).toMatchObject({ movieId: movieIdOf(7) });
    expect(body.score).toBeCloseTo(scoresOf(ratings)[8], 5);
  });
});

describe('next.arrow in R2', () => {
  it('is read once, when somebody first asks by it, for any number of requests', async () => {
    const { uses, bucket } = countedBucket(env.MODELS);
    const own = startApp({ MODELS: bucket });
    const gets = () => uses.filter(({ method, key }) => method === 'get' && key === KEY).length;
    await own.get(`/recommend?user=${userIdOf(0)}`);
    expect(gets()).toBe(0);
    const answers = await Promise.all([0, 1, 2, 3].map((u) => own.get(`/recommend?user=${userIdOf(u)}&by=next`)));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    await own.post('/recommend', { ratings: RATINGS, by: 'next' });
    expect(gets()).toBe(1);
  });

  it('a version without it says how to get one, and answers everything else', async () => {
    const files = fixtureManifest().files.filter(({ name }) => name !== FILES.next);
    const version = '20260102T000000Z-older';
    await publishFixture(env.MODELS, version, { manifest: { files }, damage: { [FILES.next]: null } });
    const older = startApp();
    for (const path of [`/recommend?user=${userIdOf(0)}`, `/explain/${movieIdOf(8)}?user=${userIdOf(0)}`]) {
      const { status, body } = await older.get(`${path}&by=next`);
      expect(status).toBe(400);
      expect(body).toMatchObject({ code: 'bad-parameter', parameter: 'by', got: 'next' });
      expect(body.detail).toContain(version);
      expect(body.fix).toContain('npm run train');
      expect((await older.get(path)).status).toBe(200);
    }
  });

  it('one that is too large for an isolate is not read, and other lists are made', async () => {
    const bytes = new Uint8Array(LARGEST_NEXT + 1);
    const files = fixtureManifest().files.map((each) =>
      each.name === FILES.next ? { ...each, bytes: bytes.length } : each,
    );
    const damage = { [FILES.next]: bytes };
    await publishFixture(env.MODELS, '20260104T000000Z-large', { manifest: { files }, damage, checksums: false });
    const own = startApp();
    const { status, body } = await own.get('/recommend?by=next');
    expect(status).toBe(400);
    expect(body.detail).toContain(`has ${bytes.length} bytes of next.arrow, at most ${LARGEST_NEXT} are read`);
    expect((await own.get('/recommend')).status).toBe(200);
  });

  it('a version whose next.arrow has another size is not taken into service', async () => {
    vi.spyOn(console, 'error').mockImplementation(() => undefined);
    await publishFixture(env.MODELS, '20260103T000000Z-short', { damage: { [FILES.next]: 'ARROW1 no more' } });
    const { status, body } = await startApp().get('/model');
    expect(status).toBe(503);
    expect(body.detail).toMatch(/next\.arrow: got 14 bytes/);
  });

  it.each(DAMAGES)(
    '%s on the disk: lists by it are refused, others are made, and a mended one is read again',
    async (kind) => {
      vi.spyOn(console, 'error').mockImplementation(() => undefined);
      let bucket = damagedBucket(env.MODELS, KEY, kind);
      const own = startApp({
        MODELS: {
          get: (...args: [string]) => bucket.get(...args),
          head: (key: string) => bucket.head(key),
        } as unknown as R2Bucket,
      });
      const list = `/recommend?user=${userIdOf(0)}`;
      const { status, body } = await own.get(`${list}&by=next`);
      expect(status).toBe(503);
      expect(body).toMatchObject({ code: 'bad-artifact' });
      expect(body.detail).toContain(FILES.next);
      expect((await own.get(list)).status).toBe(200);
      bucket = env.MODELS;
      expect((await own.get(`${list}&by=next`)).status).toBe(200);
    },
  );
});
