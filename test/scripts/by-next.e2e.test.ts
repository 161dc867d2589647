import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Table, tableFromIPC } from 'apache-arrow';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { movieIdOf, USERS, userIdOf } from '../fixtures/groups.ts';
import { newFolder, ROOT, readCsv, succeed } from './command.ts';
import { getJson, type Server, startServer } from './server.ts';

/**
 * Lists by what is watched next, three ways: the server over HTTP, the batch command, and the formula of
 * shared/README.md in plain float64 over the Arrow files, sharing no code with the other two.
 */
const ARTIFACT = join(ROOT, 'test/fixtures/artifact');
const TOP = 20;
const CHOSEN = Array.from({ length: USERS }, (_, u) => u).filter((u) => u % 13 === 0);

interface Item {
  readonly movieId: number;
  readonly score: number;
}
type Row = Readonly<Record<string, number[]>>;

/** A value of an Arrow reader as numbers and lists of them. */
function plain(value: unknown): unknown {
  return value === null || typeof value !== 'object' ? value : Array.from(value as Iterable<unknown>, plain);
}

function rowsOf(table: Table, names: readonly string[]): Row[] {
  return Array.from({ length: table.numRows }, (_, row) =>
    Object.fromEntries(names.map((name) => [name, [plain(table.getChild(name)!.get(row))].flat() as number[]])),
  );
}

async function read(name: string, columns: readonly string[]): Promise<Row[]> {
  return rowsOf(tableFromIPC(await readFile(join(ARTIFACT, name))), columns);
}

const SCALE = ['decay', 'floor', 'likeFrom', 'dislikeBelow', 'dislikeWeight'];
const movies = await read('movies.arrow', ['movieId', 'relevance']);
const users = await read('users.arrow', ['userId', 'rated', 'ratings']);
const [posterior] = await read('posterior.arrow', SCALE);
const [next] = await read('next.arrow', [...SCALE, 'movieIds', 'history', 'starts', 'successors', 'weights']);

/** v_sj of each scale s and rating j. */
function weightsBy(scales: Row, stars: readonly number[]): number[][] {
  return scales.decay.map((decay, s) => {
    const ages = stars.map((_, j) => stars.length - 1 - j);
    const w = ages.map((age) => scales.floor[s] + (1 - scales.floor[s]) * Math.exp(-age / decay));
    const norm = Math.sqrt(w.reduce((a, b) => a + b, 0));
    const kind = (r: number) =>
      r >= scales.likeFrom[s] ? 1 : r < scales.dislikeBelow[s] ? scales.dislikeWeight[s] : 0;
    return w.map((weight, j) => (weight * kind(stars[j])) / norm);
  });
}

/** The best unrated movies, in float64. */
function plainTop(rated: readonly number[], stars: readonly number[]): Item[] {
  const [v, own] = [weightsBy(posterior, stars), weightsBy(next, stars)];
  const [S, Q] = [v.length, own.length];
  const F = next.history.length / (next.movieIds.length * S);
  const x = Array.from({ length: F }, () => 0);
  const gains = new Map<number, number>();
  rated.forEach((movieId, j) => {
    const c = next.movieIds.indexOf(movieId);
    if (c < 0) return;
    for (let s = 0; s < S; s++) for (let f = 0; f < F; f++) x[f] += v[s][j] * next.history[(c * S + s) * F + f];
    for (let l = next.starts[c]; l < next.starts[c + 1]; l++) {
      const gain = own.reduce((sum, weights, q) => sum + weights[j] * next.weights[l * Q + q], 0);
      const successor = next.movieIds[next.successors[l]];
      gains.set(successor, (gains.get(successor) ?? 0) + gain);
    }
  });
  return movies
    .map(({ movieId: [movieId], relevance }) => ({
      movieId,
      score: x.reduce((sum, value, f) => sum + value * relevance[f], gains.get(movieId) ?? 0),
    }))
    .filter(({ movieId }) => !rated.includes(movieId))
    .sort((a, b) => b.score - a.score || a.movieId - b.movieId)
    .slice(0, TOP);
}

/** Expects the same movies at the same ranks, but where two are tied, and scores within 1e-4. */
function expectSame(got: readonly Item[], wanted: readonly Item[], what: string): void {
  expect(got, what).toHaveLength(TOP);
  for (const [rank, { movieId, score }] of got.entries()) {
    expect(Math.abs(score - wanted[rank].score), `${what}, rank ${rank}`).toBeLessThan(1e-4);
    const same = wanted.find((other) => other.movieId === movieId);
    if (same) expect(Math.abs(score - same.score), `${what}, movie ${movieId}`).toBeLessThan(1e-4);
    else expect(Math.abs(score - wanted[TOP - 1].score), `${what}, movie ${movieId}`).toBeLessThan(1e-4);
  }
}

describe('the top 20 by what is watched next', () => {
  let folder: string;
  let server: Server;

  beforeAll(async () => {
    folder = await newFolder();
    const state = join(folder, 'state');
    await succeed('publish', ['--model', ARTIFACT], { MARQUEE_STATE: state });
    server = await startServer(state, []);
  });

  afterAll(async () => {
    await server?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  const ratingsOf = (u: number) => ({ rated: users[u].rated, stars: users[u].ratings.map((half) => half / 2) });

  it('of users of the training is the same over HTTP, from the command and from the Arrow files', async () => {
    const out = join(folder, 'stored.csv');
    for (const u of CHOSEN) {
      const { rated, stars } = ratingsOf(u);
      const wanted = plainTop(rated, stars);
      const { items } = await getJson(`${server.url}/recommend?user=${userIdOf(u)}&by=next`);
      expectSame(items, wanted, `user ${u} over HTTP`);
      if (u !== CHOSEN[0]) continue;
      const flags = ['--user', `${userIdOf(u)}`, '--by', 'next', '--out', out];
      await succeed('recommend', ['--model', ARTIFACT, ...flags]);
      expectSame((await readCsv(out)) as unknown as Item[], wanted, `user ${u} of the command`);
    }
  });

  it('of people who are folded in is the same from the command and from the Arrow files', async () => {
    const [shown, out] = [join(folder, 'shown.csv'), join(folder, 'out.csv')];
    const lines = CHOSEN.flatMap((u) => {
      const { rated, stars } = ratingsOf(u);
      return rated.map((movieId, j) => [userIdOf(u), movieId, stars[j], 1000 + j].join());
    });
    await writeFile(shown, `userId,movieId,rating,timestamp\n${lines.join('\n')}\n`);
    await succeed('recommend', ['--model', ARTIFACT, '--ratings', shown, '--by', 'next', '--out', out]);
    const rows = (await readCsv(out)) as unknown as (Item & { userId: number })[];
    for (const u of CHOSEN) {
      const own = rows.filter(({ userId }) => userId === userIdOf(u));
      const { rated, stars } = ratingsOf(u);
      expectSame(own, plainTop(rated, stars), `user ${u}`);
    }
  });

  it('of ratings that come along is the same over HTTP and from the Arrow files', async () => {
    const ratings = [3, 42, 20, 7].map((row, j) => ({ movieId: movieIdOf(row), rating: 2 + j }));
    const answer = await fetch(`${server.url}/recommend`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ ratings, by: 'next' }),
    });
    const { items } = (await answer.json()) as { items: Item[] };
    const [ids, stars] = [ratings.map(({ movieId }) => movieId), ratings.map(({ rating }) => rating)];
    expectSame(items, plainTop(ids, stars), 'ratings in a body');
    expect(items[0].movieId).toBe(movieIdOf(8));
  });
});
