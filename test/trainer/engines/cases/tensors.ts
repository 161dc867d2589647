import { describe, expect, it } from 'vitest';
import type { Given } from './data.ts';

/** Memory of an engine. */
export function tensorCases(on: Given): void {
  describe('tensors', () => {
    it('a tensor starts as zeros or with the given values, and takes new ones', async () => {
      const zeros = on.engine.tensor(5);
      const values = on.engine.tensor(3, [1, 2, 3]);
      expect([...(await on.engine.read(zeros))]).toEqual([0, 0, 0, 0, 0]);
      expect([...(await on.engine.read(values))]).toEqual([1, 2, 3]);
      on.engine.write(values, Float64Array.of(4, 5, 6));
      expect([...(await on.engine.read(values))]).toEqual([4, 5, 6]);
    });

    it('a tensor is read as a copy', async () => {
      const t = on.engine.tensor(2, [1, 2]);
      const before = await on.engine.read(t);
      on.engine.write(t, [7, 8]);
      expect([...before]).toEqual([1, 2]);
    });

    it('a tensor is zeros again in memory that was freed', async () => {
      const freed = on.engine.tensor(1000, new Float32Array(1000).fill(9));
      on.engine.free(freed);
      expect((await on.engine.read(on.engine.tensor(1000))).every((value) => value === 0)).toBe(true);
    });
  });
}
