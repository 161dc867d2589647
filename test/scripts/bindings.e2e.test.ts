import { rm } from 'node:fs/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Bindings, openBindings } from '../../scripts/lib/bindings.ts';
import { migrate } from '../../scripts/lib/migrations.ts';
import { readRatings, writeRatings } from '../../shared/ratings/rating-store.ts';
import { newFolder } from './command.ts';

let folder: string;
let bindings: Bindings;
let close: () => Promise<void>;

beforeAll(async () => {
  folder = await newFolder();
  ({ bindings, close } = await openBindings(false, folder));
  await migrate(bindings.DB);
});
afterAll(async () => {
  await close();
  await rm(folder, { recursive: true, force: true });
});

setFlagsFromString('--expose-gc');
const collectGarbage: () => void = runInNewContext('gc');

/** Starts many calls at a time, and collects garbage while they wait in line. */
async function inLine<T>(call: (n: number) => Promise<T>): Promise<T[]> {
  const answers: T[] = [];
  for (let round = 0; round < 2; round++) {
    const calls = Array.from({ length: 100 }, (_, n) => call(100 * round + n));
    collectGarbage();
    answers.push(...(await Promise.all(calls)));
  }
  return answers;
}

const ratingOf = (n: number) => ({ movieId: 7, rating: (1 + (n % 10)) / 2, timestamp: n });

it('calls of D1 that wait in line keep their statements while Node collects garbage', async () => {
  await inLine((n) => writeRatings(bindings.DB, n, [ratingOf(n)], 'api'));
  const read = await inLine((n) => readRatings(bindings.DB, n));
  expect(read).toEqual(Array.from({ length: 200 }, (_, n) => [ratingOf(n)]));
});
