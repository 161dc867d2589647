import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { faultOf, LATEST_TIME, ratingShape, readTime, requireSound } from '../../../shared/ratings/new-rating.ts';

describe('readTime', () => {
  it.each([
    [0, 0],
    [-0, 0],
    [0.9, 0],
    [1_459_172_800.5, 1_459_172_800],
    [1_459_172_801_000, 1_459_172_801],
    [1_459_172_801_999, 1_459_172_801],
    [1_459_172_801_000_000, 1_459_172_801],
    [99_999_999_999, 99_999_999_999],
    [100_000_000_000, 100_000_000],
    [LATEST_TIME * 1e6, LATEST_TIME],
  ])('reads %s as second %s', (value, seconds) => {
    expect(readTime(value)).toBe(seconds);
  });

  it.each([-1, -0.5, -1e300, 1e18, 1e300, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])(
    '%s is no time',
    (value) => {
      expect(readTime(value)).toBeNull();
    },
  );

  it('gives a sound time or none, whatever comes', () => {
    const sound = (value: number) => {
      const timestamp = readTime(value);
      return timestamp === null || faultOf({ movieId: 1, rating: 1, timestamp }) === null;
    };
    fc.assert(fc.property(fc.double(), sound), { seed: 7 });
  });
});

describe('faultOf', () => {
  const SOUND = { movieId: 1, rating: 4.5, timestamp: 1000 };

  it.each([
    SOUND,
    { ...SOUND, movieId: 0 },
    { ...SOUND, movieId: 2_147_483_647 },
    { ...SOUND, rating: null },
    { ...SOUND, timestamp: 0 },
    { ...SOUND, timestamp: LATEST_TIME },
  ])('finds nothing wrong with %j', (rating) => {
    expect(faultOf(rating)).toBeNull();
  });

  it.each([
    ['movieId', -1],
    ['movieId', 1.5],
    ['movieId', 2_147_483_648],
    ['rating', 0],
    ['rating', 5.5],
    ['rating', 3.3],
    ['rating', Number.NaN],
    ['timestamp', -1],
    ['timestamp', 0.5],
    ['timestamp', LATEST_TIME + 1],
    ['timestamp', Number.NaN],
  ] as const)('names a %s of %s', (field, got) => {
    const rating = { ...SOUND, [field]: got };
    expect(faultOf(rating)).toMatchObject({ field, got });
    expect(() => requireSound([SOUND, rating])).toThrow(`ratings.1.${field}: got ${got}, expected `);
  });

  it('agrees with the schema of request bodies', () => {
    const schema = z.object(ratingShape);
    const agrees = (movieId: number, rating: number) =>
      schema.safeParse({ movieId, rating }).success === (faultOf({ movieId, rating, timestamp: 0 }) === null);
    const id = fc.oneof(fc.integer(), fc.double(), fc.integer({ min: 2 ** 31 - 3, max: 2 ** 31 + 3 }));
    const stars = fc.oneof(
      fc.double(),
      fc.integer({ min: -2, max: 24 }).map((quarters) => quarters / 4),
    );
    fc.assert(fc.property(id, stars, agrees), { seed: 7 });
  });
});
