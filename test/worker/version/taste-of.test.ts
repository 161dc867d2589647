import { describe, expect, it } from 'vitest';
import { ratedSince } from '../../../worker/version/taste-of.ts';

const stored = {
  userId: 1,
  bias: 0,
  factors: new Float32Array(0),
  relevance: new Float32Array(0),
  movieIds: Int32Array.of(10, 20, 30, 40),
  stars: Float32Array.of(1, 2, 3, 4),
  times: Uint32Array.of(0, 100, 200, 300),
};
const newer = [
  { movieId: 30, rating: 5, timestamp: 400 },
  { movieId: 50, rating: null, timestamp: 150 },
];

describe('ratedSince', () => {
  it('keeps what training knows from that time on, and what is newer in its place', () => {
    expect(ratedSince({ stored, newer, marks: [], degraded: [] }, 200)).toEqual({
      stored: null,
      newer: [
        { movieId: 40, rating: 4, timestamp: 300 },
        { movieId: 30, rating: 5, timestamp: 400 },
      ],
      marks: [],
      degraded: [],
    });
  });

  it('keeps ratings without a time for 0 alone', () => {
    const sources = { stored, newer, marks: [], degraded: [] };
    expect(ratedSince(sources, 0)).toBe(sources);
    expect(ratedSince(sources, 1).newer.map(({ movieId }) => movieId)).toEqual([20, 40, 30, 50]);
  });
});
