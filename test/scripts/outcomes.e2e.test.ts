import { rm } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { withBindings } from '../../scripts/lib/bindings.ts';
import type { LocalServer } from '../../scripts/lib/server.ts';
import { writeEvents } from '../../shared/ratings/event-store.ts';
import { writeLists } from '../../shared/ratings/tables/list-shown.ts';
import { FIXTURE_VERSION } from '../fixtures/groups.ts';
import { marquee, newFolder, succeed } from './command.ts';
import { serveFixture } from './fixture-server.ts';

const WRITES = { 'Content-Type': 'application/json' };

interface List {
  readonly arm?: string;
  readonly requestId: string;
  readonly items: readonly { readonly movieId: number }[];
}

describe('npm run outcomes', () => {
  let folder: string;
  let server: LocalServer;

  beforeAll(async () => {
    folder = await newFolder();
    server = await serveFixture(folder, { LIST_LOG: '1', MODEL_TTL: '0' });
  });

  afterAll(async () => {
    await server?.close();
    await rm(folder, { recursive: true, force: true });
  });

  /** Somebody who was never here: how they ask. */
  async function newcomer() {
    const { headers } = await fetch(`${server.url}/session`, { method: 'POST' });
    const Cookie = headers.get('Set-Cookie')!.split(';')[0];
    const list = (): Promise<List> =>
      fetch(`${server.url}/recommend?k=5`, { headers: { Cookie } }).then((answer) => answer.json() as Promise<List>);
    const post = async (path: string, body: unknown) => {
      const init = { method: 'POST', headers: { Cookie, ...WRITES }, body: JSON.stringify(body) };
      expect((await fetch(server.url + path, init)).status).toBe(200);
    };
    return { list, post };
  }

  it('joins what people were shown with what they did, by version, with confidence', async () => {
    for (let person = 0; person < 3; person++) {
      const { list, post } = await newcomer();
      const { requestId, items } = await list();
      const [, second] = items;
      if (person === 0) {
        const event = { id: 'one', kind: 'clicked', movieId: second.movieId, requestId };
        await post('/events', { events: [event] });
        await post('/events', { events: [event] }); // which is the same
      }
      if (person === 1) await post('/ratings', { movieId: second.movieId, rating: 5 });
      await list();
    }
    const output = await succeed('outcomes', ['--json'], { MARQUEE_STATE: folder });
    const { rows } = JSON.parse(output);
    // Six lists of three people, two each. R = 1/6; residuals 2/3, −1/3, −1/3: error² = 3/2 · 2/3 / 6²
    const share = { value: 1 / 6, error: expect.closeTo(1 / 6, 9), people: 3 };
    expect(rows).toMatchObject([
      {
        version: FIXTURE_VERSION,
        experiment: null,
        arm: null,
        way: 'all',
        lists: 6,
        metrics: { clicked: share, rated: share, watched: { value: 0, error: null } },
      },
    ]);
    const table = await succeed('outcomes', [], { MARQUEE_STATE: folder });
    expect(table).toMatch(/clicked %/);
    expect(table).toMatch(new RegExp(`^${FIXTURE_VERSION} +6 +3 +16\\.67 ±32\\.67`, 'm'));
    expect(await succeed('outcomes', ['--since', '2100-01-01'], { MARQUEE_STATE: folder })).toMatch(
      /^No list was logged/,
    );
  });

  const experiment = (...args: string[]) => marquee('experiment', args, { MARQUEE_STATE: folder });
  const status = async (...args: string[]) => JSON.parse((await experiment('status', '--json', ...args)).stdout);
  /** Writes lists and clicks of so many people of an arm, each with one list, of which a share clicked. */
  async function logPeople(arm: string, people: number, share: number) {
    const [first, now] = [2_000_000_000 + (arm === 'bold' ? people : 0), Math.floor(Date.now() / 1000)];
    const nothing = { experiment: 'lesser-known', ordering: 'relevance', explored: false, probability: null, first: 0 };
    await withBindings(
      false,
      async ({ DB }) => {
        for (let user = 0; user < people; user += 100) {
          const some = Array.from({ length: 100 }, (_, n) => first + user + n);
          const lists = some.map((userId) => ({
            ...nothing,
            arm,
            userId,
            request: `${userId}`,
            shownAt: now,
            version: 'x',
            movieIds: [7],
          }));
          await writeLists(DB, lists);
        }
        for (let n = 0; n < people * share; n++) {
          await writeEvents(DB, first + n, [
            { id: 'a', kind: 'clicked', movieId: 7, request: `${first + n}`, timestamp: now },
          ]);
        }
      },
      folder,
    );
  }

  it('npm run experiment starts, judges, stops and promotes arms of a running server', async () => {
    expect(await status()).toEqual({ experiment: null });
    const arms = ['--arm', 'usual', '--arm', 'bold:popularity=-0.8,by=rating'];
    const { stdout, status: code } = await experiment('start', 'lesser-known', '--ends', '2099-01-01', ...arms);
    expect(stdout).toMatch(/^lesser-known is on until 2099-01-01T00:00:00.000Z: usual 50%, bold 50%/);
    expect(code).toBe(0);
    const seen = new Map<string, number[]>();
    while (seen.size < 2) {
      const { arm, items } = await (await newcomer()).list();
      seen.set(
        arm!,
        items.map(({ movieId }) => movieId),
      );
    }
    expect([...seen.keys()].sort()).toEqual(['bold', 'usual']);
    expect(seen.get('bold')).not.toEqual(seen.get('usual'));

    await logPeople('usual', 400, 0.5);
    await logPeople('bold', 400, 0.2);
    const before = await status();
    expect(before.comparisons).toMatchObject([{ arm: 'bold', verdict: 'worse' }]);
    expect(before.stopped).toEqual([]);
    expect((await experiment('status', '--metric', 'eaten')).status).toBe(2);
    expect((await experiment('status', '--guard')).stdout).toMatch(/^Stopped, since worse: bold\./m);
    expect((await status()).experiment.arms[1]).toMatchObject({ name: 'bold', stopped: true });
    const left = new Set<string | undefined>();
    while (left.size < 2) left.add((await (await newcomer()).list()).arm);
    expect(left).toEqual(new Set(['usual', undefined]));

    expect((await experiment('promote', 'bold')).stdout).toMatch(
      /with {"popularity":-0.8,"by":"rating"}; the experiment has ended/,
    );
    const { arm, items } = await (await newcomer()).list();
    expect([arm, items.map(({ movieId }) => movieId)]).toEqual([undefined, seen.get('bold')]);
    expect((await experiment('stop')).stderr).toMatch(/no experiment is on/);
  });
});
