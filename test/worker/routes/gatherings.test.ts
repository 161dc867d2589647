import { createScheduledController } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { describe, expect, it } from 'vitest';
import worker from '../../../worker/index.ts';
import { movieIdOf } from '../../fixtures/groups.ts';
import { type Answer, idsOf, startApp, startSession, type TestApp, TOKEN } from '../app.ts';

const app = startApp();
const HOUR = 3600;
const [COMEDY, DRAMA, HORROR] = [0, 1, 2];

type Visitor = Awaited<ReturnType<typeof startSession>>;
interface Person {
  predictedRating: number;
  uncertainty: number;
}

/** Four films of a group, loved. */
const loved = (group: number) => [0, 4, 8, 12].map((row) => ({ movieId: movieIdOf(row + group), rating: 5 }));

const open = async ({ headers }: Visitor, name?: string): Promise<string> =>
  (await app.post('/gatherings', { name }, headers)).body.code;
const join = (code: string, { headers }: Visitor, says: object = {}) =>
  app.post(`/gatherings/${code}/members`, says, headers);
const look = (code: string, { headers }: Visitor, query = '') => app.get(`/gatherings/${code}${query}`, headers);
const names = ({ body }: Answer) => body.members.map(({ name }: { name: string | null }) => name);
const rate = ({ headers }: Visitor, ratings: object[]) => app.post('/ratings', { ratings }, headers);

/** Two people of a gathering who love one group each. */
async function two(of: TestApp = app) {
  const [ann, sam] = [await startSession(of), await startSession(of)];
  const code = await open(ann, 'Ann');
  await join(code, sam, { name: 'Sam' });
  await rate(ann, loved(COMEDY));
  await rate(sam, loved(HORROR));
  return { ann, sam, code };
}

