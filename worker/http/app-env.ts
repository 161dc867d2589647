import type { Written } from '../../shared/ratings/rating-store.ts';
import type { Undone } from '../../shared/ratings/undo-import.ts';
import type { UserChange } from '../../shared/ratings/user-change.ts';
import type { Database } from '../../shared/storage/database.ts';
import type { Bindings } from '../env.ts';
import type { Metrics } from '../observe/metrics.ts';
import type { Trace } from '../observe/trace.ts';
import type { Tmdb } from '../posters/tmdb.ts';
import type { GivenUp } from '../ratings/given-up.ts';
import type { ListLog } from '../ratings/list-log.ts';
import type { RatingReader } from '../ratings/reader.ts';
import type { AddedFilms } from '../version/added-films.ts';
import type { PublishedVersions } from '../version/published-versions.ts';
import type { RetrainOutcomes } from '../version/retrain-outcomes.ts';
import type { ServedVersion } from '../version/served-version.ts';
import type { ModelStore } from '../version/store.ts';
import type { KeySets } from './identity/key-sets.ts';

export interface AppEnv {
  Bindings: Bindings;
  /** To be read with `c.get`: `c.var` makes an object of all of them each time. */
  Variables: {
    models: Pick<ModelStore, 'get' | 'getListable' | 'state' | 'current' | 'beside'>;
    films: FilmNews;
    versions: Pick<PublishedVersions, 'read' | 'forget'>;
    /** What became of the newest retrains. */
    nights: Pick<RetrainOutcomes, 'read'>;
    givenUp: Pick<GivenUp, 'count'>;
    ratings: Pick<RatingReader, 'read'>;
    keySets: Pick<KeySets, 'read'>;
    /** Whose the Authorization header is, once that was looked up (`bearerOf`). */
    bearer?: Promise<Bearer>;
    /** The version that this request answers from, where it was chosen before (`shareAnswer`). */
    served?: ServedVersion;
    /** Whose arm of an experiment answers this request, where that need not be who sent it (`versionFor`). */
    armFor?: number;
    lists: ListLog;
    tmdb: Tmdb;
    /** Of this request, and of all of this isolate; absent where one person alone asks. */
    trace?: Trace;
    metrics?: Metrics;
    /** Milliseconds that D1 may take. After that, answers are made without it. */
    ratingTimeout: number;
    /** Now, in milliseconds since the epoch. */
    now: () => number;
    /** Where one person alone asks, in their own browser: who that is, and what takes their changes in place of D1. */
    alone?: Alone;
  };
}

/** Whose an Authorization header is: nobody's, an operator's program, or a host application's user, by their name there. */
export type Bearer =
  | { readonly kind: 'none' }
  | { readonly kind: 'program'; readonly mayWrite: boolean }
  | { readonly kind: 'subject'; readonly subject: string };
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
