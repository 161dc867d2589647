import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Bindings, withBindings } from '../../scripts/lib/bindings.ts';
import { secretOf } from '../../scripts/lib/server.ts';
import { OUTCOMES_KEY, parseOutcomes } from '../../shared/artifact/retrain-outcomes.ts';
import { FILES } from '../../shared/artifact/schema.ts';
import { type PublishedModel, publishedModels } from '../../trainer/artifact/publish.ts';
import { LEASE_KEY } from '../../trainer/retrain/store.ts';
import { marquee, newFolder, QUICK, ROOT, TINY, writeTinySet } from './command.ts';
import { getJson, type Server, startServer } from './server.ts';

let folder: string;
/** R2 and D1 with a model in service and ratings of the page that it has not seen. */
let state: string;
let server: Server;
/** The session of somebody who rated on the page. */
let headers: { Cookie: string };
let newcomer: number;

const RATED = Array.from({ length: 15 }, (_, j) => 2 + 5 * j);
/** The server reads current.json again after MODEL_TTL seconds. */
const REFRESHED = { interval: 500 };

beforeAll(async () => {
  folder = await newFolder();
  await writeTinySet(folder);
  state = join(folder, 'state');
  server = await startServer(state, ['--data', folder, ...QUICK]);
  const session = await fetch(`${server.url}/session`, { method: 'POST' });
  headers = { Cookie: session.headers.get('Set-Cookie')!.split(';')[0] };
  newcomer = ((await session.json()) as { user: number }).user;
  const ratings = RATED.map((movieId, j) => ({ movieId, rating: j % 2 === 0 ? 5 : 1.5 }));
  const first = { ratings: [{ movieId: RATED[0], rating: 0.5, timestamp: 1_000_000_000 }] }; // which the next supersedes
  for (const body of [first, { ratings }].map((sent) => JSON.stringify(sent))) {
    const posted = { method: 'POST', headers: { ...headers, 'Content-Type': 'application/json' }, body };
    expect((await fetch(`${server.url}/ratings`, posted)).status).toBe(200);
  }
});

afterAll(async () => {
  await server?.stop();
  await rm(folder, { recursive: true, force: true });
});

const flagsOf = () => ['--data', folder, ...QUICK];

function retrain(where: string, ...flags: string[]) {
  return marquee('retrain', [...flagsOf(), ...flags], { MARQUEE_STATE: where });
}

/** A copy of R2 and D1 as they are now. */
async function copyOfState(name: string): Promise<string> {
  await cp(state, join(folder, name), { recursive: true });
  return join(folder, name);
}

async function modelsIn(where: string): Promise<PublishedModel[]> {
  return (await withBindings(false, ({ MODELS }) => publishedModels(MODELS), where)).models;
}

/** Hashes of the files that are the same whenever the same is trained: the report names version and seconds. */
async function hashesInService(where: string): Promise<string[]> {
  const model = (await modelsIn(where)).find(({ current }) => current)!;
  return model.manifest.files.filter(({ name }) => name !== FILES.report).map(({ sha256 }) => sha256);
}

/** Rows of the log in the running server's D1. */
async function logged(): Promise<number> {
  const count = 'SELECT count(*) AS rows FROM rating_log';
  const row = await withBindings(false, ({ DB }) => DB.prepare(count).first<{ rows: number }>(), state);
  return row!.rows;
}

