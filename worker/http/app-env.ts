import type { Bindings } from '../env.ts';
import type { RatingReader } from '../ratings/reader.ts';
import type { ModelStore } from '../version/store.ts';

export interface AppEnv {
  Bindings: Bindings;
  Variables: {
    models: ModelStore;
    ratings: RatingReader;
    /** Milliseconds after which an answer does without D1. */
    ratingTimeout: number;
    /** Milliseconds since the epoch. */
    now: () => number;
  };
}