describe('a gathering', () => {
  it('has a code of twelve digits, which people may type in their way', async () => {
    const ann = await startSession(app);
    const code = await open(ann, 'Ann');
    expect(code).toMatch(/^[0-9A-HJKMNP-TV-Z]{12}$/);
    const typed = `${code.slice(0, 4)}-${code.slice(4, 8)} ${code.slice(8)}`.toLowerCase().replaceAll('0', 'o');
    expect((await look(encodeURIComponent(typed), ann)).body.code).toBe(code);
  });

  it('shows who is in it, in the order of joining, and how much they rated, up to five', async () => {
    const { ann, sam, code } = await two();
    await rate(sam, loved(DRAMA));
    const { body, status } = await look(code, sam);
    expect(status).toBe(200);
    expect(body.members).toEqual([
      { name: 'Ann', place: 1, you: false, rated: 4 },
      { name: 'Sam', place: 2, you: true, rated: 5 },
    ]);
    expect(body.endsAt).toBe(new Date(app.now() + 24 * HOUR * 1000).toISOString());
    expect((await look(code, ann)).body.members.map(({ you }: { you: boolean }) => you)).toEqual([true, false]);
  });

  it.each(['', '?together=mean', '?by=rating&k=7', '?genre=Drama&diversity=0.4', '?by=next'])(
    'gives its members the list of POST /recommend for these people: %s',
    async (query) => {
      const { ann, sam, code } = await two();
      const asked = Object.fromEntries(
        [...new URLSearchParams(query)].map(([name, value]) => [name, name === 'genre' ? [value] : value]),
      );
      const people = [{ user: ann.user }, { user: sam.user }];
      const { items } = (await app.post('/recommend', { people, ...asked }, TOKEN)).body;
      const seen = await look(code, ann, query);
      expect(idsOf(seen)).toEqual(idsOf({ ...seen, body: { items } }));
      expect(idsOf(seen).length).toBeGreaterThan(5);
      for (const [at, item] of seen.body.items.entries()) {
        for (const [p, person] of item.people.entries()) {
          const { predictedRating, uncertainty }: Person = items[at].people[p];
          expect(person).toEqual({
            predictedRating: Math.round(10 * predictedRating) / 10,
            uncertainty: Math.round(10 * uncertainty) / 10,
          });
        }
      }
    },
  );

  it('tells nobody another’s ratings, user number or anything more exact than a tenth of a star', async () => {
    const { ann, sam, code } = await two();
    const list = await look(code, ann, '?k=100');
    const question = await app.get(`/gatherings/${code}/question`, ann.headers);
    const text = JSON.stringify([list.body, question.body]);
    expect(text).not.toContain(String(sam.user));
    expect(text).not.toContain(String(ann.user));
    expect(Object.keys(list.body).sort()).toEqual(['code', 'endsAt', 'items', 'members', 'model']);
    expect(Object.keys(list.body.items[0]).sort()).toEqual(
      ['genres', 'movieId', 'people', 'predictedRating', 'ratingCount', 'title', 'year'].sort(),
    );
    const ratedBySam = loved(HORROR).map(({ movieId }) => movieId);
    expect(idsOf(list).filter((movieId) => ratedBySam.includes(movieId))).toEqual([]);
  });

  it('shows whoever knows the code, and is no member, the names alone', async () => {
    const { code } = await two();
    const guest = await startSession(app);
    for (const headers of [{}, guest.headers]) {
      const { status, body } = await app.get(`/gatherings/${code}`, headers);
      expect(status).toBe(200);
      expect(body.items).toEqual([]);
      expect(body.members).toMatchObject([
        { name: 'Ann', you: false },
        { name: 'Sam', you: false },
      ]);
      expect(await app.get(`/gatherings/${code}/question`, headers)).toMatchObject({
        status: 403,
        body: { code: 'forbidden' },
      });
    }
  });

  it('answers 304 while nothing changed, and anew after a rating, a mark, a name, a member or another filter', async () => {
    const { ann, sam, code } = await two();
    const ask = (query = '') => app.get(`/gatherings/${code}${query}`, { ...ann.headers, 'If-None-Match': tag });
    let tag = (await look(code, ann)).headers.get('ETag')!;
    expect(tag).toMatch(/^"[0-9a-f]{32}"$/);
    expect(await ask()).toMatchObject({ status: 304, body: null });
    expect((await app.get(`/gatherings/${code}`, { ...ann.headers, 'If-None-Match': `W/${tag}` })).status).toBe(304);
    expect((await ask('?by=rating')).status).toBe(200);
    const changes = [
      () => rate(sam, [{ movieId: movieIdOf(20), rating: 3 }]),
      () => app.remove(`/ratings/${movieIdOf(20)}`, sam.headers),
      () => app.post('/marks', { marks: [{ movieId: movieIdOf(21), mark: 'seen' }] }, sam.headers),
      () => join(code, sam, { name: 'Samuel' }),
      () => join(code, sam, { notSeen: [movieIdOf(1)] }),
      async () => join(code, await startSession(app)),
      () => app.remove(`/gatherings/${code}`, sam.headers),
    ];
    for (const change of changes) {
      app.pass(1);
      await change();
      const { status, headers } = await ask();
      expect(status).toBe(200);
      tag = headers.get('ETag')!;
      expect((await ask()).status).toBe(304);
    }
  });

  it('opens once for one person: a second time they get the same code, and may change their name', async () => {
    const ann = await startSession(app);
    const code = await open(ann);
    expect(await open(ann, 'Ann')).toBe(code);
    expect(await open(ann)).toBe(code);
    expect(names(await look(code, ann))).toEqual(['Ann']);
  });

  it('takes a name and what was not seen each alone; joining again changes only what is said', async () => {
    const [ann, sam] = [await startSession(app), await startSession(app)];
    const code = await open(ann);
    await join(code, sam, { name: '  Sam\u0000 the\n great ' });
    await join(code, sam, { notSeen: [movieIdOf(3)] });
    await join(code, sam);
    expect(names(await look(code, sam))).toEqual([null, 'Sam the great']);
    const mine = await app.get('/gatherings', sam.headers);
    expect(mine.body.items).toEqual([{ code, name: 'Sam the great', notSeen: [movieIdOf(3)] }]);
  });

  it('has room for eight people, the same ones again included', async () => {
    const ann = await startSession(app);
    const code = await open(ann);
    const others = await Promise.all(Array.from({ length: 7 }, () => startSession(app)));
    for (const other of others) expect((await join(code, other)).status).toBe(200);
    const late = await startSession(app);
    expect(await join(code, late)).toMatchObject({ status: 409, body: { code: 'full-gathering' } });
    expect((await join(code, others[3], { name: 'Four' })).status).toBe(200);
    expect((await look(code, ann)).body.items[0].people).toHaveLength(8);
    expect((await app.get(`/gatherings/${code}/question`, ann.headers)).status).toBe(200);
    await app.remove(`/gatherings/${code}`, others[0].headers);
    expect((await join(code, late)).status).toBe(200);
    expect((await look(code, late)).body.members.at(-1)).toMatchObject({ place: 9, you: true });
  });
});

