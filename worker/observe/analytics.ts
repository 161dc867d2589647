import type { Answered } from './metrics.ts';
import type { Phase } from './trace.ts';

/** Phases in the order of the doubles of a data point, from double2 on. */
const PHASES: readonly Phase[] = ['model', 'ratings', 'fold-in', 'rank', 'write'];

/**
 * A request as a data point of Analytics Engine; its own sampling (`_sample_interval`) is by route. worker/OPERATIONS.md has
 * queries.
 *   index1 route · blob1 route · blob2 method · blob3 class of the status · blob4 version · blob5 basis
 *   double1 milliseconds · double2 … double6 milliseconds by phase · double7 status
 */
export function dataPointOf({ method, route, status, milliseconds, trace }: Answered): AnalyticsEngineDataPoint {
  const { version, basis, phases } = trace;
  return {
    indexes: [route],
    blobs: [route, method, `${Math.floor(status / 100)}xx`, version ?? '', basis ?? ''],
    doubles: [milliseconds, ...PHASES.map((phase) => phases.get(phase) ?? 0), status],
  };
}
