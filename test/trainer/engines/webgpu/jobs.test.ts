import { describe, expect, it } from 'vitest';
import { CHUNK, planJobs } from '../../../../trainer/engines/webgpu/jobs.ts';

describe('the plan of jobs', () => {
  const limits = { sectionRows: 64, sectionEntries: 1e6, slots: 8, direct: true };
  const plan = (lengths: number[], more: Partial<typeof limits> = {}) => {
    const offsets = Int32Array.of(0, ...lengths);
    for (let r = 0; r < lengths.length; r++) offsets[r + 1] += offsets[r];
    return planJobs(offsets, { ...limits, ...more });
  };
  const quadruples = (words: Uint32Array) =>
    Array.from({ length: words.length / 4 }, (_, k) => [...words.subarray(4 * k, 4 * k + 4)]);
  const DIRECT = 0xffffffff;

  it('a plan cuts long rows into chunks whose sums are joined, the longest first', () => {
    const { sections, words } = plan([3, CHUNK + 5, 0]);
    expect(quadruples(words)).toEqual([
      [1, 3, CHUNK + 3, 0],
      [1, CHUNK + 3, CHUNK + 8, 1],
      [0, 0, 3, DIRECT],
      [2, CHUNK + 8, CHUNK + 8, DIRECT],
      [1, 0, 2, 0],
    ]);
    expect(sections[0].batches).toEqual([{ firstJob: 0, jobs: 4, firstJoin: 4, joins: 1 }]);
  });

  it('a plan begins another batch when the slots are used up, and lengthens chunks when one row would need them all', () => {
    const { sections, slots } = plan([CHUNK * 5, CHUNK * 40, CHUNK * 4]);
    expect(slots).toBe(8);
    expect(sections[0].batches.map(({ jobs, joins }) => [jobs, joins])).toEqual([
      [8, 1],
      [5, 1],
      [4, 1],
    ]);
  });

  it('a plan begins another section when rows or entries are more than can be bound', () => {
    const rows = plan(new Array(130).fill(1)).sections;
    expect(
      rows.map(({ firstRow, rows: count, firstEntry, entries }) => [firstRow, count, firstEntry, entries]),
    ).toEqual([
      [0, 64, 0, 64],
      [64, 64, 64, 64],
      [128, 2, 128, 2],
    ]);
    const entries = plan(new Array(130).fill(10), { sectionRows: 640, sectionEntries: 650 }).sections;
    expect(entries.map(({ firstRow }) => firstRow)).toEqual([0, 64, 128]);
    expect(() => plan(new Array(64).fill(100), { sectionEntries: 700 })).toThrow(
      expect.objectContaining({ code: 'out-of-memory', fix: expect.stringContaining('700') }),
    );
  });
});