describe('the question that would decide', () => {
  const question = async (code: string, { headers }: Visitor) =>
    (await app.get(`/gatherings/${code}/question`, headers)).body.question;

  it('changes the first ten as it says, once the person gives such a rating', async () => {
    const { ann, sam, code } = await two();
    const asked = await question(code, ann);
    expect(asked).toEqual(await question(code, sam));
    const before = idsOf(await look(code, ann, '?k=11'))
      .filter((id) => id !== asked.movie.movieId)
      .slice(0, 10);
    const total = asked.outcomes.reduce((sum: number, { chance }: { chance: number }) => sum + chance, 0);
    expect(total).toBeCloseTo(1, 6);
    let replaced = 0;
    for (const { rating, chance, first, brings, drops } of asked.outcomes) {
      app.pass(60);
      await rate([ann, sam][asked.person], [{ movieId: asked.movie.movieId, rating }]);
      const after = idsOf(await look(code, ann, '?k=10'));
      expect(after[0]).toBe(first.movieId);
      const idsIn = (movies: { movieId: number }[]) => movies.map(({ movieId }) => movieId);
      expect(idsIn(brings)).toEqual(after.filter((id) => !before.includes(id)));
      expect(idsIn(drops)).toEqual(before.filter((id) => !after.includes(id)));
      replaced += chance * brings.length;
    }
    expect(asked.change).toBeCloseTo(asked.seen * replaced, 5);
    expect(asked.change).toBeGreaterThan(0);
  });

  it('is about nothing that the person rated or has not seen', async () => {
    const { ann, sam, code } = await two();
    const asked = new Set<string>();
    for (let turn = 0; turn < 4; turn++) {
      const { person, movie } = await question(code, ann);
      expect(asked.has(`${person} ${movie.movieId}`)).toBe(false);
      asked.add(`${person} ${movie.movieId}`);
      const notSeen = (of: number) =>
        [...asked].filter((one) => one.startsWith(`${of} `)).map((one) => Number(one.split(' ')[1]));
      await join(code, ann, { notSeen: notSeen(0) });
      await join(code, sam, { notSeen: notSeen(1) });
    }
    expect(asked.size).toBe(4);
  });
});

