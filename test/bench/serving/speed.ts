import { median } from '../harness/synthetic.ts';
import { type LoadRequest, type LoadResult, load } from '../machines/load.ts';
import { cpuSeconds } from '../machines/stores.ts';

/** Something that answers requests. */
export interface Contestant {
  readonly server: string;
  /** What is asked, in the words of the table. */
  readonly asked: string;
  readonly url: string;
  readonly requests: readonly LoadRequest[];
  /** The process whose time it takes; undefined where others share it. */
  readonly pid?: number;
}

export interface SpeedRow {
  readonly server: string;
  readonly asked: string;
  readonly connections: number;
  readonly perSecond: number;
  /** Milliseconds. */
  readonly p50: number;
  readonly p99: number;
  /** Processor time of workerd for each answer, microseconds; null where it is not workerd alone. */
  readonly cpuMicroseconds: number | null;
  readonly failed: number;
}

interface Run extends LoadResult {
  readonly cpu: number | null;
}

/** Every contestant at every number of connections, in turn and then the other way round; medians of the runs. */
export async function speedRows(
  contestants: readonly Contestant[],
  { connections, seconds, repeat }: { connections: readonly number[]; seconds: number; repeat: number },
): Promise<SpeedRow[]> {
  const cases = contestants.flatMap((contestant) =>
    connections.map((count) => ({ contestant, count, runs: [] as Run[] })),
  );
  for (const { contestant } of cases) await load({ ...contestant, connections: 4, seconds: 0.2 }); // compiled and warm
  for (let turn = 0; turn < repeat; turn++) {
    for (const { contestant, count, runs } of turn % 2 === 0 ? cases : cases.toReversed()) {
      const run = await measured(contestant, count, seconds);
      runs.push(run);
      process.stderr.write(
        `${turn + 1}/${repeat} ${contestant.server} ${contestant.asked} × ${count}: ${Math.round(run.requestsPerSecond)}/s\n`,
      );
    }
  }
  return cases.map(({ contestant: { server, asked }, count, runs }) => {
    const of = (value: (run: Run) => number) => Number(median(runs.map(value)).toPrecision(3));
    return {
      server,
      asked,
      connections: count,
      perSecond: of((run) => run.requestsPerSecond),
      p50: of((run) => run.p50),
      p99: of((run) => run.p99),
      cpuMicroseconds: runs[0].cpu === null ? null : of((run) => run.cpu!),
      failed: runs.reduce((sum, run) => sum + run.failed, 0),
    };
  });
}

async function measured({ url, requests, pid }: Contestant, connections: number, seconds: number): Promise<Run> {
  const before = pid === undefined ? 0 : await cpuSeconds(pid);
  const result = await load({ url, requests, connections, seconds });
  const cpu = pid === undefined ? null : (1e6 * ((await cpuSeconds(pid)) - before)) / result.answers;
  return { ...result, cpu };
}
