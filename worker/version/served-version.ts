import type { StoredUser } from '../../shared/artifact/users-file.ts';
import type { Ranked } from '../../shared/model/scorer.ts';
import type { NewRating } from '../../shared/ratings/rating-store.ts';
import { Recommender } from '../recommend/recommender.ts';
import type { Taste } from '../recommend/taste.ts';
import { TitleIndex } from '../recommend/title-index.ts';
import type { ServedModel } from '../wasm/served-model.ts';
import type { Arrival, LoadedVersion } from './loader.ts';
import type { StoredUsers } from './stored-users.ts';

/**
 * A version in service: the model in memory, what is derived from it, and its users in R2. Of one that a fresh isolate
 * still reads, vectors are missing: lists by relevance can be made of it, and nothing else (`ModelStore.soonest`).
 */
export class ServedVersion {
  readonly model: ServedModel;
  readonly users: StoredUsers;
  readonly recommender: Recommender;
  readonly titles: TitleIndex;
  readonly loadedAt: Date;
  /** Of users asked about lately, by what D1 holds of them or, where that is nothing, by what this version does. */
  readonly tastes = new WeakMap<readonly NewRating[] | StoredUser, Taste>();
  /** Done when all vectors are there. Rejects with what kept them from coming. */
  readonly complete: Promise<void>;
  #arrival: Arrival | undefined;

  constructor({ model, users, arrival }: LoadedVersion, loadedAt: Date) {
    this.model = model;
    this.users = users;
    this.recommender = new Recommender(model);
    this.titles = new TitleIndex(model.movies);
    this.loadedAt = loadedAt;
    this.#arrival = arrival;
    this.complete = arrival.complete.then(() => {
      this.#arrival = undefined;
    });
  }

  get isComplete(): boolean {
    return this.#arrival === undefined;
  }

  /** Done when ratings of these movies can be predicted. */
  async predictable(movies: readonly Ranked[]): Promise<void> {
    await this.#arrival?.until(this.model.vectors.ratingEnd(movies.map(({ row }) => row)));
  }

  get version(): string {
    return this.model.manifest.version;
  }
}
