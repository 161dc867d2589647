import { describe, expect, it } from 'vitest';
import { capacityOf, wallsOf } from '../../../../scripts/lib/cost/capacity.ts';
import { MEASURED } from '../../../../scripts/lib/cost/measured.ts';

const HABITS = { ratingsEach: 100, requestsEach: 0.5, writes: 0.1, films: 62_000 };

describe('capacity', () => {
  it('a hundred thousand people fit into one of everything', () => {
    expect(capacityOf(1e5, HABITS)).toMatchObject({
      ratings: 1e7,
      workers: 1,
      databases: 1,
      engine: 'memory',
      cores: 1,
    });
  });

  it('people are spread over databases filled to four fifths, or by their writes where these are more', () => {
    const gigabytes = (people: number) => (people * 100 * MEASURED.bytesPerRating) / 1e9;
    for (const people of [5e5, 1e7, 1e8]) {
      expect(capacityOf(people, HABITS).databases).toBe(Math.ceil(gigabytes(people) / 8));
    }
    const busy = capacityOf(1e6, { ...HABITS, ratingsEach: 1, requestsEach: 864, writes: 1 });
    expect(busy.requestsPerSecond).toBe(40_000);
    expect(busy.databases).toBe(40_000 / 50);
  });

  it('ratings are trained on in memory, from a disk, and on a cluster, the more they are', () => {
    const engines = [1e6, 1.5e6, 1e7].map((people) => capacityOf(people, HABITS).engine);
    expect(engines).toEqual(['memory', 'disk', 'Spark']);
  });

  it('a catalogue is cut where two versions do not fit: one Worker in front, and the parts', () => {
    const workers = [62_000, 120_000, 150_000, 600_000].map((films) => capacityOf(1e5, { ...HABITS, films }).workers);
    expect(workers).toEqual([1, 1, 3, 6]);
  });

  it('walls come in the order in which more people meet them, and ratings of each bring them nearer', () => {
    const walls = wallsOf(HABITS);
    expect(walls.map(({ people }) => people)).toEqual(walls.map(({ people }) => people).sort((a, b) => a - b));
    const database = (ratingsEach: number) =>
      wallsOf({ ...HABITS, ratingsEach }).find(({ what }) => what === 'one D1 database')!.people;
    expect(database(50)).toBeCloseTo(2 * database(100));
    expect(capacityOf(Math.floor(database(100)), HABITS).databases).toBe(1);
    expect(capacityOf(Math.ceil(database(100)) + 1, HABITS).databases).toBe(2);
  });
});
