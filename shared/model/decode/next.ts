import { broken, readTable, scalars, vectors, widthOf } from '../../artifact/arrow-columns.ts';
import { FILES } from '../../artifact/schema.ts';
import type { Catalogue, Model, NextModel } from '../model.ts';
import { decodeScales } from './posterior.ts';

/** Above any number of a history or a weight. */
const MOST = 1000;

/**
 * next.arrow (`shared/artifact/schema.ts`) → what people watch next, views of its bytes: keep them. Looks at every
 * number, since lists are exact only where no successor takes anything away. Throws `bad-artifact`.
 */
export function decodeNext(
  bytes: Uint8Array,
  { manifest, movies, relevancePrior }: Pick<Model, 'manifest' | 'relevancePrior'> & { readonly movies: Catalogue },
): NextModel {
  const table = readTable(bytes, manifest, FILES.next);
  const [C, L, Q] = ['movieIds', 'successors', 'decay'].map((name) => widthOf(table, name));
  const S = relevancePrior.history.length;
  const width = widthOf(table, 'history');
  const next: NextModel = {
    factors: width / (C * S),
    rows: vectors(table, Int32Array, 'movieIds', 1, C).map(movies.rowOf),
    history: vectors(table, Float32Array, 'history', 1, width),
    scales: decodeScales(table, Q),
    starts: vectors(table, Int32Array, 'starts', 1, C + 1),
    successors: vectors(table, Int32Array, 'successors', 1, L),
    weights: vectors(table, Float32Array, 'weights', 1, L * Q),
    ...(table.getChild('trendWeight') && { trendWeight: scalars(table, Float64Array, 'trendWeight', 1)[0] }),
  };
  const { factors: F } = next;
  if (!(Number.isInteger(F) && F > 0 && F <= manifest.relevanceFactors)) {
    throw broken(
      `next.arrow: got ${width} numbers of history, expected ${C} · ${S} · (1 to ${manifest.relevanceFactors})`,
    );
  }
  requireSane(next);
  return next;
}

/** Throws `bad-artifact` for rows, places or numbers that cannot be right. */
function requireSane({ rows, history, scales, starts, successors, weights }: NextModel): void {
  const [C, L] = [rows.length, successors.length];
  rows.forEach((row, c) => {
    if (row < 0) throw broken(`next.arrow: movieIds names at ${c} a movie that movies.arrow lacks`);
    if (c > 0 && row <= rows[c - 1]) throw broken(`next.arrow: movieIds does not ascend at ${c}`);
  });
  scales.forEach(({ decay, floor, likeFrom, dislikeBelow, dislikeWeight }, q) => {
    const isSane =
      decay > 0 && floor >= 0 && floor <= 1 && dislikeWeight >= 0 && !Number.isNaN(likeFrom + dislikeBelow);
    if (!isSane) throw broken(`next.arrow: the weights of scale ${q} cannot be right`);
  });
  if (starts[0] !== 0 || starts[C] !== L) {
    throw broken(`next.arrow: got successors ${starts[0]} to ${starts[C]}, expected 0 to ${L}`);
  }
  for (let c = 0; c < C; c++) if (starts[c + 1] < starts[c]) throw broken(`next.arrow: starts falls at ${c + 1}`);
  for (let l = 0; l < L; l++) {
    if (!(successors[l] >= 0 && successors[l] < C))
      throw broken(`next.arrow: got successor ${successors[l]} at ${l}, expected 0 to ${C - 1}`);
  }
  for (let l = 0; l < weights.length; l++) {
    if (!(weights[l] >= 0 && weights[l] < MOST))
      throw broken(`next.arrow: got weight ${weights[l]} at ${l}, expected 0 or more`);
  }
  for (let at = 0; at < history.length; at++) {
    if (!(Math.abs(history[at]) < MOST)) throw broken(`next.arrow: got ${history[at]} at ${at} of history`);
  }
}
