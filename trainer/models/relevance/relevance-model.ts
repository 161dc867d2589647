import type { NextModel, RelevancePrior } from '../../../shared/model/model.ts';
import type { Chosen } from './chosen.ts';
import type { SeenColumns } from './seen-movies.ts';

/** The relevance block as it is served: what people like next, whatever the rating model says. */
export interface RelevanceModel {
  readonly output: Float32Array; // (M, E)
  readonly history: Float32Array; // (M, S·E)
  /** How histories, and users with few ratings, are read. */
  readonly prior: RelevancePrior;
  readonly users: Float32Array; // (U, E)
  readonly seen: SeenColumns;
  /** Settings that were asked for or chosen by people. */
  readonly chosen: Chosen;
  /** What people watch next, where that was learned. */
  readonly next?: NextModel;
}
