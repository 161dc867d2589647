import type { Dataset } from './dataset.ts';
import { userSequences } from './rating-matrix.ts';
import { takeRatings } from './ratings.ts';
import type { Split } from './split.ts';

/**
 * Tests the last rating of everybody who has two or more, by time, of equal times the last in the file. All others are for
 * training, the one before the last included: no validation film is held out.
 */
export function leaveOneOut({ ratings }: Dataset): Split {
  const { userIds, offsets, positions } = userSequences(ratings);
  const tested = new Uint8Array(ratings.count);
  for (let u = 0; u < userIds.length; u++) {
    if (offsets[u + 1] - offsets[u] > 1) tested[positions[offsets[u + 1] - 1]] = 1;
  }
  const where = (mark: number) => {
    const all = Int32Array.from({ length: ratings.count }, (_, i) => i);
    return takeRatings(
      ratings,
      all.filter((i) => tested[i] === mark),
    );
  };
  return { name: 'loo', train: where(0), test: where(1), shown: null, isOrdered: true };
}
