import { MarqueeError } from '../../../shared/errors.ts';
import { longestFirst } from '../../math/sparse.ts';

/** The device's limits, which a plan respects. */
export interface PlanLimits {
  /** Rows and entries that can be bound at once; rows a multiple of 64. */
  readonly sectionRows: number;
  readonly sectionEntries: number;
  /** Partial sums that there is memory for. */
  readonly slots: number;
  /** Whether rows of one job write their result themselves. */
  readonly direct: boolean;
}

/** Jobs that run in one dispatch, then the rows whose partial sums a second one joins. */
interface JobBatch {
  readonly firstJob: number;
  readonly jobs: number;
  readonly firstJoin: number;
  readonly joins: number;
}

/** Consecutive rows whose tensors and entries are bound together, from `firstRow` and `firstEntry` on. */
export interface JobSection {
  readonly firstRow: number;
  readonly rows: number;
  readonly firstEntry: number; // a multiple of 32
  readonly entries: number;
  readonly batches: readonly JobBatch[];
}

export interface JobPlan {
  readonly sections: readonly JobSection[];
  /** (row, start, end, slot) for a job, (row, first slot, slots, 0) for a join; relative to the section. */
  readonly words: Uint32Array;
  /** Jobs without joins. */
  readonly jobs: number;
  /** Most slots that a batch uses. */
  readonly slots: number;
}

/** Slot of a job that computes its row alone. */
const DIRECT = 0xffffffff;

/** Entries of a job: enough to pay for its start, few enough that the longest row keeps many processors busy. */
export const CHUNK = 512;

/** Rows that sections are multiples of, because a binding's offset must be a multiple of 64 floats. */
const ROW_STEP = 64;

/** Cuts the rows of a sparse matrix into jobs, longest rows first. */
export function planJobs(offsets: Int32Array, limits: PlanLimits): JobPlan {
  const words: number[] = [];
  const sections: JobSection[] = [];
  let [jobs, slots] = [0, 0];
  for (const [firstRow, end] of sectionsOf(offsets, limits)) {
    const firstEntry = offsets[firstRow] & ~31;
    const batches: JobBatch[] = [];
    const order = longestFirst(offsets.subarray(firstRow, end + 1));
    for (let next = 0; next < order.length; ) {
      const firstJob = words.length / 4;
      const joins: number[] = [];
      let used = 0;
      for (; next < order.length; next++) {
        const row = order[next];
        const [from, to] = [offsets[firstRow + row], offsets[firstRow + row + 1]];
        if (to - from <= CHUNK && limits.direct) {
          words.push(row, from - firstEntry, to - firstEntry, DIRECT);
          continue;
        }
        const chunk = Math.max(CHUNK, Math.ceil((to - from) / limits.slots));
        const chunks = Math.max(1, Math.ceil((to - from) / chunk));
        if (used + chunks > limits.slots) break;
        joins.push(row, used, chunks, 0);
        for (let c = 0; c < chunks; c++) {
          const start = from + c * chunk;
          words.push(row, start - firstEntry, Math.min(to, start + chunk) - firstEntry, used++);
        }
      }
      const count = words.length / 4 - firstJob;
      for (const word of joins) words.push(word);
      batches.push({ firstJob, jobs: count, firstJoin: firstJob + count, joins: joins.length / 4 });
      jobs += count;
      slots = Math.max(slots, used);
    }
    sections.push({ firstRow, rows: end - firstRow, firstEntry, entries: offsets[end] - firstEntry, batches });
  }
  return { sections, words: Uint32Array.from(words), jobs, slots };
}

function* sectionsOf(offsets: Int32Array, { sectionRows, sectionEntries }: PlanLimits): Generator<[number, number]> {
  const rows = offsets.length - 1;
  for (let first = 0; first < rows; ) {
    const fits = (end: number) => end - first <= sectionRows && offsets[end] - (offsets[first] & ~31) <= sectionEntries;
    let end = first;
    while (end < rows && fits(Math.min(rows, end + ROW_STEP))) end = Math.min(rows, end + ROW_STEP);
    if (end === first) {
      throw new MarqueeError('out-of-memory', `${ROW_STEP} rows have more ratings than the GPU can see at once`, {
        fix: `It sees ${sectionEntries}. Use --engine wasm.`,
      });
    }
    yield [first, end];
    first = end;
  }
}
