import { describe, expect, it } from 'vitest';
import type { Experiment } from '../../../shared/artifact/experiment.ts';
import { alwaysValid } from '../../../trainer/math/always-valid.ts';
import { ClusteredRatio } from '../../../trainer/math/clustered-ratio.ts';
import { type Random, random } from '../../../trainer/math/random.ts';
import { ALPHA, compareArms, judge, LEAST_PEOPLE } from '../../../trainer/outcomes/guard.ts';
import { METRICS, type Row } from '../../../trainer/outcomes/tally.ts';

const EFFECT = 0.02;

describe('the mixture sequential probability ratio test', () => {
  it('has the p value and the confidence sequence computed by hand', () => {
    // V = τ² = 1, θ = 3: Λ = √½ · e^{9/4}; halfWidth² = 2 · (ln 2 − 2 ln 0.05)
    const { p, halfWidth } = alwaysValid({ value: 3, error: 1 }, 1, 0.05);
    expect(p).toBeCloseTo(Math.SQRT2 * Math.exp(-9 / 4), 12);
    expect(halfWidth).toBeCloseTo(Math.sqrt(2 * (Math.LN2 - 2 * Math.log(0.05))), 12);
    expect(alwaysValid({ value: 0, error: 1 }, 1, 0.05).p).toBe(1);
  });

  it('is at α exactly where the confidence sequence ends at 0', () => {
    for (const [error, tau, alpha] of [
      [0.01, 0.02, 0.05],
      [0.3, 0.02, 0.025],
      [0.002, 1, 0.01],
    ]) {
      const { halfWidth } = alwaysValid({ value: 0, error }, tau, alpha);
      expect(alwaysValid({ value: halfWidth, error }, tau, alpha).p).toBeCloseTo(alpha, 10);
    }
  });
});

interface Trial {
  /** Mean chance of a click of the first arm and of the other. */
  readonly chances: readonly [number, number];
  /** Visits in all; each shows one list. */
  readonly visits: number;
  /** Visits between two looks. */
  readonly every: number;
  /** Probability that a visit is of somebody new. */
  readonly fresh: number;
}

/** An arm as it grows: people, how often they came, how often they clicked. */
class GrowingArm {
  readonly #chance: number;
  readonly #people: { readonly taste: number; s: number; n: number }[] = [];

  constructor(chance: number) {
    this.#chance = chance;
  }

  visit(source: Random, fresh: number): void {
    // People differ: half of them click three times as often as the others.
    const isNew = this.#people.length === 0 || source.uniform() < fresh;
    if (isNew) this.#people.push({ taste: this.#chance * (source.uniform() < 0.5 ? 0.5 : 1.5), s: 0, n: 0 });
    const person = isNew ? this.#people.at(-1)! : this.#people[source.below(this.#people.length)];
    person.n++;
    person.s += Number(source.uniform() < person.taste);
  }

