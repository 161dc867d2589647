import { applyD1Migrations } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { beforeAll, describe, expect, it } from 'vitest';
import { reshard } from '../../../../shared/ratings/reshard.ts';
import { placeIn, readShardMap } from '../../../../shared/ratings/tables/shard-map.ts';
import { movieIdOf } from '../../../fixtures/groups.ts';
import { publishFixture, startApp, startSession, type TestApp, TOKEN } from '../../app.ts';

const READ_REPLICAS = 'true';
const [FIRST, SECOND] = [0, 1].map(movieIdOf);

beforeAll(async () => {
  await publishFixture(env.MODELS);
  for (const db of [env.SHARD_1, env.SHARD_2]) await applyD1Migrations(db, env.MIGRATIONS);
});

/**
 * A database with a replica, another one that has none of its rows: it answers until a session begins with a bookmark.
 * Writes go to the database itself, and make the bookmark later.
 */
function replicated(primary: D1Database, replica: D1Database) {
  const begun: string[] = [];
  let written = 0;
  const withSession = (from: string) => {
    begun.push(from);
    const source = from === 'first-unconstrained' ? replica : primary;
    const batch = (statements: D1PreparedStatement[]) => {
      written++;
      return primary.batch(statements);
    };
    const getBookmark = () => (written === 0 ? null : `bookmark-${String(written).padStart(5, '0')}`);
    return { prepare: (sql: string) => source.prepare(sql), batch, getBookmark };
  };
  const db = { prepare: primary.prepare.bind(primary), batch: primary.batch.bind(primary), withSession };
  return { begun, db: db as unknown as D1Database };
}

const cookieOf = (headers: Headers) => /marquee_seen=[^;]+/.exec(headers.get('Set-Cookie') ?? '')?.[0];
const moviesOf = async (app: TestApp, headers: HeadersInit, query = '') =>
  (await app.get(`/ratings${query}`, headers)).body.ratings.map(({ movieId }: { movieId: number }) => movieId);

describe('reading from replicas', () => {
  it('gives a person what they wrote, by the bookmark in their cookie, and what replicas have without it', async () => {
    const { begun, db } = replicated(env.DB, env.SHARD_2);
    const app = startApp({ DB: db, READ_REPLICAS });
    const { user, headers } = await startSession(app);
    const rated = await app.post('/ratings', { movieId: FIRST, rating: 4 }, headers);
    const cookie = cookieOf(rated.headers)!;
    const both = { Cookie: `${headers.Cookie}; ${cookie}` };
    expect(await moviesOf(app, both)).toEqual([FIRST]);
    expect(begun.at(-1)).toMatch(/^bookmark-/);
    expect(await moviesOf(app, headers)).toEqual([]);
    expect(begun.at(-1)).toBe('first-unconstrained');
    expect(await moviesOf(app, TOKEN, `?user=${user}`)).toEqual([FIRST]);
  });

  it('takes no bookmark that is not signed, or of somebody else', async () => {
    const { begun, db } = replicated(env.DB, env.SHARD_2);
    const app = startApp({ DB: db, READ_REPLICAS });
    const [one, other] = [await startSession(app), await startSession(app)];
    const cookie = cookieOf((await app.post('/ratings', { movieId: FIRST, rating: 4 }, one.headers)).headers)!;
    for (const wrong of [cookie, `marquee_seen=${other.user}/0/zzz`, `marquee_seen=${other.user}/0/zzz.c2ln`]) {
      await moviesOf(app, { Cookie: `${other.headers.Cookie}; ${wrong}` });
      expect(begun.at(-1)).toBe('first-unconstrained');
    }
  });

  it('is off unless READ_REPLICAS says so: no session begins, and no cookie is set', async () => {
    const { begun, db } = replicated(env.DB, env.SHARD_2);
    const app = startApp({ DB: db });
    const { headers } = await startSession(app);
    const rated = await app.post('/ratings', { movieId: FIRST, rating: 4 }, headers);
    expect(await moviesOf(app, headers)).toEqual([FIRST]);
    expect([cookieOf(rated.headers), begun]).toEqual([undefined, []]);
  });

  it("holds with the runtime's own sessions, also where people moved between databases since they wrote", async () => {
    const all = [env.DB, env.SHARD_1];
    const app = startApp({ DB_1: env.SHARD_1, READ_REPLICAS });
    await reshard(all, { to: 2 });
    const people = [];
    for (let n = 0; n < 6; n++) people.push(await startSession(app));
    const cookies: string[] = [];
    for (const { headers } of people) {
      const { headers: answered } = await app.post('/ratings', { movieId: FIRST, rating: 4 }, headers);
      cookies.push(`${headers.Cookie}; ${cookieOf(answered)}`);
    }
    const map = (await readShardMap(env.DB))!;
    expect(new Set(people.map(({ user }) => placeIn(map, user)))).toEqual(new Set([0, 1]));
    for (const Cookie of cookies) expect(await moviesOf(app, { Cookie })).toEqual([FIRST]);
    await reshard(all, { to: 1 });
    for (const Cookie of cookies) {
      expect(await moviesOf(app, { Cookie })).toEqual([FIRST]);
      await app.post('/ratings', { movieId: SECOND, rating: 2 }, { Cookie });
      expect((await moviesOf(startApp({ DB_1: env.SHARD_1, READ_REPLICAS }), { Cookie })).sort()).toEqual(
        [FIRST, SECOND].sort(),
      );
    }
  });
});
