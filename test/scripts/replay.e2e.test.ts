import { rm } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Bindings, withBindings } from '../../scripts/lib/bindings.ts';
import { keepLetter } from '../../shared/ratings/dead-letters.ts';
import { readRatings } from '../../shared/ratings/rating-store.ts';
import { marquee, newFolder } from './command.ts';

let folder: string;

beforeAll(async () => {
  folder = await newFolder();
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const inFolder = <T>(work: (bindings: Bindings) => Promise<T>) => withBindings(false, work, folder);

describe('npm run replay', () => {
  it('writes dead letters into D1, once, and names those that nobody can read', async () => {
    const letter = {
      kind: 'ratings',
      user: 7,
      source: 'api',
      acceptedAt: 1_700_000_000_000,
      ratings: [
        [10, 4.5, 100],
        [20, null, 200],
      ],
    };
    await inFolder(async ({ MODELS }) => {
      await keepLetter(MODELS, 'one', letter);
      await keepLetter(MODELS, 'two', { kind: 'poem' });
    });
    const env = { MARQUEE_STATE: folder };
    const unreadable = ['dead-letters/two.json'];
    expect(JSON.parse((await marquee('replay', ['--json'], env)).stdout)).toEqual({ written: 1, unreadable });
    expect(await marquee('replay', [], env)).toMatchObject({
      status: 0,
      stdout: '0 dead letters are in D1 now\nno message of Marquee: dead-letters/two.json\n',
    });
    expect(await inFolder(({ DB }) => readRatings(DB, 7))).toEqual([
      { movieId: 10, rating: 4.5, timestamp: 100 },
      { movieId: 20, rating: null, timestamp: 200 },
    ]);
  });
});
