import type { NextModel } from '../../../shared/model/model.ts';
import { batchOf, fileOf, scalar, vector } from '../arrow-data.ts';
import { encodeScales } from './posterior.ts';

/** next.arrow: one row. @param movieIds of the movie table, (M) */
export function encodeNext(next: NextModel, movieIds: Int32Array): Uint8Array<ArrayBuffer> {
  const { rows, history, scales, starts, successors, weights, trendWeight } = next;
  return fileOf([
    batchOf(1, {
      movieIds: vector(rows.map((row) => movieIds[row])),
      history: vector(history),
      starts: vector(starts),
      successors: vector(successors),
      weights: vector(weights),
      ...encodeScales(scales),
      ...(trendWeight !== undefined && { trendWeight: scalar(trendWeight) }),
    }),
  ]);
}
