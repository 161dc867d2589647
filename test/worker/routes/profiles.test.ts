import { env } from 'cloudflare:workers';
import { describe, expect, it } from 'vitest';
import { FILES } from '../../../shared/artifact/schema.ts';
import { GROUPS, groupOfMovie, userIdOf } from '../../fixtures/groups.ts';
import { fixtureManifest, idsOf, publishFixture, startApp } from '../app.ts';

const app = startApp();

interface Profile {
  profile: string;
  name: string;
  users: number;
  genres: string[];
  movies: { movieId: number; title: string }[];
}

const profiles = async (): Promise<Profile[]> => (await app.get('/profiles')).body.items;

describe('GET /profiles', () => {
  it('GET /profiles lists the tastes of the training users, each with its typical movies', async () => {
    const items = await profiles();
    expect(items).toHaveLength(GROUPS.length);
    const groups = items.map(({ genres, movies, name }) => {
      const group = groupOfMovie(movies[0].movieId);
      expect(genres[0]).toBe(GROUPS[group]);
      expect(movies.every(({ movieId }) => groupOfMovie(movieId) === group)).toBe(true);
      expect(name).toContain(`${movies[0].title}, ${movies[1].title}`);
      return group;
    });
    expect(groups.sort()).toEqual([0, 1, 2, 3]);
  });
});

describe('GET /recommend?profile=', () => {
  it('a profile’s list needs no user', async () => {
    for (const { profile, movies } of await profiles()) {
      const answer = await app.get(`/recommend?profile=${profile}&explain=2`);
      expect(answer.body).toMatchObject({ user: null, basis: 'profile', ratings: 0 });
      expect(idsOf(answer).map(groupOfMovie)).toEqual(Array(20).fill(groupOfMovie(movies[0].movieId)));
      const [item] = answer.body.items;
      expect(item).toMatchObject({ because: [], uncertainty: expect.any(Number) });
      expect(item.parts.ratings + item.parts.popularity + item.parts.base).toBeCloseTo(item.score, 5);
      expect(item.parts.ratings).toBeGreaterThan(item.parts.popularity);
      expect(item).not.toHaveProperty('popular');
    }
  });

  it('a profile’s list leaves out what the user rated, and takes the other parameters', async () => {
    const [{ profile }] = await profiles();
    const user = userIdOf(0);
    const hidden = await app.get(`/recommend?profile=${profile}&user=${user}&k=100`);
    const shown = await app.get(`/recommend?profile=${profile}&user=${user}&k=100&rated=show`);
    const { body } = await app.get(`/ratings?user=${user}`);
    const rated = new Set(body.ratings.map(({ movieId }: { movieId: number }) => movieId));
    expect(idsOf(hidden).filter((movieId) => rated.has(movieId))).toEqual([]);
    expect(idsOf(shown).some((movieId) => rated.has(movieId))).toBe(true);
  });

  it('an unknown profile is refused, naming the known ones', async () => {
    const { status, body } = await app.get('/recommend?profile=opera');
    expect(status).toBe(404);
    expect(body).toMatchObject({ code: 'unknown-profile', parameter: 'profile', got: 'opera' });
    expect(body.expected).toEqual((await profiles()).map(({ profile }) => profile));
  });

  it('a model without profiles says so; everything else answers', async () => {
    const { files } = fixtureManifest();
    const version = '20260102T000000Z-older';
    await publishFixture(env.MODELS, version, {
      manifest: { files: files.filter(({ name }) => name !== FILES.profiles) },
      damage: { [FILES.profiles]: null },
    });
    const older = startApp();
    expect((await older.get('/profiles')).body).toEqual({ model: { version }, items: [] });
    expect((await older.get('/recommend')).status).toBe(200);
    const { status, body } = await older.get('/recommend?profile=drama');
    expect(status).toBe(404);
    expect(body.detail).toContain('the model has no profiles');
  });

  it('a version with a damaged profiles.arrow is refused', async () => {
    const version = '20260103T000000Z-damaged';
    await publishFixture(env.MODELS, version, { damage: { [FILES.profiles]: 'ARROW1 no more' } });
    const { status, body } = await startApp().get('/profiles');
    expect(status).toBe(503);
    expect(body.detail).toMatch(/profiles\.arrow: got 14 bytes/);
  });
});
