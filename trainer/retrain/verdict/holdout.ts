import { readAllUsers } from '../../../shared/artifact/users-file.ts';
import type { Model } from '../../../shared/model/model.ts';
import { type Artifact, openArtifact } from '../../artifact/artifact.ts';
import { userSequences } from '../../data/rating-matrix.ts';
import { random, STREAMS, shuffled } from '../../math/random.ts';
import { positionsWhere, type RatingBlocks, withMarks } from '../night-ratings.ts';

/** The newest ratings that are tested on are at most this share of all ratings. */
const NEWEST_SHARE = 0.05;

/**
 * Marks with 1 the newer half of the ratings that a model has not seen, at most 5% of all ratings. A challenger learns from
 * the other half.
 *
 * @param unseen marks, (N)
 */
export function markNewest(data: RatingBlocks, unseen: Uint8Array): Uint8Array {
  const places = positionsWhere(unseen, 1);
  const times = new Float64Array(places.length);
  let n = 0;
  for (const { block, own } of withMarks(data.blocks(), unseen)) {
    for (let i = 0; i < block.count; i++) if (own[i] === 1) times[n++] = block.timestamps[i];
  }
  const order = places.map((_, at) => at).sort((a, b) => times[a] - times[b] || a - b);
  const newest = Math.min(Math.ceil(order.length / 2), Math.floor(NEWEST_SHARE * data.count));
  return marksAt(
    data.count,
    order.subarray(order.length - newest).map((at) => places[at]),
  );
}

/** Marks with 1 a share of all ratings, drawn by seed. */
export function markRandom({ count }: RatingBlocks, share: number, seed: number): Uint8Array {
  return marksAt(count, shuffled(count, random(seed, STREAMS.split)).subarray(0, Math.floor(share * count)));
}

function marksAt(count: number, positions: Int32Array): Uint8Array {
  const marks = new Uint8Array(count);
  for (const i of positions) marks[i] = 1;
  return marks;
}

/** Marks with 1 the ratings that a model was not trained on: it lacks the (user, movie) or has other stars. (N) */
export async function unseenBy(model: Artifact, data: RatingBlocks): Promise<Uint8Array> {
  const unseen = new Uint8Array(data.count).fill(1);
  const { users, manifest } = openArtifact(model);
  const stored = readAllUsers(users, manifest);
  let next = await stored.next();
  for (const { block, own } of withMarks(data.blocks(), unseen)) {
    const { userIds, offsets, positions } = userSequences(block);
    for (let u = 0; u < userIds.length; u++) {
      while (!next.done && next.value.userId < userIds[u]) next = await stored.next();
      if (next.done || next.value.userId !== userIds[u]) continue;
      const { movieIds, stars } = next.value;
      const known = new Map(Array.from(movieIds, (movieId, j) => [movieId, stars[j]]));
      for (const i of positions.subarray(offsets[u], offsets[u + 1])) {
        if (known.get(block.movieIds[i]) === block.stars[i]) own[i] = 0;
      }
    }
  }
  return unseen;
}

/** The marks without those of films that a model lacks. */
export function ofFilmsIn({ movies }: Model, data: RatingBlocks, marks: Uint8Array): Uint8Array {
  const left = marks.slice();
  for (const { block, own } of withMarks(data.blocks(), left)) {
    for (let i = 0; i < block.count; i++) if (movies.rowOf(block.movieIds[i]) < 0) own[i] = 0;
  }
  return left;
}
