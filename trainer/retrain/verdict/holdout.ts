import { readAllUsers } from '../../../shared/artifact/users-file.ts';
import { type Artifact, openArtifact } from '../../artifact/artifact.ts';
import type { Ratings } from '../../data/dataset.ts';
import { userSequences } from '../../data/rating-matrix.ts';
import { takeRatings } from '../../data/ratings.ts';
import { random, STREAMS, shuffled } from '../../math/random.ts';

/** The newest ratings that are tested on are at most this share of all ratings. */
const NEWEST_SHARE = 0.05;

/**
 * Marks with 1 the newer half of the ratings that a model has not seen, at most 5% of all ratings. A challenger learns from
 * the other half.
 *
 * @param unseen marks, (N)
 */
export function markNewest({ count, timestamps }: Ratings, unseen: Uint8Array): Uint8Array {
  const order = positionsWhere(unseen, 1).sort((a, b) => timestamps[a] - timestamps[b] || a - b);
  const newest = Math.min(Math.ceil(order.length / 2), Math.floor(NEWEST_SHARE * count));
  return marksAt(count, order.subarray(order.length - newest));
}

/** Marks with 1 a share of all ratings, drawn by seed: the same ones that `--split random:` tests on. */
export function markRandom({ count }: Ratings, share: number, seed: number): Uint8Array {
  return marksAt(count, shuffled(count, random(seed, STREAMS.split)).subarray(0, Math.floor(share * count)));
}

function marksAt(count: number, positions: Int32Array): Uint8Array {
  const marks = new Uint8Array(count);
  for (const i of positions) marks[i] = 1;
  return marks;
}

/** The ratings whose mark has this value; the order stays. */
export function marked(ratings: Ratings, marks: Uint8Array, value: number): Ratings {
  return takeRatings(ratings, positionsWhere(marks, value));
}

/** Positions of the marks that have this value, ascending. */
function positionsWhere(marks: Uint8Array, value: number): Int32Array {
  let n = 0;
  const found = new Int32Array(marks.length);
  for (let i = 0; i < marks.length; i++) if (marks[i] === value) found[n++] = i;
  return found.slice(0, n);
}

/** Marks with 1 the ratings that a model was not trained on: it lacks the (user, movie) or has other stars. (N) */
export async function unseenBy(model: Artifact, ratings: Ratings): Promise<Uint8Array> {
  const { userIds, offsets, positions } = userSequences(ratings);
  const unseen = new Uint8Array(ratings.count).fill(1);
  const { users, manifest } = openArtifact(model);
  let u = 0;
  for await (const { userId, movieIds, stars } of readAllUsers(users, manifest)) {
    while (u < userIds.length && userIds[u] < userId) u++;
    if (userIds[u] !== userId) continue;
    const known = new Map<number, number>();
    movieIds.forEach((movieId, j) => {
      known.set(movieId, stars[j]);
    });
    for (const i of positions.subarray(offsets[u], offsets[u + 1])) {
      if (known.get(ratings.movieIds[i]) === ratings.stars[i]) unseen[i] = 0;
    }
  }
  return unseen;
}
