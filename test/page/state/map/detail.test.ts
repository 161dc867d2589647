import { describe, expect, it } from 'vitest';
import { Detail } from '../../../../worker/web/browser/map/detail.ts';

const PACE = { slow: 20, fast: 10 };

function countAfter(detail: Detail, times: number, took: number): number {
  for (let n = 0; n < times; n++) detail.learn(took);
  return detail.count;
}

describe('how many films are drawn while the map moves', () => {
  it('is all of them as long as that is not slow', () => {
    const detail = new Detail(60_000, PACE);
    expect(countAfter(detail, 50, 19)).toBe(60_000);
  });

  it('falls to a least number when it is slow, and comes back when it is fast', () => {
    const detail = new Detail(60_000, PACE);
    expect(countAfter(detail, 1, 21)).toBe(48_000);
    expect(countAfter(detail, 50, 21)).toBe(5000);
    expect(countAfter(detail, 3, 15)).toBe(5000);
    expect(countAfter(detail, 50, 9)).toBe(60_000);
  });

  it('is never more than there are', () => {
    expect(countAfter(new Detail(300, PACE), 5, 100)).toBe(300);
  });
});
