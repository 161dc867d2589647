import { artifactKey, FILES } from '../shared/schema.ts';
import { openUsers, readUser, type StoredUser, type UsersIndex } from '../shared/users-file.ts';
import { rangeReader } from './model-loader.ts';
import { Recommender } from './recommender.ts';
import type { ServedModel } from './served-model.ts';
import { TitleIndex } from './title-index.ts';

/** A version in service: the model in memory, what is derived from it, and its users in R2. */
export class Served {
  readonly model: ServedModel;
  readonly recommender: Recommender;
  readonly titles: TitleIndex;
  readonly loadedAt: Date;
  #users: UsersIndex | undefined;

  constructor(model: ServedModel, loadedAt: Date) {
    this.model = model;
    this.recommender = new Recommender(model);
    this.titles = new TitleIndex(model.movies);
    this.loadedAt = loadedAt;
  }

  get version(): string {
    return this.model.manifest.version;
  }

  /** What the model stores of a user: one range read, once the index is there. Null when training never saw them. */
  async user(bucket: R2Bucket, userId: number): Promise<StoredUser | null> {
    const read = rangeReader(bucket, artifactKey(this.version, FILES.users));
    // The value is kept, never the promise: the request that awaits it may be cancelled, and others with it.
    this.#users ??= await openUsers(read, this.model.manifest);
    return readUser(read, this.#users, userId);
  }
}