describe('the end of a gathering', () => {
  const gone = { status: 410, body: { code: 'ended-gathering', status: 410 } };

  it('comes for one person by leaving, and for all when its maker leaves', async () => {
    const { ann, sam, code } = await two();
    expect((await app.remove(`/gatherings/${code}`, sam.headers)).body).toEqual({ ended: false });
    expect(names(await look(code, ann))).toEqual(['Ann']);
    expect((await look(code, sam)).body.items).toEqual([]);
    await join(code, sam, { name: 'Sam' });
    expect(names(await look(code, sam))).toEqual(['Ann', 'Sam']);
    expect((await app.remove(`/gatherings/${code}`, ann.headers)).body).toEqual({ ended: true });
    for (const answer of [await look(code, ann), await look(code, sam), await join(code, sam)]) {
      expect(answer).toMatchObject(gone);
    }
    expect((await app.get('/gatherings', sam.headers)).body.items).toEqual([]);
    expect(await open(ann)).not.toBe(code);
  });

  it('is not in the hands of somebody who is no member', async () => {
    const { ann, code } = await two();
    const stranger = await startSession(app);
    expect((await app.remove(`/gatherings/${code}`, stranger.headers)).body).toEqual({ ended: false });
    expect(await app.remove(`/gatherings/${code}`)).toMatchObject({ status: 401, body: { code: 'unauthorized' } });
    expect(names(await look(code, ann))).toEqual(['Ann', 'Sam']);
  });

  it('comes after 24 hours, and the next gathering or the cron trigger deletes who was in it', async () => {
    const own = startApp();
    const rows = async (code: string, table: string) =>
      (await env.DB.prepare(`SELECT * FROM ${table} WHERE code = ?1`).bind(code).all()).results;
    const { ann, code } = await two();
    const other = await two();
    own.pass(24 * HOUR - 1 + (app.now() - own.now()) / 1000);
    expect((await own.get(`/gatherings/${code}`, ann.headers)).status).toBe(200);
    own.pass(1);
    expect(await own.get(`/gatherings/${code}`, ann.headers)).toMatchObject(gone);
    expect(await own.post(`/gatherings/${code}/members`, {}, ann.headers)).toMatchObject(gone);
    const next = (await own.post('/gatherings', {}, ann.headers)).body.code;
    expect(next).not.toBe(code);
    expect(await rows(code, 'gathering_member')).toEqual([]);
    expect(await rows(code, 'gathering')).toMatchObject([{ maker: null }]);
    await worker.scheduled!(createScheduledController({ scheduledTime: new Date(own.now()) }), env);
    expect(await rows(other.code, 'gathering_member')).toEqual([]);
    const later = createScheduledController({ scheduledTime: new Date(own.now() + 24 * HOUR * 1000) });
    await worker.scheduled!(later, env);
    expect(await own.get(`/gatherings/${code}`)).toMatchObject({ status: 404, body: { code: 'unknown-gathering' } });
  });

  it('is the deletion of a person: they leave all gatherings, and those that they made end', async () => {
    const { ann, sam, code } = await two();
    const theirs = await open(sam);
    await join(theirs, ann);
    await app.remove('/session', sam.headers);
    expect(names(await look(code, ann))).toEqual(['Ann']);
    expect(await look(theirs, ann)).toMatchObject(gone);
    const left = 'SELECT * FROM gathering_member WHERE user_id = ?1 OR code = ?2';
    expect((await env.DB.prepare(left).bind(sam.user, theirs).all()).results).toEqual([]);
    expect(await join(code, sam)).toMatchObject({ status: 410, body: { code: 'deleted-user' } });
    expect(await app.post('/gatherings', {}, sam.headers)).toMatchObject({
      status: 410,
      body: { code: 'deleted-user' },
    });
  });
});

describe('a gathering refuses', () => {
  it('codes that nobody was given, people without a session, and pages of other sites', async () => {
    const ann = await startSession(app);
    const code = await open(ann);
    expect(await look('0000AAAA1111', ann)).toMatchObject({ status: 404, body: { code: 'unknown-gathering' } });
    expect(await join('0000AAAA1111', ann)).toMatchObject({ status: 404, body: { code: 'unknown-gathering' } });
    expect(await app.post('/gatherings', {})).toMatchObject({ status: 401, body: { code: 'unauthorized' } });
    expect(await app.post(`/gatherings/${code}/members`, {})).toMatchObject({ status: 401 });
    const from = { ...ann.headers, 'Sec-Fetch-Site': 'cross-site', Origin: 'https://elsewhere.example' };
    for (const answer of [
      await app.post('/gatherings', {}, from),
      await app.post(`/gatherings/${code}/members`, {}, from),
      await app.remove(`/gatherings/${code}`, from),
    ])
      expect(answer).toMatchObject({ status: 403, body: { code: 'cross-site' } });
  });

  it.each<[object, string]>([
    [{ name: 'x'.repeat(25) }, 'name: got'],
    [{ name: ' \n ' }, 'name: got'],
    [{ name: 7 }, 'name: got 7, expected string'],
    [{ notSeen: [-1] }, 'notSeen.0: got -1'],
    [{ notSeen: Array(501).fill(1) }, 'expected at most 500 elements'],
    [{ stars: 5 }, 'stars: got 5, expected no such name'],
  ])('%o as what a member says', async (says, detail) => {
    const ann = await startSession(app);
    const answer = await join(await open(ann), ann, says);
    expect(answer).toMatchObject({ status: 400, body: { code: 'bad-body' } });
    expect(answer.body.detail).toContain(detail);
  });

  it('more writes than a session or an address may make', async () => {
    const limited = startApp({ WRITES_PER_SESSION: env.THREE });
    const ann = await startSession(app);
    const statuses: number[] = [];
    for (let n = 0; n < 8; n++) statuses.push((await limited.post('/gatherings', {}, ann.headers)).status);
    expect(statuses).toContain(429);
  });
});
