import { expect, it } from 'vitest';
import { givenMoments, readMoments } from '../../../trainer/import/moments.ts';
import { errorOf, temporaryFolder } from '../data/files.ts';
import { writeArrow } from './tables.ts';

type Line = readonly [name: string, row: number, numbers: readonly number[]];

/** Moments of two factors and one film in lists. */
const LINES: readonly Line[] = [
  ['mean', 0, [3.5]],
  ['tau', 0, [1.5]],
  ['ratings', 0, [100]],
  ['newest', 0, [1_475_000_001]],
  ['scale', 0, [0.5, 5, 0.5]],
  ['precision', 0, [1, 0, 0, 0, 1, 0, 0, 0, 1]],
  ['constants', 0, [0, 0, 0, 0, 0, 0, 0, 0, 0]],
  ['history', 0, [10, 0.1, -0.2, 3]],
  ['core', 0, [7]],
  ['xx', 1, [3, 4]],
  ['xx', 0, [1, 2]],
  ['liked', 0, [5]],
  ['liked', 1, [6]],
  ['next', 0, [7]],
  ['next', 1, [8]],
  ['likes', 0, [9]],
];

const MATRICES = ['xx', 'liked', 'next', 'likes'];

async function write(lines: readonly Line[]): Promise<string> {
  const isMatrix = ([name]: Line) => MATRICES.includes(name);
  const columns = {
    name: lines.map(([name]) => name),
    row: lines.map(([, row]) => row),
    values: lines.map((line) => (isMatrix(line) ? null : line[2])),
    floats: lines.map((line) => (isMatrix(line) ? line[2] : null)),
  };
  return writeArrow('moments.arrow', columns, await temporaryFolder());
}

it('reads what was summed, the rows of matrices in any order', async () => {
  const { mean, newest, grams, settings } = await readMoments(await write(LINES), 2);
  expect({ mean, newest }).toEqual({ mean: 3.5, newest: 1_475_000_001 });
  expect(settings.recentDecay).toBe(3);
  expect([...grams.xx]).toEqual([1, 2, 3, 4]);
  expect(grams.xy.map((target) => [...target])).toEqual([
    [5, 6],
    [7, 8],
  ]);
  expect([...givenMoments(grams, Int32Array.of(3, 7)).core]).toEqual([1]);
  expect(() => givenMoments(grams, Int32Array.of(3))).toThrow('the moments are of movie 7');
});

it.each<[what: string, lines: readonly Line[], K: number, message: RegExp]>([
  ['of another rank', LINES, 3, /precision: got 9 numbers in row 0, expected 16/],
  ['that lack a row', LINES.filter(([name, row]) => name !== 'xx' || row !== 1), 2, /xx: got 1 rows, expected 2/],
  ['that lack a name', LINES.filter(([name]) => name !== 'tau'), 2, /tau: got 0 rows, expected 1/],
  ['with a number that is none', [...LINES.slice(0, -1), ['likes', 0, [Number.NaN]]], 2, /likes: got NaN in row 0/],
])('refuses moments %s', async (_, lines, K, message) => {
  const error = await errorOf(readMoments(await write(lines), K));
  expect(error.code).toBe('bad-data');
  expect(error.message).toMatch(message);
});

it('refuses another table for moments', async () => {
  const path = await writeArrow('users.arrow', { id: [1], features: [[1]] }, await temporaryFolder());
  expect((await errorOf(readMoments(path, 1))).message).toMatch(/got the columns id, features, expected name, row/);
});
