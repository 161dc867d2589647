import type { Written } from '../../shared/ratings/rating-store.ts';
import type { UserChange } from '../../shared/ratings/user-change.ts';
import type { Bindings } from '../env.ts';
import type { RatingReader } from '../ratings/reader.ts';
import type { ModelStore } from '../version/store.ts';

export interface AppEnv {
  Bindings: Bindings;
  Variables: {
    models: Pick<ModelStore, 'get' | 'getListable' | 'state'>;
    ratings: Pick<RatingReader, 'read'>;
    /** Milliseconds that D1 may take. After that, answers are made without it. */
    ratingTimeout: number;
    /** Now, in milliseconds since the epoch. */
    now: () => number;
    /** Where one person alone asks, in their own browser: who that is, and what takes their changes in place of D1. */
    alone?: { readonly userId: number; readonly take: (change: UserChange) => Written };
  };
}
