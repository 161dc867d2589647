import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type ClientOptions, Marquee, MarqueeProblem } from '../../../worker/client/client.ts';
import { movieIdOf, userIdOf } from '../../fixtures/groups.ts';
import { startApp, TOKEN } from '../app.ts';

const app = startApp();
const token = TOKEN.Authorization.slice('Bearer '.length);
const RATING = { movieId: movieIdOf(0), rating: 4.5 };

/** A client of the app itself. */
function clientOf(options: ClientOptions = {}) {
  const send = async (url: string, init: RequestInit) => {
    const path = new URL(url).pathname + new URL(url).search;
    if (init.method === 'GET') {
      const { status, headers, text } = await app.page(path, init.headers);
      return new Response(text, { status, headers });
    }
    const { status, headers, body } = await app.request(init.method!, path, init);
    return Response.json(body, { status, headers });
  };
  return new Marquee('http://localhost/', { fetch: send, ...options });
}

describe('marquee/client, with the Worker', () => {
  it('reads and writes for a user by a token, and gives what the routes answer', async () => {
    const marquee = clientOf({ token });
    const user = userIdOf(4);
    expect(await marquee.post('/ratings', { query: { user }, body: RATING })).toEqual({ user, ratings: 1 });
    const { ratings } = await marquee.get('/ratings', { query: { user } });
    expect(ratings.find(({ movieId }) => movieId === RATING.movieId)?.rating).toBe(4.5);
    const list = await marquee.get('/recommend', { query: { user, genre: ['Comedy', 'Drama'], k: 3, by: 'rating' } });
    expect(list.items.map(({ predictedRating }) => typeof predictedRating)).toEqual(['number', 'number', 'number']);
    const { title } = await marquee.get('/movies/{movieId}', { path: { movieId: list.items[0].movieId } });
    expect(title).toBe(list.items[0].title);
    expect((await marquee.get('/model')).version).toBe(list.model.version);
    expect(await marquee.get('/export', { query: { user } })).toMatch(/^userId,movieId,rating,timestamp\n/);
    await marquee.delete('/ratings/{movieId}', { path: { movieId: RATING.movieId }, query: { user } });
  });

  it('keeps a session where no browser does, and its token may be a function', async () => {
    const marquee = clientOf({ session: true });
    const { user } = await marquee.post('/session');
    await marquee.post('/ratings', { body: { ratings: [RATING] } });
    expect((await marquee.get('/ratings')).user).toBe(user);
    const program = clientOf({ token: async () => token });
    expect((await program.post('/recommend/batch', { body: { people: [{ user }], k: 1 } })).items).toHaveLength(1);
  });

  it('throws what the server says is wrong, with its code and how to mend it', async () => {
    const error = await clientOf()
      .get('/movies/{movieId}', { path: { movieId: 123456789 } })
      .catch((caught) => caught);
    expect(error).toBeInstanceOf(MarqueeProblem);
    expect(error).toMatchObject({ status: 404, code: 'unknown-movie', problem: { title: expect.any(String) } });
    const refused = clientOf().get('/ratings');
    await expect(refused).rejects.toMatchObject({ status: 401, code: 'unauthorized', fix: expect.any(String) });
  });
});

