import type { LoadedVersion } from './model-loader.ts';
import { Recommender } from './recommender.ts';
import type { ServedModel } from './served-model.ts';
import type { StoredUsers } from './stored-users.ts';
import { TitleIndex } from './title-index.ts';

/** A version in service: the model in memory, what is derived from it, and its users in R2. */
export class Served {
  readonly model: ServedModel;
  readonly users: StoredUsers;
  readonly recommender: Recommender;
  readonly titles: TitleIndex;
  readonly loadedAt: Date;

  constructor({ model, users }: LoadedVersion, loadedAt: Date) {
    this.model = model;
    this.users = users;
    this.recommender = new Recommender(model);
    this.titles = new TitleIndex(model.movies);
    this.loadedAt = loadedAt;
  }

  get version(): string {
    return this.model.manifest.version;
  }
}
