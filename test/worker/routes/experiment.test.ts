import { env } from 'cloudflare:workers';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { type Arm, armOf } from '../../../shared/artifact/experiment.ts';
import { artifactKey, CURRENT_KEY, FILES } from '../../../shared/artifact/schema.ts';
import { FIXTURE_VERSION, movieIdOf } from '../../fixtures/groups.ts';
import { idsOf, publishFixture, startApp, startSession, type TestApp } from '../app.ts';
import { countedBucket } from '../counting-stores.ts';

const BESIDE = '20260102T000000Z-beside';
const NEWER = '20260202T000000Z-newer';
const TTL = 10;
const USUAL: Arm = { name: 'usual', weight: 1 };
const BOLD: Arm = { name: 'bold', weight: 1, settings: { popularity: -0.8, by: 'rating' } };
const OTHER: Arm = { name: 'other', weight: 1, version: BESIDE };

const experimentOf = (...arms: Arm[]) => ({
  name: 'trial',
  startedAt: '2026-01-01T00:00:00.000Z',
  ends: '2026-01-05T00:00:00.000Z',
  arms,
});

/** Changes what stands in current.json beside the version. */
async function point(change: object): Promise<void> {
  const current = await (await env.MODELS.get(CURRENT_KEY))!.json<object>();
  await env.MODELS.put(CURRENT_KEY, JSON.stringify({ ...current, ...change }));
}

/** People who are in an arm each, in the order of the arms. */
async function peopleOf(app: TestApp, arms: readonly Arm[]) {
  const people = new Map<string, Awaited<ReturnType<typeof startSession>>>();
  while (people.size < arms.length) {
    const person = await startSession(app);
    people.set(armOf(experimentOf(...arms), person.user, app.now())!.name, person);
  }
  return arms.map(({ name }) => people.get(name)!);
}

beforeEach(async () => {
  vi.spyOn(console, 'error').mockImplementation(() => undefined);
  await publishFixture(env.MODELS, BESIDE);
  await publishFixture(env.MODELS);
});

describe('GET /health', () => {
  it('says which experiment is on, with its arms and their shares of people, and that it has ended', async () => {
    await point({ experiment: experimentOf({ ...USUAL, weight: 3 }, { ...OTHER, stopped: true }) });
    const app = startApp();
    const { experiment } = (await app.get('/health')).body.components;
    expect(experiment).toEqual({
      name: 'trial',
      state: 'on',
      startedAt: '2026-01-01T00:00:00.000Z',
      ends: '2026-01-05T00:00:00.000Z',
      arms: [
        { name: 'usual', version: null, stopped: false, share: 0.75 },
        { name: 'other', version: BESIDE, stopped: true, share: 0.25 },
      ],
    });
    app.pass(5 * 86_400);
    expect((await app.get('/health')).body.components.experiment.state).toBe('ended');
  });
});

describe('an arm with settings of its own', () => {
  it('gets them where a request does not say, the others what everybody gets, and answers name the arm', async () => {
    await point({ experiment: experimentOf(USUAL, BOLD) });
    const app = startApp();
    const [usual, bold] = await peopleOf(app, [USUAL, BOLD]);
    const ask = async (query: string, headers: HeadersInit = bold.headers) =>
      app.get(`/recommend?k=10${query}`, headers);
    const [inUsual, inBold, inNone] = [await ask('', usual.headers), await ask(''), await ask('', {})];
    expect([inUsual, inBold, inNone].map(({ body }) => body.arm)).toEqual(['usual', 'bold', undefined]);
    expect(idsOf(inUsual)).toEqual(idsOf(inNone));
    expect(idsOf(inBold)).toEqual(idsOf(await ask('&popularity=-0.8&by=rating')));
    expect(idsOf(inBold)).not.toEqual(idsOf(inUsual));
    // What a request says itself holds; by and blend stand for one another.
    expect(idsOf(await ask('&popularity=0&blend=0.1'))).toEqual(idsOf(inUsual));
    expect(idsOf(await ask('&popularity=0'))).toEqual(idsOf(await ask('&popularity=0&by=rating', usual.headers)));
  });

  it('has one order in the list, in what is supposed, and in what is explained', async () => {
    await point({ experiment: experimentOf(USUAL, BOLD) });
    const app = startApp();
    const [, { headers }] = await peopleOf(app, [USUAL, BOLD]);
    const suppose = [{ movieId: movieIdOf(3), rating: 5 }];
    const supposed = await app.post('/recommend', { suppose, k: 10 }, headers);
    const [best] = idsOf(await app.get('/recommend', headers));
    expect((await app.get(`/explain/${best}`, headers)).body.rank).toBe(1);
    await app.post('/ratings', { ratings: suppose }, headers);
    expect(idsOf(await app.get('/recommend?k=10', headers))).toEqual(idsOf(supposed));
  });

  it('may explore, and the log names experiment and arm', async () => {
    const exploring: Arm = { name: 'exploring', weight: 1, settings: { explore: 1 } };
    await point({ experiment: experimentOf(USUAL, exploring) });
    const app = startApp({ LIST_LOG: '1' });
    const [usual, { headers }] = await peopleOf(app, [USUAL, exploring]);
    const logged = async (of: HeadersInit) => {
      await app.get('/recommend', of);
      return (await app.get('/export/events', of)).body.lists;
    };
    expect(await logged(usual.headers)).toMatchObject([{ experiment: 'trial', arm: 'usual', probability: null }]);
    expect(await logged(headers)).toMatchObject([{ arm: 'exploring', explored: true, probability: 1 }]);
  });

  it('is nobody’s from the end on', async () => {
    await point({ experiment: experimentOf(USUAL, BOLD) });
    const app = startApp();
    const [usual, bold] = await peopleOf(app, [USUAL, BOLD]);
    app.pass(4 * 24 * 3600);
    const [one, other] = [await app.get('/recommend', usual.headers), await app.get('/recommend', bold.headers)];
    expect(one.body.arm).toBeUndefined();
    expect(idsOf(other)).toEqual(idsOf(one));
  });

  it('that became everybody’s is nobody’s arm, and holds for lists of nobody too', async () => {
    await point({ settings: BOLD.settings });
    const app = startApp();
    const { headers } = await startSession(app);
    const asked = idsOf(await app.get('/recommend?by=rating&popularity=-0.8', headers));
    expect(idsOf(await app.get('/recommend', headers))).toEqual(asked);
    expect(idsOf(await app.get('/recommend'))).toEqual(asked);
    expect(idsOf(await app.post('/recommend', { ratings: [] }))).toEqual(asked);
  });
});

