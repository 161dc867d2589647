import type { Bindings } from '../env.ts';
import type { Tmdb } from '../posters/tmdb.ts';
import type { RatingReader } from '../ratings/reader.ts';
import type { PublishedVersions } from '../version/published-versions.ts';
import type { ModelStore } from '../version/store.ts';

export interface AppEnv {
  Bindings: Bindings;
  Variables: {
    models: ModelStore;
    versions: PublishedVersions;
    ratings: RatingReader;
    tmdb: Tmdb;
    /** Milliseconds that D1 may take. After that, answers are made without it. */
    ratingTimeout: number;
    /** Now, in milliseconds since the epoch. */
    now: () => number;
  };
}
