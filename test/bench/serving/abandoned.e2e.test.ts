import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, get } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { json, text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { writeRatings } from '../../../shared/ratings/rating-store.ts';
import { readArtifact } from '../../../trainer/artifact/artifact.ts';
import { publish } from '../../../trainer/artifact/publish.ts';
import { movieIdOf } from '../../fixtures/groups.ts';
import { listening } from '../machines/http-server.ts';
import { openStores, type Stores } from '../machines/stores.ts';
import { bundleWorker, startWorkerd, type Workerd } from '../machines/workerd.ts';

const STRANGER = 1_000_000;
const STRANGERS = 12;

/** Queries for ratings, by the strangers they are for; D1 answers when they are let pass. */
const held: { strangers: number[]; pass(): void }[] = [];
let [folder, stores, workerd]: [string?, Stores?, Workerd?] = [];

const gate = createServer(async (request, response) => {
  const body = await text(request);
  const strangers = JSON.parse(JSON.parse(body).params[0]).map((user: number) => user - STRANGER);
  await new Promise<void>((pass) => held.push({ strangers, pass }));
  const answer = await fetch(`http://127.0.0.1:${stores!.ports.d1}${request.url}`, { method: 'POST', body });
  response.setHeader('Content-Type', 'application/json').end(await answer.text());
});

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'marquee-abandoned-'));
  stores = await openStores();
  await publish(stores.bucket, await readArtifact(join(import.meta.dirname, '../../fixtures/artifact')));
  for (let u = 0; u < STRANGERS; u++) {
    const rating = { movieId: movieIdOf(u), rating: 4, timestamp: 100 };
    await writeRatings(stores.db, STRANGER + u, [rating], 'api');
  }
  workerd = await startWorkerd(await bundleWorker(folder), { r2: stores.ports.r2, d1: await listening(gate) });
});

afterAll(async () => {
  await workerd?.stop();
  gate.closeAllConnections();
  gate.close();
  stores?.close();
  if (folder) await rm(folder, { recursive: true });
});

interface Answer {
  readonly user: number;
  readonly basis: string;
  readonly degraded?: string[];
}

/** Asks for a stranger's recommendations, over a connection of its own. */
function ask(u: number): { answer: Promise<Answer>; abandon(): void } {
  const request = get(`${workerd!.url}/recommend?user=${STRANGER + u}&k=1`, { agent: false });
  const answer = new Promise<Answer>((resolve, reject) => {
    request.once('response', (response) => resolve(json(response) as Promise<Answer>)).once('error', reject);
  });
  return { answer, abandon: () => request.socket!.resetAndDestroy() };
}

/** Lets all queries pass until everybody has their answer. */
async function passAll<T>(answers: Promise<T>): Promise<T> {
  const passing = setInterval(() => {
    for (const { pass } of held.splice(0)) pass();
  }, 1);
  return answers.finally(() => clearInterval(passing));
}

it('people whose ratings one query reads get them though whoever asked for all has gone', async () => {
  await passAll(ask(0).answer); // the model is there
  // On a busy machine they may come one by one, and each ask for themselves.
  for (let round = 0; round < 20; round++) {
    const asking = Array.from({ length: STRANGERS }, (_, u) => ask(u));
    await expect.poll(() => held.flatMap(({ strangers }) => strangers).length).toBe(STRANGERS);
    const shared = held.find(({ strangers }) => strangers.length > 1);
    if (!shared) {
      await passAll(Promise.all(asking.map(({ answer }) => answer)));
      continue;
    }
    const [leader, ...others] = shared.strangers;
    const gone = expect(asking[leader].answer).rejects.toThrow();
    asking[leader].abandon();
    await gone;
    await fetch(`${workerd!.url}/model`); // workerd has heard of it before this; D1 is not asked
    const answers = await passAll(Promise.all(others.map((u) => asking[u].answer)));
    for (const { basis, degraded } of answers) {
      expect({ basis, degraded }).toEqual({ basis: 'folded-in', degraded: undefined });
    }
    return;
  }
  expect.unreachable('no two of them shared a query');
});
