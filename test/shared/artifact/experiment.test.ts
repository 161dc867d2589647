import { describe, expect, it } from 'vitest';
import { armOf, type Experiment, experimentSchema } from '../../../shared/artifact/experiment.ts';
import { parseCurrent } from '../../../shared/artifact/manifest.ts';

const EXPERIMENT: Experiment = {
  name: 'lesser-known',
  startedAt: '2026-01-01T00:00:00.000Z',
  ends: '2026-02-01T00:00:00.000Z',
  arms: [
    { name: 'usual', weight: 3 },
    { name: 'bold', weight: 1, settings: { popularity: -0.5 } },
  ],
};
const NOW = Date.parse('2026-01-02T00:00:00Z');
const PEOPLE = Array.from({ length: 20_000 }, (_, n) => 1_000_000_001 + n);
const VERSION = '20260101T000000Z-a';
const CURRENT = { version: VERSION, previous: null, publishedAt: '2026-01-01T00:00:00.000Z' };

const armsOf = (experiment: Experiment, now = NOW) =>
  PEOPLE.map((userId) => armOf(experiment, userId, now)?.name ?? null);

describe('the arm of a person', () => {
  it('stays the same, and shares are as the weights say', () => {
    const arms = armsOf(EXPERIMENT);
    expect(armsOf(structuredClone(EXPERIMENT), NOW + 86_400_000)).toEqual(arms);
    const bold = arms.filter((arm) => arm === 'bold').length / PEOPLE.length;
    expect(Math.abs(bold - 0.25)).toBeLessThan(4 * Math.sqrt((0.25 * 0.75) / PEOPLE.length));
  });

  it('says nothing of their arm in an experiment of another name', () => {
    const [one, other] = [armsOf(EXPERIMENT), armsOf({ ...EXPERIMENT, name: 'another' })];
    const bold = other.filter((_, at) => one[at] === 'bold');
    const share = bold.filter((arm) => arm === 'bold').length / bold.length;
    expect(Math.abs(share - 0.25)).toBeLessThan(4 * Math.sqrt((0.25 * 0.75) / bold.length));
  });

  it('is none from the end on, and none in an arm that was stopped, which moves nobody else', () => {
    expect(new Set(armsOf(EXPERIMENT, Date.parse(EXPERIMENT.ends)))).toEqual(new Set([null]));
    const [usual, bold] = EXPERIMENT.arms;
    const stopped = armsOf({ ...EXPERIMENT, arms: [usual, { ...bold, stopped: true }] });
    expect(stopped).toEqual(armsOf(EXPERIMENT).map((arm) => (arm === 'bold' ? null : arm)));
  });
});

describe('an experiment in current.json', () => {
  it('is read beside what stood there before', () => {
    const settings = { popularity: 0.2 };
    const text = JSON.stringify({ ...CURRENT, settings, experiment: EXPERIMENT });
    expect(parseCurrent(text)).toEqual({ ...CURRENT, settings, experiment: EXPERIMENT });
  });

  it('that this release cannot read counts as none, and the version is served as ever', () => {
    for (const experiment of [7, {}, { ...EXPERIMENT, arms: [] }, { ...EXPERIMENT, ends: 'never' }]) {
      expect(parseCurrent(JSON.stringify({ ...CURRENT, experiment }))).toEqual(CURRENT);
    }
    expect(parseCurrent(JSON.stringify({ ...CURRENT, settings: { popularity: 9 } }))).toEqual(CURRENT);
  });

  it('names at most one version beside the one in service, and each arm once', () => {
    const versions = (...named: string[]) => named.map((version, at) => ({ name: `arm-${at}`, weight: 1, version }));
    const isRead = (arms: object[]) => experimentSchema.safeParse({ ...EXPERIMENT, arms }).success;
    expect(isRead(versions(VERSION, VERSION))).toBe(true);
    expect(isRead(versions(VERSION, '20260202T000000Z-b'))).toBe(false);
    expect(isRead([EXPERIMENT.arms[0], EXPERIMENT.arms[0]])).toBe(false);
    expect(isRead([EXPERIMENT.arms[0], { name: 'x', weight: 1, settings: { by: 'rating', blend: 0.5 } }])).toBe(false);
    expect(isRead([EXPERIMENT.arms[0], { name: 'x', weight: 0 }])).toBe(false);
  });
});
