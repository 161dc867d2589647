import { env } from 'cloudflare:workers';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { movieIdOf, userIdOf } from '../../fixtures/groups.ts';
import { startApp, startSession, type TestApp, TOKEN } from '../app.ts';
import { countedParts, publishCut } from './cut-version.ts';

const K = 3;
const rated = (...rows: number[]) => rows.map((row, at) => ({ movieId: movieIdOf(row), rating: 5 - (at % 5) }));
const PEOPLE = [rated(0, 1, 2, 30), rated(3, 4, 5, 60), rated(6, 7, 8, 90)].map((ratings) => ({ ratings }));

/** What a request asks each part, of an isolate that keeps no vectors yet. */
const ASKED: Record<string, { ask: (app: TestApp) => Promise<{ status: number }>; calls: readonly string[] }> = {
  'a list of somebody whom training knows': {
    ask: (app) => app.get(`/recommend?user=${userIdOf(3)}`),
    calls: ['best', 'vectors'],
  },
  'a list with reasons for ratings that come along': {
    ask: (app) => app.post('/recommend', { ...PEOPLE[0], explain: 2 }),
    calls: ['vectors', 'best', 'vectors'],
  },
  'a list for several people': {
    ask: (app) => app.post('/recommend', { people: PEOPLE }),
    calls: ['vectors', 'squares', 'joint', 'vectors'],
  },
  'a list for several people by rating': {
    ask: (app) => app.post('/recommend', { people: PEOPLE, by: 'rating' }),
    calls: ['vectors', 'joint', 'vectors'],
  },
  'a list for several people, unlike each other': {
    ask: (app) => app.post('/recommend', { people: PEOPLE, diversity: 0.5 }),
    calls: ['vectors', 'squares', 'joint', 'vectors'],
  },
  'lists of a batch': {
    ask: (app) => app.post('/recommend/batch', { people: [...PEOPLE, { user: userIdOf(3) }], explain: 1 }, TOKEN),
    calls: ['several', 'several', 'several'],
  },
  'the map': { ask: (app) => app.get('/map/films'), calls: ['moments', 'places'] },
};

beforeAll(() => publishCut('20260303T000000Z-first', K));

describe('a request on a catalogue that is cut', () => {
  let asked: ReturnType<typeof countedParts>;
  let app: TestApp;

  beforeEach(async () => {
    asked = countedParts(Array(K).fill(env.MODELS));
    app = startApp(asked.parts);
    expect((await app.get('/health')).status).toBe(200);
    await app.get('/top');
    asked.reset();
  });

  it.each(Object.keys(ASKED))('asks each part so often: %s', async (name) => {
    const { ask, calls } = ASKED[name];
    expect((await ask(app)).status).toBe(200);
    expect(asked.calls()).toEqual(Array(K).fill(calls));
  });

  it('asks the part that has the film once more where a film is explained', async () => {
    expect((await app.post(`/explain/${movieIdOf(4)}`, PEOPLE[0])).status).toBe(200);
    const calls = ['vectors', 'standings'];
    expect(asked.calls()).toEqual([calls, ['vectors', 'vectors', 'scoresOf', 'standings'], calls]);
  });

  it('asks for a deciding question no more than for a list for several people', async () => {
    const { headers } = await startSession(app);
    await app.post('/ratings', { ratings: PEOPLE[0].ratings }, headers);
    const { code } = (await app.post('/gatherings', {}, headers)).body;
    const friend = await startSession(app);
    await app.post('/ratings', { ratings: PEOPLE[1].ratings }, friend.headers);
    await app.post(`/gatherings/${code}/members`, {}, friend.headers);
    asked.reset();
    const { status, body } = await app.get(`/gatherings/${code}/question`, headers);
    expect(status).toBe(200);
    expect(body.question.outcomes.length).toBeGreaterThan(0);
    expect(asked.calls()).toEqual(Array(K).fill(['vectors', 'squares', 'joint']));
  });
});