describe('an arm with a version of its own', () => {
  const versionOf = async (app: TestApp, headers: HeadersInit) => {
    const { body } = await app.get('/recommend', headers);
    return [body.arm, body.model.version];
  };

  it('is answered by that version from the very first request on, the others by the version in service', async () => {
    await point({ experiment: experimentOf(USUAL, OTHER) });
    const app = startApp();
    const [usual, other] = await peopleOf(app, [USUAL, OTHER]);
    const fresh = startApp();
    expect(await versionOf(fresh, other.headers)).toEqual(['other', BESIDE]);
    expect(await versionOf(fresh, usual.headers)).toEqual(['usual', FIXTURE_VERSION]);
    const { body } = await fresh.get(`/explain/${movieIdOf(0)}`, other.headers);
    expect(body.model.version).toBe(BESIDE);
    expect((await fresh.get('/model')).body.version).toBe(FIXTURE_VERSION);
  });

  it('leaves out what an operator hides', async () => {
    await point({ experiment: experimentOf(USUAL, OTHER) });
    const app = startApp();
    const [, other] = await peopleOf(app, [USUAL, OTHER]);
    const [best] = idsOf(await app.get('/recommend', other.headers));
    await point({ hidden: [best] });
    app.pass(TTL);
    expect(idsOf(await app.get('/recommend', other.headers))).not.toContain(best);
  });

  it('that is damaged counts as none: its people get the version in service, and /health says why', async () => {
    await publishFixture(env.MODELS, BESIDE, { damage: { [FILES.posterior]: 'damaged' } });
    await publishFixture(env.MODELS);
    await point({ experiment: experimentOf(USUAL, OTHER) });
    const app = startApp();
    const [, other] = await peopleOf(app, [USUAL, OTHER]);
    expect(await versionOf(app, other.headers)).toEqual([undefined, FIXTURE_VERSION]);
    const { status, body } = await app.get('/health');
    expect([status, body.status]).toEqual([200, 'stale']);
    expect(body.warnings).toEqual([expect.stringContaining(`the experiment's version ${BESIDE} cannot be loaded`)]);
    await publishFixture(env.MODELS, BESIDE);
    await publishFixture(env.MODELS);
    await point({ experiment: experimentOf(USUAL, OTHER) });
    app.pass(60);
    expect(await versionOf(app, other.headers)).toEqual(['other', BESIDE]);
    expect((await app.get('/health')).body.warnings).toEqual([]);
  });

  it('is let go of before another version comes into memory, and comes back after it', async () => {
    const experiment = experimentOf(USUAL, OTHER);
    await point({ experiment });
    const read: string[] = [];
    let duringChange: Promise<unknown> | undefined;
    const { bucket } = countedBucket(env.MODELS, ({ method, key }) => {
      if (method !== 'get' || !key.endsWith(FILES.posterior)) return;
      read.push(key);
      if (key === artifactKey(NEWER, FILES.posterior)) duringChange ??= versionOf(app, other.headers);
    });
    const app = startApp({ MODELS: bucket });
    const [usual, other] = await peopleOf(app, [USUAL, OTHER]);
    await versionOf(app, other.headers);
    await publishFixture(env.MODELS, NEWER);
    await point({ experiment });
    app.pass(TTL);
    expect(await versionOf(app, usual.headers)).toEqual(['usual', NEWER]);
    // Whoever asks meanwhile waits for the new version, or gets one of the two in memory: never a third.
    expect((await duringChange) as unknown[]).toSatisfy((answer: unknown[]) => answer[1] !== undefined);
    expect(await versionOf(app, other.headers)).toEqual(['other', BESIDE]);
    expect(read).toEqual(
      [FIXTURE_VERSION, BESIDE, NEWER, BESIDE].map((version) => artifactKey(version, FILES.posterior)),
    );
  });

  it('is let go of when the experiment is stopped', async () => {
    await point({ experiment: experimentOf(USUAL, OTHER) });
    const app = startApp();
    const [, other] = await peopleOf(app, [USUAL, OTHER]);
    expect(await versionOf(app, other.headers)).toEqual(['other', BESIDE]);
    await point({ experiment: undefined });
    app.pass(TTL);
    expect(await versionOf(app, other.headers)).toEqual([undefined, FIXTURE_VERSION]);
  });
});
