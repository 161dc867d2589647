/** Of a month, in dollars: what the paid plan includes, and what a million (or a GB) beyond that costs. */
export interface Price {
  readonly included: number;
  readonly each: number;
}

/** When these were read from Cloudflare's pages and copies of them. Look there before you count on them. */
export const PRICES_OF = '3 August 2026';

/** The paid plan of Workers, a month. */
export const BASE = 5;

const MILLION = 1e6;

export const PRICES = {
  requests: { included: 10 * MILLION, each: 0.3 / MILLION },
  cpuMs: { included: 30 * MILLION, each: 0.02 / MILLION },
  r2Reads: { included: 10 * MILLION, each: 0.36 / MILLION },
  r2Writes: { included: MILLION, each: 4.5 / MILLION },
  r2Gigabytes: { included: 10, each: 0.015 },
  d1RowsRead: { included: 25_000 * MILLION, each: 0.001 / MILLION },
  d1RowsWritten: { included: 50 * MILLION, each: 1 / MILLION },
  d1Gigabytes: { included: 5, each: 0.75 },
  queueOperations: { included: MILLION, each: 0.4 / MILLION },
  /** Analytics Engine. As announced: by a copy of its page, read on 30 November 2026, Cloudflare does not bill it yet. */
  dataPoints: { included: 10 * MILLION, each: 0.25 / MILLION },
} satisfies Record<string, Price>;

export type Line = keyof typeof PRICES;

/** What the free plan allows, a month of 30 days; what is counted by the day there is multiplied. */
export const FREE: Partial<Record<Line, number>> = {
  requests: 30 * 100_000,
  r2Reads: 10 * MILLION,
  r2Writes: MILLION,
  r2Gigabytes: 10,
  d1RowsRead: 30 * 5 * MILLION,
  d1RowsWritten: 30 * 100_000,
  d1Gigabytes: 0.5,
  queueOperations: 30 * 10_000,
  dataPoints: 30 * 100_000,
};

/** The free plan ends a request after so many ms of CPU. */
export const FREE_CPU_MS = 10;
/** GB that one D1 database may have. */
export const D1_LIMIT = 10;
/** GB of all D1 databases of an account. */
export const D1_LIMIT_OF_ALL = 1000;
/** Of one core, a second: Cloudflare Containers. */
export const CORE_SECOND = 0.00002;
