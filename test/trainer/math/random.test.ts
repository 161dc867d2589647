import { expect, it } from 'vitest';
import { random, shuffled, threefry } from '../../../trainer/math/random.ts';

const hex = (words: [number, number]) => words.map((word) => word.toString(16).padStart(8, '0')).join(' ');

// Known answers of threefry2x32-20 from the Random123 distribution.
it.each([
  [[0, 0, 0, 0], '6b200159 99ba4efe'],
  [[-1, -1, -1, -1], '1cb996fc bb002be7'],
  [[0x13198a2e, 0x03707344, 0x243f6a88, 0x85a308d3], 'c4923a9c 483df7a0'],
] as const)('threefry answers as Random123 does for key and counter %j', ([k0, k1, c0, c1], answer) => {
  expect(hex(threefry(k0, k1, c0, c1))).toBe(answer);
});

it('random draws normals of mean 0 and deviation 1', () => {
  const source = random(7, 1);
  const draws = Array.from({ length: 20_000 }, () => source.normal());
  const mean = draws.reduce((sum, x) => sum + x, 0) / draws.length;
  const variance = draws.reduce((sum, x) => sum + (x - mean) ** 2, 0) / draws.length;
  expect(Math.abs(mean)).toBeLessThan(0.03);
  expect(Math.abs(variance - 1)).toBeLessThan(0.03);
});

it('shuffled gives the same order for the same seed, another for another seed or stream', () => {
  const order = (seed: number, stream: number) => [...shuffled(50, random(seed, stream))];
  expect(order(1, 3)).toEqual(order(1, 3));
  expect(order(1, 3)).not.toEqual(order(2, 3));
  expect(order(1, 3)).not.toEqual(order(1, 4));
  expect(order(1, 3).sort((a, b) => a - b)).toEqual(Array.from({ length: 50 }, (_, i) => i));
});
