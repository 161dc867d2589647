import { topK } from '../math/topk.ts';

/** How many of the best movies are re-ranked; after them the plain order goes on. */
export const POOL = 200;

/** How alike two rows of the movie table are, at most 1. */
export type Alike = (a: number, b: number) => number;

/**
 * The `count` best rows, the first `POOL` of them chosen by maximal marginal relevance (Carbonell & Goldstein, SIGIR
 * 1998): the next movie is
 *   argmax_i λ score_i − (1 − λ) max_{j chosen} alike(i, j),   λ = 1 − diversity,
 * scores scaled to 0..1 over the pool; ties go to the plain order, which diversity 0 leaves as it is. The choice is
 * greedy, so a longer list starts with the shorter one: pages fit together.
 *
 * @param diversity 0 (the plain order) to 1 (after the best movie always the one least like those before it)
 */
export function diverseTop(
  scores: ArrayLike<number>,
  count: number,
  accept: ((row: number) => boolean) | undefined,
  diversity: number,
  alike: Alike,
): Int32Array {
  if (diversity === 0) return topK(scores, count, accept);
  const plain = topK(scores, Math.max(count, POOL), accept);
  const pool = plain.subarray(0, POOL);
  pool.set(spread(pool, scores, Math.min(count, pool.length), diversity, alike));
  return plain.slice(0, count);
}

/** The first `count` rows of the re-ranked pool. The pool is ordered best first. O(count · pool). */
export function spread(
  pool: Int32Array,
  scores: ArrayLike<number>,
  count: number,
  diversity: number,
  alike: Alike,
): Int32Array {
  const lowest = scores[pool[pool.length - 1]];
  const span = scores[pool[0]] - lowest || 1;
  const left = Array.from(pool, (row) => ({ row, worth: ((1 - diversity) * (scores[row] - lowest)) / span, near: -1 }));
  const chosen = new Int32Array(count);
  for (let place = 0; place < count; place++) {
    let best = 0;
    if (place > 0) {
      let highest = -Infinity;
      left.forEach((candidate, at) => {
        candidate.near = Math.max(candidate.near, alike(candidate.row, chosen[place - 1]));
        const value = candidate.worth - diversity * candidate.near;
        if (value > highest) [highest, best] = [value, at];
      });
    }
    const [next] = left.splice(best, 1);
    chosen[place] = next.row;
  }
  return chosen;
}

/**
 * How little the movies of a list resemble each other: the mean of 1 − alike over its pairs. 0 for lists without pairs.
 */
export function listDistance(rows: ArrayLike<number>, alike: Alike): number {
  let [sum, pairs] = [0, 0];
  for (let a = 0; a < rows.length; a++) {
    for (let b = 0; b < a; b++) {
      sum += 1 - alike(rows[a], rows[b]);
      pairs++;
    }
  }
  return pairs === 0 ? 0 : sum / pairs;
}
