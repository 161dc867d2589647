import { LARGEST_NEXT } from '../../../shared/artifact/schema.ts';
import type { HistoryWeights, NextModel, RatedMovies, RelevancePrior } from '../../../shared/model/model.ts';
import { nextVector, successorScores } from '../../../shared/model/next.ts';
import type { Engine } from '../../engines/engine.ts';
import { rowDots } from '../../math/dense.ts';
import { type AnyRows, rowsBetween } from '../../math/sparse.ts';
import { type NextVectors, restrict } from './next-watch.ts';
import { fitSuccessors } from './successors.ts';
import { variance } from './user-vectors.ts';

export interface NextSettings {
  /** Scales in which successors count, (Q). */
  readonly scales: readonly HistoryWeights[];
  readonly successors: number;
  readonly successorRidge: number;
  readonly first: number;
}

/** The relevance model as it is served. */
interface ServedRelevance {
  readonly output: Float32Array; // (M, E) as scaled
  readonly users: Float32Array; // (U, E)
  readonly prior: RelevancePrior;
}

/** Bytes of next.arrow beside its numbers. */
const HEADROOM = 1 << 14;

/** Users over whom scores are compared. */
const SCALE_USERS = 64;

/**
 * What people watch next: vectors and successors, scaled so that over movies scores vary as much as those of relevance for
 * the average user. Shares the outputs of relevance.
 */
export async function fitNext(
  engine: Engine,
  byUser: AnyRows,
  vectors: NextVectors,
  served: ServedRelevance,
  settings: NextSettings,
): Promise<NextModel | undefined> {
  const { rows, factors: F } = vectors;
  if (rows.length === 0 || F === 0) return undefined;
  const successors = await fitSuccessors(engine, restrict(byUser, rows), vectors, {
    history: served.prior.history,
    scales: settings.scales,
    first: settings.first,
    ridge: settings.successorRidge,
    most: Math.min(settings.successors, roomFor(vectors, settings.scales.length)),
  });
  const scaled = outputScale(vectors, served);
  const model: NextModel = {
    factors: F,
    rows,
    history: vectors.history,
    scales: settings.scales,
    ...successors,
    weights: successors.weights.map((weight) => scaled * weight),
  };
  const scale = relevanceScale(byUser, model, served);
  return {
    ...model,
    history: model.history.map((value) => scale * value),
    weights: model.weights.map((weight) => scale * weight),
  };
}

/** How many successors a film may have in each scale, so that the Worker can read them all (`LARGEST_NEXT`). */
function roomFor({ rows, history }: NextVectors, Q: number): number {
  const bytes = LARGEST_NEXT - HEADROOM - history.byteLength - 8 * rows.length;
  return Math.max(0, Math.floor(bytes / (rows.length * Q * 4 * (1 + Q))));
}

/** How much longer the outputs are than those that the vectors were fitted with. */
function outputScale({ rows, factors: F, output }: NextVectors, served: ServedRelevance): number {
  const E = served.prior.base.length;
  let [longer, own] = [0, 0];
  for (let c = 0; c < rows.length; c++) {
    for (let f = 0; f < F; f++) {
      longer += served.output[rows[c] * E + f] * output[c * F + f];
      own += output[c * F + f] ** 2;
    }
  }
  return own > 0 ? longer / own : 1;
}

function relevanceScale(byUser: AnyRows, model: NextModel, { output, users, prior }: ServedRelevance): number {
  const E = prior.base.length;
  const scores = new Float64Array(model.rows.length);
  const places = new Map(Array.from(model.rows, (row, place) => [row, place]));
  const step = Math.max(1, Math.floor(byUser.rows / SCALE_USERS));
  let [relevance, next] = [0, 0];
  for (let u = 0; u < byUser.rows; u += step) {
    const { indices: rows, values: stars } = rowsBetween(byUser, u, u + 1);
    const rated: RatedMovies = { rows, stars };
    rowDots(Float64Array.from(users.subarray(u * E, (u + 1) * E)), output, E, model.rows, scores);
    relevance += variance(scores);
    rowDots(nextVector({ relevancePrior: prior }, model, rated), output, E, model.rows, scores);
    const added = successorScores(model, rated);
    for (const [k, row] of added.rows.entries()) scores[places.get(row)!] += added.scores[k];
    next += variance(scores);
  }
  return relevance > 0 && next > 0 ? Math.sqrt(relevance / next) : 1;
}
