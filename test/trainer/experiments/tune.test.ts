import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Engine } from '../../../trainer/engines/engine.ts';
import { openEngine } from '../../../trainer/engines/index.ts';
import { type TuningPlan, type TuningTrial, tune } from '../../../trainer/experiments/tune.ts';
import { mostSteps } from '../../../trainer/experiments/tuning/ladders.ts';
import { resolveOptions, type TrainingOptions } from '../../../trainer/models/options.ts';
import { datasetOf, lowRank } from '../../fixtures/datasets.ts';

const dataset = datasetOf(lowRank(120, 60, 0.5));
const options = resolveOptions({ factors: 31, relevanceFactors: 8, sweeps: 12, minRatings: 5 });
let engine: Engine;
beforeAll(async () => {
  engine = await openEngine('wasm', { threads: 2 });
});
afterAll(() => engine.close());

describe('tuning', () => {
  const trials: TuningTrial[] = [];
  const plans: TuningPlan[] = [];
  let tuned: TrainingOptions;
  beforeAll(async () => {
    const fixed = new Set(['blend', 'historyFloor']);
    const onTrial = (trial: TuningTrial) => void trials.push(trial);
    tuned = await tune(engine, dataset, options, fixed, onTrial, (plan) => void plans.push(plan));
  });

  it('chooses few factors for ratings that have three', () => {
    expect(tuned.factors).toBe(7);
  });

  it('takes exactly the values that improve the result, and keeps the last one of each setting', () => {
    expect(trials.some(({ better }) => better)).toBe(true);
    for (const setting of new Set(trials.map((trial) => trial.setting))) {
      const taken = trials.filter((trial) => trial.setting === setting && trial.better);
      if (taken.length > 0) expect(tuned[setting]).toBe(taken.at(-1)?.value);
    }
    const errors = trials.filter(({ metric, better }) => metric === 'RMSE' && better).map(({ score }) => score);
    expect(errors).toEqual([...errors].sort((a, b) => b - a));
  });

  it('says before each part how many trainings it takes at most', () => {
    expect(plans.map(({ metric }) => metric)).toEqual(['RMSE', 'NDCG@10']);
    for (const { metric, most, seconds } of plans) {
      expect(seconds).toBeGreaterThan(0);
      expect(1 + trials.filter((trial) => trial.metric === metric).length).toBeLessThanOrEqual(most);
    }
    expect([mostSteps('blend', 0.8), mostSteps('factors', 63), mostSteps('factors', 127)]).toEqual([9, 4, 5]);
  });

  it('leaves fixed settings as they are', () => {
    expect(tuned.blend).toBe(options.blend);
    expect(tuned.historyFloor).toBe(options.historyFloor);
    expect(trials.some(({ setting }) => setting === 'blend' || setting === 'historyFloor')).toBe(false);
  });

  it('finds the same settings in a second run', async () => {
    expect(await tune(engine, dataset, options, new Set(['blend', 'historyFloor']))).toEqual(tuned);
  });
});

it('chooses the number of sweeps unless it is fixed', async () => {
  const all = ['factors', 'userRidge', 'movieRidge', 'nextRidge', 'easeRidge', 'historyDecay', 'historyFloor', 'blend'];
  const free = await tune(engine, dataset, options, new Set(all));
  expect(free.sweeps).not.toBe(options.sweeps);
  const fixed = await tune(engine, dataset, options, new Set([...all, 'sweeps']));
  expect(fixed.sweeps).toBe(options.sweeps);
});
