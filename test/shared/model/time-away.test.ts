import { describe, expect, it } from 'vitest';
import { weightsOfScales } from '../../../shared/model/history.ts';
import type { Model, RatedMovies } from '../../../shared/model/model.ts';
import { foldIn } from '../../../shared/model/score.ts';
import { afterDays, changeAway, daysSince } from '../../../shared/model/time-away.ts';
import { loadFixture } from '../../fixtures/model.ts';

const plain = await loadFixture();
const [liked, watched] = plain.relevancePrior.history;
const model: Model = {
  ...plain,
  relevancePrior: {
    ...plain.relevancePrior,
    history: [liked, { ...watched, visitDays: 2 }],
    trend: { days: 1, weight: 0.7 },
  },
};
const rated = (n: number, days?: number): RatedMovies => ({
  rows: Int32Array.from({ length: n }, (_, j) => (7 * j) % plain.movies.count),
  stars: Float32Array.from({ length: n }, (_, j) => 1 + (j % 9) / 2),
  ...(days !== undefined && { days }),
});

describe('a person who comes back', () => {
  it.each([1, 5, 19, 80])('has the vector that their %i ratings give with the days, whichever way it is made', (n) => {
    for (const days of [0.01, 1, 30]) {
      const later = afterDays(model, foldIn(model, rated(n)), rated(n, days));
      const folded = foldIn(model, rated(n, days));
      expect(later.relevance).toHaveLength(folded.relevance.length);
      Array.from(folded.relevance).forEach((value, e) => {
        expect(later.relevance[e]).toBeCloseTo(value, 9);
      });
      expect(later.factors).toEqual(folded.factors);
    }
  });

  it('is who they were right after their newest rating, and somebody without ratings always is', () => {
    expect(foldIn(model, rated(5, 0)).relevance).toEqual(foldIn(model, rated(5)).relevance);
    expect(foldIn(model, rated(0, 9)).relevance).toEqual(foldIn(model, rated(0)).relevance);
  });

  it('loses what their last visit adds by e in its days, and keeps what they liked', () => {
    const { history } = model.relevancePrior;
    const [now, later] = [0, 2].map((days) => weightsOfScales([5, 4, 2], history, days));
    for (let j = 0; j < 3; j++) {
      expect(later[2 * j]).toBe(now[2 * j]);
      expect(later[2 * j + 1]).toBeCloseTo(now[2 * j + 1] / Math.E, 12);
    }
  });

  it('gains the trend: all of it but 1/e after its days', () => {
    const last = plain.relevancePrior.base.length - 1;
    const { history, ...prior } = plain.relevancePrior; // nothing fades
    const trended = { ...model, relevancePrior: { ...prior, history, trend: { days: 1, weight: 0.7 } } };
    const [before, after] = [rated(6), rated(6, 1)].map((ratings) => Array.from(foldIn(trended, ratings).relevance));
    expect(after[last] - before[last]).toBeCloseTo(0.7 * (1 - 1 / Math.E), 9);
    expect(after.slice(0, last)).toEqual(before.slice(0, last));
  });

  it('changes by their newest ratings alone: of thousands, few are read', () => {
    expect(changeAway(model.relevancePrior, rated(5000, 1)).rows.length).toBeLessThan(100);
    expect(changeAway(plain.relevancePrior, rated(50, 1)).rows).toHaveLength(0);
  });
});

it('days are counted from the newest rating, and are none where its time is not known or to come', () => {
  expect(daysSince(1_000_000, 1_000_000 + 43_200)).toBe(0.5);
  expect(daysSince(0, 1_000_000)).toBe(0);
  expect(daysSince(2_000_000, 1_000_000)).toBe(0);
});