describe('npm run retrain', () => {
  it('leaves the old model in service when killed during training, and a second run succeeds, also from a disk', async () => {
    const [disturbed, undisturbed] = [await copyOfState('disturbed'), await copyOfState('undisturbed')];
    const flags = [...flagsOf(), '--sweeps', '1000'];
    const child = spawn(process.execPath, [join(ROOT, 'scripts/retrain.ts'), ...flags], {
      cwd: ROOT,
      env: { ...process.env, MARQUEE_STATE: disturbed },
      stdio: ['ignore', 'ignore', 'pipe'],
      detached: true,
    });
    let stderr = '';
    const ended = once(child, 'exit');
    for await (const text of child.stderr.setEncoding('utf8')) {
      stderr += text;
      if (stderr.includes('newest')) process.kill(-child.pid!, 'SIGKILL');
    }
    expect(await ended).toEqual([null, 'SIGKILL']);
    expect(await modelsIn(disturbed)).toEqual(await modelsIn(undisturbed));

    const [again, steady] = [
      await retrain(disturbed, '--force', '--json', '--memory', '0'),
      await retrain(undisturbed, '--force', '--json'),
    ];
    expect(again.stderr).toContain('ratings          read from a disk');
    expect([again.status, steady.status]).toEqual([0, 0]); // forced: what is tested here is not which of two tiny models is better
    const [after, expected] = [JSON.parse(again.stdout), JSON.parse(steady.stdout)];
    expect(after).toMatchObject({ decision: 'published', start: 'warm', watermark: RATED.length + 1 });
    expect({ ...after, version: null, seconds: null }).toEqual({ ...expected, version: null, seconds: null });
    expect(await hashesInService(disturbed)).toEqual(await hashesInService(undisturbed));
  });

  it('ends in order when it is asked to: the lease is given back, the night counts as failed, the model stays', async () => {
    const where = await copyOfState('stopped');
    const before = await modelsIn(where);
    const child = spawn(process.execPath, [join(ROOT, 'scripts/retrain.ts'), ...flagsOf(), '--sweeps', '1000'], {
      cwd: ROOT,
      env: { ...process.env, MARQUEE_STATE: where },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let stderr = '';
    const ended = once(child, 'exit');
    for await (const text of child.stderr.setEncoding('utf8')) {
      stderr += text;
      if (stderr.includes('newest') && !child.killed) child.kill('SIGTERM');
    }
    expect(await ended, stderr).toEqual([143, null]);
    expect(stderr).toContain('it was asked to end (SIGTERM)');
    const [lease, outcomes] = await withBindings(
      false,
      async ({ MODELS }) => [await MODELS.get(LEASE_KEY), await (await MODELS.get(OUTCOMES_KEY))!.text()],
      where,
    );
    expect(lease).toBeNull();
    expect(parseOutcomes(outcomes as string)[0]).toMatchObject({
      state: 'failed',
      reason: 'it was asked to end (SIGTERM)',
    });
    expect(await modelsIn(where)).toEqual(before);
  });

  it('puts new ratings into the model that a running server serves next', async () => {
    const before = await getJson(`${server.url}/recommend?k=80`, { headers });
    expect(before).toMatchObject({ user: newcomer, basis: 'folded-in', ratings: RATED.length });
    const { status, stdout, stderr } = await retrain(state, '--force');
    expect({ status, stderr }).toMatchObject({
      status: 0,
      stderr: expect.stringContaining('retrain          publish'),
    });
    expect(stdout).toContain(`npm run rollback returns to ${before.model.version}`);
    await expect
      .poll(async () => (await getJson(`${server.url}/recommend`, { headers })).basis, REFRESHED)
      .toBe('trained');
    const after = await getJson(`${server.url}/recommend?k=80`, { headers });
    expect(after).toMatchObject({ user: newcomer, basis: 'trained', ratings: RATED.length });
    const ids = after.items.map(({ movieId }: { movieId: number }) => movieId);
    expect(ids.filter((movieId: number) => RATED.includes(movieId))).toEqual([]);
    expect(ids).toHaveLength(TINY.movies - RATED.length);
  });

  it('lets the cron trigger of the running server fold the log', async () => {
    expect(await logged()).toBe(RATED.length + 1);
    const cron = `${server.url}/cdn-cgi/handler/scheduled?cron=0+4+*+*+*`;
    expect((await fetch(cron)).status).toBe(404);
    const administrator = { Authorization: `Bearer ${await secretOf('ADMIN_TOKEN')}` };
    expect((await fetch(cron, { headers: administrator })).status).toBe(200);
    expect(await logged()).toBe(RATED.length);
    const { ratings } = await getJson(`${server.url}/ratings`, { headers });
    expect(ratings).toHaveLength(RATED.length);
  });

  it('exits with 3 when there are no new ratings', async () => {
    const { status, stdout } = await retrain(state);
    expect(status).toBe(3);
    expect(stdout).toMatch(/^\S+ stays in service: there are no new ratings\n/);
  });

  it('exits with 4 and names the holder when another run holds the lease, unless --take-over is given', async () => {
    const leased = await copyOfState('leased');
    const lease = {
      id: 'x',
      holder: 'elsewhere, process 7',
      startedAt: '2026-11-24T02:00:00.000Z',
      expiresAt: '2999-01-01T00:00:00.000Z',
    };
    const holdLease = async ({ MODELS }: Bindings) => void (await MODELS.put(LEASE_KEY, JSON.stringify(lease)));
    await withBindings(false, holdLease, leased);
    const { status, stdout } = await retrain(leased);
    expect(status).toBe(4);
    expect(stdout).toContain('elsewhere, process 7 is retraining since 2026-11-24T02:00:00.000Z');
    expect((await retrain(leased, '--take-over')).status).toBe(3);
    expect((await retrain(leased)).status).toBe(3); // the lease was freed
  });

  it('takes files of more ratings, and names them when it is asked without', async () => {
    const extended = await copyOfState('extended');
    const file = join(folder, 'more.csv');
    await writeFile(file, 'userId,movieId,rating\n901,1,5\n901,2,4\n');
    const { status, stdout } = await retrain(extended, '--extra', file, '--force', '--json');
    expect(status).toBe(0);
    expect(JSON.parse(stdout).data.name).toMatch(/ \+ more\.csv$/);
    const bare = await marquee('retrain', [], { MARQUEE_STATE: extended });
    expect(bare.status).toBe(2);
    expect(bare.stderr).toMatch(/Name what it was trained on: npm run retrain -- --data \S+ --extra more\.csv\n/);
  });

  it('exits with 1 when it fails, and frees the lease', async () => {
    const failing = await copyOfState('failing');
    const flags = ['--data', join(folder, 'nowhere')];
    expect((await marquee('retrain', flags, { MARQUEE_STATE: failing })).status).toBe(1);
    expect((await retrain(failing)).status).toBe(3);
  });

  it('leaves no deleted person in the model', async () => {
    expect((await fetch(`${server.url}/session`, { method: 'DELETE', headers })).status).toBe(200);
    const { status, stdout } = await retrain(state);
    expect({ status, stdout }).toEqual({
      status: 0,
      stdout: expect.stringContaining('deleted people who have left the model: 1\n'),
    });
    for (const path of ['/recommend', '/ratings']) {
      expect((await fetch(server.url + path, { headers })).status).toBe(410);
    }
  });

  it.each([
    ['--keep', '0', /--keep: got 0, expected a whole number from 1 to 1000/],
    ['--max-rmse-increase', '-1', /--max-rmse-increase: got -1, expected a number from 0 on/],
    ['--lease-minutes', '0', /--lease-minutes: got 0/],
  ])('refuses %s %s', async (flag, value, reason) => {
    const { status, stderr } = await marquee('retrain', [flag, value]);
    expect(status).toBe(2);
    expect(stderr).toMatch(reason);
  });
});
