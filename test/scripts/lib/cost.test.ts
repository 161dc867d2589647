import { describe, expect, it } from 'vitest';
import { estimate, type Traffic } from '../../../scripts/lib/cost/estimate.ts';
import type { Line } from '../../../scripts/lib/cost/prices.ts';

const SMALL: Traffic = {
  requestsADay: 1000,
  people: 1000,
  ratingsEach: 100,
  writes: 0.1,
  isolates: 1,
  modelMegabytes: 10,
  listLog: 0,
  analytics: false,
};

function lineOf(line: Line, given: Partial<Traffic> = {}) {
  return estimate({ ...SMALL, ...given }).lines.find((entry) => entry.line === line)!;
}

describe('what a month costs', () => {
  it('is the base alone while nothing goes beyond what the paid plan includes', () => {
    const { lines, total, beyondFree, fits } = estimate(SMALL);
    expect(lines.every(({ dollars }) => dollars === 0)).toBe(true);
    expect({ total, beyondFree, fits }).toEqual({ total: 5, beyondFree: [], fits: true });
  });

  it('charges what is beyond, a million or a GB at a time', () => {
    expect(lineOf('requests', { requestsADay: 1e6 })).toMatchObject({ amount: 30e6 });
    expect(lineOf('requests', { requestsADay: 1e6 }).dollars).toBeCloseTo(6, 10); // (30 − 10) · 0.30
    expect(lineOf('cpuMs', { requestsADay: 10e6 }).dollars).toBeCloseTo((300 * 0.63 * 1.27 - 30) * 0.02, 10);
    expect(lineOf('d1RowsRead', { requestsADay: 10e6, writes: 0 }).dollars).toBeCloseTo(
      (300 * 203 - 25_000) * 0.001,
      8,
    );
    expect(lineOf('d1RowsWritten', { requestsADay: 10e6, people: 0 }).dollars).toBeCloseTo(30 * 5 - 50, 10);
    expect(lineOf('d1Gigabytes', { people: 1e6 }).dollars).toBeCloseTo((10.05 - 5) * 0.75, 10);
    expect(lineOf('queueOperations', { requestsADay: 10e6, writes: 1 }).dollars).toBeCloseTo((9 - 1) * 0.4, 10);
  });

  it('counts logged lists among what D1 takes, and says what they add', () => {
    const busy = { requestsADay: 10e6, listLog: 0.1, people: 0 };
    // 9 million of 10 are no writes, of which a tenth is logged: two rows each, 272 bytes for 90 days.
    expect(lineOf('d1RowsWritten', busy).amount).toBeCloseTo(150e6 + 2 * 27e6, 0);
    expect(lineOf('d1Gigabytes', busy).amount).toBeCloseTo(90 * 0.9e6 * 272e-9, 8);
    const { logged } = estimate({ ...SMALL, ...busy });
    expect(logged).toMatchObject({ lists: 27e6, rowsWritten: 54e6 });
    expect(logged.dollars).toBeCloseTo(54 + (90 * 0.9e6 * 272e-9 - 5) * 0.75, 6);
    expect(lineOf('r2Gigabytes', busy)).toEqual(lineOf('r2Gigabytes', { ...busy, listLog: 0 }));
    expect(estimate(SMALL).logged).toEqual({ lists: 0, rowsWritten: 0, gigabytes: 0, dollars: 0 });
  });

  it('counts a data point for each request where Analytics Engine is on', () => {
    expect(lineOf('dataPoints', { requestsADay: 1e6 }).amount).toBe(0);
    expect(lineOf('dataPoints', { requestsADay: 1e6, analytics: true }).dollars).toBeCloseTo((30 - 10) * 0.25, 10);
    expect(estimate({ ...SMALL, requestsADay: 100_001, analytics: true }).beyondFree).toContain('dataPoints');
  });

  it('names what the free plan does not allow, and ratings that no database holds', () => {
    expect(estimate({ ...SMALL, requestsADay: 100_001 }).beyondFree).toContain('requests');
    expect(estimate({ ...SMALL, people: 60_000 }).beyondFree).toEqual(['d1Gigabytes']);
    expect(estimate({ ...SMALL, people: 1_000_000 }).fits).toBe(false);
  });

  it('has busy isolates look at R2 each half of MODEL_TTL, and idle ones not', () => {
    expect(lineOf('r2Reads', { requestsADay: 1e6, isolates: 2 }).amount).toBe(30e6 + 2 * 30 * 17_280);
    expect(lineOf('r2Reads', { isolates: 2 }).amount).toBe(2 * 30_000);
  });
});