describe('marquee/client, with a server in trouble', () => {
  const answers: (Response | Error)[] = [];
  const asked: { url: string; init: RequestInit }[] = [];
  const marquee = (options: ClientOptions = {}) =>
    new Marquee('https://films.example', {
      fetch: async (url, init) => {
        init.signal?.throwIfAborted();
        asked.push({ url, init });
        const answer = answers.shift() ?? Response.json({ items: [] });
        if (answer instanceof Error) throw answer;
        return answer;
      },
      ...options,
    });
  const busy = (status: number, seconds?: number) =>
    Response.json(
      { code: 'store-unavailable', detail: 'busy', status },
      {
        status,
        headers: { 'Content-Type': 'application/problem+json', ...(seconds && { 'Retry-After': `${seconds}` }) },
      },
    );
  /** Waits so long in all, by the fake clock, until the request ends. */
  const waited = async (request: Promise<unknown>) => {
    const start = Date.now();
    const settled = request.then(
      (value) => ({ value, error: undefined }),
      (error) => ({ value: undefined, error }),
    );
    await vi.runAllTimersAsync();
    return { ...(await settled), milliseconds: Date.now() - start };
  };

  beforeEach(() => {
    vi.useFakeTimers();
    vi.spyOn(Math, 'random').mockReturnValue(1);
    answers.length = 0;
    asked.length = 0;
  });
  afterEach(() => {
    vi.useRealTimers();
    vi.restoreAllMocks();
  });

  it('asks again after as long as Retry-After says', async () => {
    answers.push(busy(503, 5), busy(429, 2));
    expect(await waited(marquee().get('/top'))).toMatchObject({ value: { items: [] }, milliseconds: 7000 });
    expect(asked).toHaveLength(3);
  });

  it('waits twice as long before each further try, and gives up with the last answer', async () => {
    answers.push(...Array.from({ length: 9 }, () => busy(503)));
    const { error, milliseconds } = await waited(marquee({ retries: 3 }).get('/top'));
    expect(error).toMatchObject({ name: 'MarqueeProblem', status: 503, code: 'store-unavailable' });
    expect([asked.length, milliseconds]).toEqual([4, 250 + 500 + 1000]);
  });

  it('does not wait longer than it was told', async () => {
    answers.push(busy(429, 60));
    expect((await waited(marquee().get('/top'))).error).toMatchObject({ status: 429, retryAfter: 60 });
    answers.push(busy(429, 60));
    expect((await waited(marquee({ longestWait: 60_000 }).get('/top'))).milliseconds).toBe(60_000);
  });

  it('sends again what was cut off, where sending it twice does no harm', async () => {
    const cut = () => new TypeError('network connection lost');
    answers.push(cut(), cut());
    expect((await waited(marquee().post('/ratings', { body: RATING }))).value).toEqual({ items: [] });
    answers.push(cut());
    expect((await waited(marquee().delete('/session'))).value).toBeDefined();
    answers.push(cut());
    expect((await waited(marquee().post('/gatherings', {}))).error).toBeInstanceOf(TypeError);
    answers.push(busy(503));
    expect((await waited(marquee().post('/gatherings', {}))).value).toBeDefined();
    expect(asked.map(({ init }) => init.method)).toEqual([
      'POST',
      'POST',
      'POST',
      'DELETE',
      'DELETE',
      'POST',
      'POST',
      'POST',
    ]);
  });

  it('sends nothing again that is the caller’s fault', async () => {
    answers.push(busy(400));
    expect((await waited(marquee().get('/top'))).error).toMatchObject({ status: 400 });
    expect(asked).toHaveLength(1);
  });

  it('throws the status of an answer that is not Marquee’s', async () => {
    answers.push(new Response('<h1>Bad gateway</h1>', { status: 403, headers: { 'Content-Type': 'text/html' } }));
    const { error } = await waited(marquee().get('/top'));
    expect(error).toMatchObject({ status: 403, code: '', message: 'the server answered 403', problem: undefined });
  });

  it('stops when the caller takes the request back, also while it waits', async () => {
    answers.push(busy(503, 5));
    const controller = new AbortController();
    const asking = waited(marquee().get('/top', { signal: controller.signal }));
    setTimeout(() => controller.abort(new Error('not wanted any more')), 100);
    const { error } = await asking;
    expect([error.message, asked.length]).toEqual(['not wanted any more', 1]);
    expect((await waited(marquee().get('/top', { signal: controller.signal }))).error.message).toBe(
      'not wanted any more',
    );
  });

  it('writes paths and queries as the routes read them, and only JSON as JSON', async () => {
    const client = marquee({ token: 'a-token' });
    await client.get('/similar', { query: { movie: [1, 2], genre: ['Film-Noir & more'], k: undefined } });
    await client.get('/compact/{version}/{file}', { path: { version: 'a/b', file: 'x y' } });
    await client.post('/import', { body: new Blob(['1::2::3::4']) });
    await client.post('/recommend', { body: { ratings: [] } });
    expect(asked.map(({ url }) => url.slice('https://films.example'.length))).toEqual([
      '/similar?movie=1&movie=2&genre=Film-Noir+%26+more',
      '/compact/a%2Fb/x%20y',
      '/import',
      '/recommend',
    ]);
    const headers = asked.map(({ init }) => init.headers as Record<string, string>);
    expect(headers[2]).toEqual({ Authorization: 'Bearer a-token' });
    expect(headers[3]).toEqual({ Authorization: 'Bearer a-token', 'Content-Type': 'application/json' });
    expect(asked[3].init.body).toBe('{"ratings":[]}');
    expect('credentials' in asked[0].init).toBe(false);
  });
});

it('a try that takes longer than it may is ended, and tried again', async () => {
  let tries = 0;
  const hanging = new Marquee('https://films.example', {
    timeout: 1,
    retries: 1,
    fetch: (_, { signal }) => {
      tries++;
      return new Promise((_, reject) => signal!.addEventListener('abort', () => reject(signal!.reason)));
    },
  });
  await expect(hanging.get('/top')).rejects.toMatchObject({ name: 'TimeoutError' });
  expect(tries).toBe(2);
});
