import type { SideTensors, Sparse } from '../engine.ts';
import type { Memory } from './buffers.ts';
import { type Command, gridOf, type WebgpuDevice } from './device.ts';
import { prepare } from './rows.ts';
import { memoryOf, range, rowRange, type WebgpuSparse } from './tensors.ts';

/** Sums that `fold` adds to one; the host adds the last FOLD or fewer in float64. */
const FOLD = 1024;

/** Σ over the entries of one of the errors of losses.wgsl. */
export async function sumLosses(
  device: WebgpuDevice,
  ratings: Sparse,
  side: SideTensors,
  other: SideTensors,
  kind: 'EXPECTED' | 'SQUARES' | 'ABSOLUTES',
  bounds: readonly [low: number, high: number] = [0, 0],
): Promise<number> {
  const { rows, columns } = ratings;
  const S = side.width;
  const [F, V] = [side.means, side.variances].map((tensor) => memoryOf(tensor, rows * S));
  const [G, W] = [other.means, other.variances].map((tensor) => memoryOf(tensor, columns * S));
  const pass = { sparse: ratings as WebgpuSparse, rowWidth: S, sourceWidth: S, slotWidth: 1 };
  const { plan, panels, tables } = prepare(device, pass);
  const constants = { S, EXPECTED: kind === 'EXPECTED', ABSOLUTES: kind === 'ABSOLUTES' };
  const count = plan.jobs * panels.length;
  const sums = device.allocate(count * 4);
  const loss = { file: 'losses', constants, floats: bounds } as const;
  const unused = device.unused;
  let firstSum = 0;
  for (const section of plan.sections) {
    const rowTensors = [F, V].map((memory) => rowRange(device, memory, S, section.firstRow, section.rows));
    for (const { firstJob, jobs } of section.batches) {
      for (const [from, to] of panels) {
        const columnTensors = [G, W].map((memory) => rowRange(device, memory, S, from, to - from));
        const bindings = [
          ...tables(section),
          ...rowTensors,
          ...columnTensors,
          unused,
          range(device, sums, 0, count).binding,
        ];
        const integers = [firstJob, jobs, from, to, firstSum, count];
        device.run({ ...loss, entry: 'losses', integers, bindings, grid: gridOf(jobs) });
        firstSum += jobs;
      }
    }
  }
  return totalOf(device, loss, sums, count);
}

/** The sum of `count` values, which are freed. */
async function totalOf(device: WebgpuDevice, loss: LossCommand, sums: Memory, count: number): Promise<number> {
  let [left, from, to] = [count, sums, device.allocate(Math.ceil(count / FOLD) * 4)];
  while (left > FOLD) {
    foldSums(device, { ...loss, from, to, count: left });
    [from, to] = [to, from];
    left = Math.ceil(left / FOLD);
  }
  const reading = device.read(from, left);
  device.release(from);
  device.release(to);
  return (await reading).reduce((sum, value) => sum + value, 0);
}

/** What all passes over losses.wgsl have in common. */
type LossCommand = Pick<Command, 'file' | 'constants' | 'floats'>;

interface Fold extends LossCommand {
  readonly from: Memory; // (count)
  readonly to: Memory; // (count / FOLD, rounded up)
  readonly count: number;
}

/** to ← sums of FOLD values each. */
function foldSums(device: WebgpuDevice, { from, to, count, ...command }: Fold): void {
  const folds = Math.ceil(count / FOLD);
  const { unused } = device;
  const tables = [range(device, from, 0, count).binding, range(device, to, 0, folds).binding];
  const bindings = [unused, unused, unused, unused, unused, unused, ...tables];
  device.run({ ...command, entry: 'fold', integers: [0, 0, 0, 0, 0, count], bindings, grid: gridOf(folds) });
}
