import { POOL } from '../../shared/model/diversity.ts';
import { drawTaste, normalsOf } from '../../shared/model/draw.ts';
import { inferUser } from '../../shared/model/posterior.ts';
import { predictRaw } from '../../shared/model/score.ts';
import type { Ranked } from '../../shared/model/scorer.ts';
import { wasmSums } from '../wasm/posterior.ts';
import { Excerpt, type ServedModel } from '../wasm/served-model.ts';
import type { Taste } from './taste.ts';

/**
 * The best movies, the first `POOL` of them in the order of what a draw from the user's posterior (`drawTaste`) rates them.
 * So what is shown stays among what the usual order finds good, and what nobody knows of the user yet is tried. Their
 * scores stay those of the usual order.
 *
 * @param ranked best first; their vectors, and those of the rated movies, have arrived
 * @param seed what the draw depends on: the same text gives the same order
 */
export function drawnOrder(served: ServedModel, taste: Taste, ranked: readonly Ranked[], seed: string): Ranked[] {
  const pool = ranked.slice(0, POOL);
  const { rows } = taste.rated;
  const excerpt = new Excerpt(served, [...rows, ...pool.map(({ row }) => row)]);
  const { model } = excerpt;
  const rated = { ...taste.rated, rows: Int32Array.from(rows.keys()) }; // at the first places
  const posterior = taste.posterior ?? inferUser(model.movies, model.userPrior, rated, wasmSums(served.vectors, rows));
  const x = drawTaste(posterior, normalsOf(seed));
  const drawn = { ...taste.vectors, factors: x.subarray(0, -1), bias: x[x.length - 1] };
  const rating = new Map(pool.map(({ row }) => [row, predictRaw(model, drawn, excerpt.placeOf(row))]));
  pool.sort((a, b) => rating.get(b.row)! - rating.get(a.row)! || a.row - b.row);
  return [...pool, ...ranked.slice(POOL)];
}
