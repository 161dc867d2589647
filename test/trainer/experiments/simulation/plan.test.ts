import { describe, expect, it } from 'vitest';
import { planSimulation } from '../../../../trainer/experiments/simulation/plan.ts';
import { datasetOf, ratingsOf } from '../../../fixtures/datasets.ts';

const DAY = 86_400;

/** User 1 rates movies 0 to 24 on day 10, one a second; user 2 rates one on day 1 and one on day 13. */
const dataset = datasetOf(
  ratingsOf([
    [2, 50, 4, DAY],
    ...Array.from({ length: 25 }, (_, j): [number, number, number, number] => [1, j, 3, 10 * DAY + j]),
    [2, 51, 4, 13 * DAY],
  ]),
);

describe('planSimulation', () => {
  it('trains on older ratings and cuts the others into periods and visits of ten ratings', () => {
    const { base, periods } = planSimulation(dataset, 2, 10 * DAY);
    expect([...base.movieIds]).toEqual([50]);
    expect(periods.map(({ start, end }) => [start / DAY, end / DAY])).toEqual([
      [10, 12],
      [12, 14],
    ]);
    expect(periods[0].visits.map(({ userId, positions }) => [userId, positions.length])).toEqual([
      [1, 10],
      [1, 10],
      [1, 5],
    ]);
    expect(periods[1].visits).toEqual([{ userId: 2, positions: [26], ahead: [26] }]);
  });

  it('tests every visit on the later ratings of its person within the period', () => {
    const [{ visits }] = planSimulation(dataset, 2, 10 * DAY).periods;
    expect(visits.map(({ ahead }) => ahead.length)).toEqual([25, 15, 5]);
    for (const { positions, ahead } of visits) expect(ahead.slice(0, positions.length)).toEqual(positions);
  });

  it('begins after four fifths of the ratings by default', () => {
    expect(planSimulation(dataset, 2).base.count).toBe(21);
  });

  it('refuses ratings without times, and a start outside of their times', () => {
    expect(() => planSimulation(datasetOf(ratingsOf([[1, 2, 3, 0]])), 2)).toThrow(/needs the time of every rating/);
    expect(() => planSimulation(dataset, 2, 0)).toThrow(/no ratings before the simulation's start/);
    expect(() => planSimulation(dataset, 2, 99 * DAY)).toThrow(/no ratings after the simulation's start/);
  });
});
