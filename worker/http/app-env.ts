import type { Written } from '../../shared/ratings/rating-store.ts';
import type { Undone } from '../../shared/ratings/undo-import.ts';
import type { UserChange } from '../../shared/ratings/user-change.ts';
import type { Database } from '../../shared/storage/database.ts';
import type { Bindings } from '../env.ts';
import type { Tmdb } from '../posters/tmdb.ts';
import type { RatingReader } from '../ratings/reader.ts';
import type { AddedFilms } from '../version/added-films.ts';
import type { PublishedVersions } from '../version/published-versions.ts';
import type { ModelStore } from '../version/store.ts';

export interface AppEnv {
  Bindings: Bindings;
  Variables: {
    models: Pick<ModelStore, 'get' | 'getListable' | 'state'>;
    films: FilmNews;
    versions: Pick<PublishedVersions, 'read'>;
    ratings: Pick<RatingReader, 'read'>;
    tmdb: Tmdb;
    /** Milliseconds that D1 may take. After that, answers are made without it. */
    ratingTimeout: number;
    /** Now, in milliseconds since the epoch. */
    now: () => number;
    /** Where one person alone asks, in their own browser: who that is, and what takes their changes in place of D1. */
    alone?: Alone;
  };
}

/** What programs said of films besides the version in service. */
export interface FilmNews {
  readonly all: AddedFilms['all'];
  /** Lets this isolate know what D1 was told. */
  told(db: Database): Promise<void>;
}

interface Alone {
  readonly userId: number;
  readonly take: (change: UserChange) => Written;
  /** Takes an import back. @param at its `acceptedAt` */
  readonly undo: (at: number) => Undone;
}
