import type { RatingModel } from '../../models/rating-model.ts';
import { modelsWith } from '../../models/setting-fields.ts';

export type Tunable =
  | ('factors' | 'userRidge' | 'movieRidge')
  | ('nextRidge' | 'easeRidge' | 'historyDecay' | 'historyFloor')
  | 'blend';

/** The steps up and down from a value, and their bounds. */
interface Ladder {
  readonly up: (value: number) => number;
  readonly down: (value: number) => number;
  readonly min: number;
  readonly max: number;
}

const times = (factor: number, min: number, max: number): Ladder => ({
  min,
  max,
  up: (value) => value * factor,
  down: (value) => value / factor,
});

export const LADDERS: Readonly<Record<Tunable, Ladder>> = {
  // K + 1 fills whole vectors: 7, 15, 31, 63, 95, 127
  factors: {
    min: 7,
    max: 127,
    up: (value) => (value < 31 ? 2 * value + 1 : value + 32),
    down: (value) => (value > 31 ? value - 32 : Math.floor(value / 2)),
  },
  userRidge: times(2, 1e-3, 1e3),
  movieRidge: times(2, 1e-3, 1e3),
  nextRidge: times(3, 1e-2, 1e5),
  easeRidge: times(3, 1, 1e6),
  historyDecay: times(2, 1, 1000),
  historyFloor: times(2, 0.01, 1),
  blend: {
    min: 0,
    max: 1,
    up: (value) => Math.round(10 * value + 1) / 10,
    down: (value) => Math.round(10 * value - 1) / 10,
  },
};

/** Whether `tune` knows a model's settings. */
export function isTunable(model: RatingModel): boolean {
  return [...Object.keys(LADDERS), 'sweeps'].every((setting) => modelsWith(setting).includes(model));
}

/** Values that the search tries of a setting at most: all steps up, or one up in vain and all down. */
export function mostSteps(setting: Tunable, start: number): number {
  const { up, down, min, max } = LADDERS[setting];
  const stepsOf = (next: (value: number) => number) => {
    let steps = 0;
    for (let value = next(start); value >= min && value <= max; value = next(value)) steps++;
    return steps;
  };
  const [ups, downs] = [stepsOf(up), stepsOf(down)];
  return Math.max(ups, Math.min(ups, 1) + downs);
}