  estimate() {
    const ratio = new ClusteredRatio();
    for (const { s, n } of this.#people) ratio.add(s, n);
    return ratio.estimate();
  }
}

/** The verdict of an experiment that is looked at again and again, until there is one. */
function verdictOf({ chances, visits, every, fresh }: Trial, source: Random) {
  const arms = chances.map((chance) => new GrowingArm(chance));
  for (let visit = 1; visit <= visits; visit++) {
    arms[Number(source.uniform() < 0.5)].visit(source, fresh);
    if (visit % every > 0) continue;
    const { verdict } = judge(arms[1].estimate(), arms[0].estimate(), EFFECT, ALPHA);
    if (verdict !== 'open') return verdict;
  }
  return 'open';
}

function sharesOf(trials: number, trial: Trial, seed: number) {
  const source = random(seed, 1);
  const counts = { better: 0, worse: 0, open: 0 };
  for (let t = 0; t < trials; t++) counts[verdictOf(trial, source)]++;
  return { better: counts.better / trials, worse: counts.worse / trials };
}

describe('the guard, looked at continuously', () => {
  it.each<[string, Trial]>([
    ['people who come once, looked at after every eighth', { chances: [0.1, 0.1], visits: 4000, every: 8, fresh: 1 }],
    ['people who come back', { chances: [0.2, 0.2], visits: 4000, every: 20, fresh: 0.3 }],
    ['rare clicks', { chances: [0.02, 0.02], visits: 4000, every: 20, fresh: 0.5 }],
  ])('takes arms that are alike for different in at most 5 of 100 experiments: %s', (_, trial) => {
    const { better, worse } = sharesOf(300, trial, 11);
    expect(better + worse).toBeLessThanOrEqual(ALPHA);
  });

  it('finds an arm that loses a third of the clicks in nine of ten experiments of 3,000 people, and none that wins', () => {
    const trial = { chances: [0.15, 0.1], visits: 6000, every: 50, fresh: 0.5 } as const;
    const { better, worse } = sharesOf(200, trial, 12);
    expect(worse).toBeGreaterThan(0.9);
    expect(better).toBe(0);
  });

  it('where a test for one look, asked again and again, is wrong far more often', () => {
    const source = random(13, 1);
    let wrong = 0;
    for (let t = 0; t < 200; t++) {
      const arms = [new GrowingArm(0.1), new GrowingArm(0.1)];
      for (let visit = 1; visit <= 4000; visit++) {
        arms[Number(source.uniform() < 0.5)].visit(source, 1);
        const [a, b] = visit % 20 === 0 && visit > 400 ? arms.map((arm) => arm.estimate()!) : [];
        if (!a || Math.abs(b.value - a.value) < 1.96 * Math.hypot(a.error!, b.error!)) continue;
        wrong++;
        break;
      }
    }
    expect(wrong / 200).toBeGreaterThan(0.15);
  });
});

describe('arms beside the first', () => {
  const estimate = (value: number, people = 1000) => ({ value, error: 0.005, people });
  const row = (arm: string, value: number, people?: number): Row => ({
    version: null,
    experiment: 'trial',
    arm,
    way: 'all',
    lists: 1,
    metrics: Object.fromEntries(METRICS.map((metric) => [metric, estimate(value, people)])) as Row['metrics'],
  });
  const experiment: Experiment = {
    name: 'trial',
    startedAt: '2026-01-01T00:00:00.000Z',
    ends: '2026-02-01T00:00:00.000Z',
    arms: ['usual', 'worse', 'alike', 'better', 'small', 'silent'].map((name) => ({ name, weight: 1 })),
  };

  it('are better, worse, or not to be told yet; a small one and one without lists are not judged', () => {
    const rows = [row('usual', 0.2), row('worse', 0.15), row('alike', 0.201), row('better', 0.25)];
    rows.push(row('small', 0.01, LEAST_PEOPLE - 1));
    const verdicts = compareArms(experiment, rows, { metric: 'clicked', effect: EFFECT });
    expect(verdicts.map(({ arm, verdict }) => [arm, verdict])).toEqual([
      ['worse', 'worse'],
      ['alike', 'open'],
      ['better', 'better'],
      ['small', 'open'],
      ['silent', 'open'],
    ]);
    expect(verdicts[0]).toMatchObject({ difference: expect.closeTo(-0.05, 12), p: expect.any(Number) });
    expect(verdicts[4]).toMatchObject({ difference: null, halfWidth: null, p: 1 });
  });

  it('share the probability of an error: the more arms, the more a difference has to be', () => {
    const two = { ...experiment, arms: experiment.arms.slice(0, 2) };
    const rows = [row('usual', 0.2), row('worse', 0.18)];
    const [alone] = compareArms(two, rows, { metric: 'clicked', effect: EFFECT });
    const [among] = compareArms(experiment, rows, { metric: 'clicked', effect: EFFECT });
    expect(among.p).toBe(alone.p);
    expect(among.halfWidth!).toBeGreaterThan(alone.halfWidth!);
  });
});
