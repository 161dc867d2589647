import type { StoredUser } from '../../shared/artifact/user-batch.ts';
import { hashUnit } from '../../shared/math/hash.ts';
import type { Ranked } from '../../shared/model/scorer.ts';
import type { NewRating } from '../../shared/ratings/new-rating.ts';
import type { StoredFilm } from '../../shared/ratings/tables/film.ts';
import type { Metrics } from '../observe/metrics.ts';
import { type AddedModel, FilmsBeside } from '../recommend/added-model.ts';
import { CutRecommender } from '../recommend/cut-recommender.ts';
import { Recommender } from '../recommend/recommender.ts';
import type { Taste } from '../recommend/taste.ts';
import { TitleIndex } from '../recommend/title-index.ts';
import { CutVectors } from '../wasm/cut-vectors.ts';
import { JoinedVectors } from '../wasm/joined-vectors.ts';
import type { OwnModel, ServedModel } from '../wasm/served-model.ts';
import { hiddenRows } from './hidden-rows.ts';
import type { LoadedVersion } from './loader.ts';
import { NextReader } from './next-reader.ts';
import type { StoredUsers } from './stored-users.ts';
import type { Arrival } from './vectors-reader.ts';

/** What there is around a version when it is loaded. */
interface Around {
  readonly loadedAt: Date;
  /** Ids of movies that an operator hides. */
  readonly hidden?: Iterable<number>;
  /** Ids of movies that an operator pins, in their order. */
  readonly pinned?: readonly number[];
  /** What D1 says of films. */
  readonly films?: readonly StoredFilm[];
  /** Hears of each use of `tastes`. */
  readonly watch?: Pick<Metrics, 'used'>;
}

type Tastes = WeakMap<readonly NewRating[] | StoredUser, Taste>;

/**
 * A version in service: the model in memory, what is derived from it, and its users in R2.
 *
 * A fresh isolate answers before it has read all of a version. Loading goes through four states:
 * 1. Unreadable: manifest, catalogue and relevance vectors are on their way. Every request waits (`ModelStore.get`).
 * 2. Listable: lists by relevance can be made for users whose vector is stored (`ModelStore.getListable`). A
 *    `ServedVersion` exists from here on.
 * 3. Predictable, for some movies: their rating vectors are there, so that a list can show their predicted ratings
 *    (`untilPredictable`). Vectors arrive in the order of popularity, so lists rarely wait long.
 * 4. Complete: all vectors are there, and every request can be answered (`isComplete`).
 */
export class ServedVersion {
  /** The version alone. Its rows mean the same in `model`. */
  readonly own: OwnModel;
  readonly users: Pick<StoredUsers, 'find'>;
  readonly recommender: Recommender | CutRecommender;
  /** Whether its vectors are elsewhere: they are brought (`near`) before something is worked out of them. */
  readonly isCut: boolean;
  readonly titles: TitleIndex;
  readonly next: NextReader;
  readonly loadedAt: Date;
  #hidden: ReadonlySet<number> = new Set();
  /** Ids of movies that an operator hides. */
  #hiddenIds: readonly number[] = [];
  #pinned: readonly number[] = [];
  #films: readonly StoredFilm[] = [];
  /** What is being taken in, or was last. */
  #taking: readonly StoredFilm[] = [];
  readonly #beside: FilmsBeside;
  #added: AddedModel | undefined;
  #tastes: Tastes = new WeakMap();
  /** Resolves when all vectors are there. Rejects with the reason why they do not come. */
  readonly complete: Promise<void>;
  /** Resolves when all is hashed that is to be (`loadVersion`), which may take longer. Rejects with what is damaged. */
  readonly checked: Promise<void>;
  #arrival: Arrival | undefined;
  /** Hears of each use of `tastes`. */
  readonly watch: Pick<Metrics, 'used'> | undefined;

  constructor({ model, users, arrival, checked }: LoadedVersion, around: Around) {
    const { loadedAt, hidden, pinned, films = [], watch } = around;
    this.watch = watch;
    this.own = model;
    this.#beside = new FilmsBeside(model);
    this.users = users;
    const { vectors } = model;
    this.isCut = vectors instanceof CutVectors;
    this.recommender =
      vectors instanceof CutVectors ? new CutRecommender({ ...model, vectors }) : new Recommender(model);
    this.titles = new TitleIndex(model.movies);
    this.next = new NextReader(model);
    this.loadedAt = loadedAt;
    this.#arrival = arrival;
    this.checked = checked;
    this.#films = films;
    this.hide(hidden);
    this.pin(pinned);
    this.complete = arrival.complete.then(async () => {
      this.#arrival = undefined;
      if (this.#films.length > 0) await this.take(this.#films);
    });
  }

  /** The version with the films beside it, whose rows follow its own; those come once it is complete. */
  get model(): ServedModel {
    return this.#added?.model ?? this.own;
  }

  /** Tastes inferred lately, by the ratings that D1 holds of the user or, where it holds none, by the stored user. */
  get tastes(): Tastes {
    return this.#tastes;
  }

  /** Leaves these movies, instead of those before, out of every list, search and question. */
  hide(movieIds: Iterable<number> = []): void {
    this.#hiddenIds = [...movieIds];
    this.#leaveOut();
  }

  /** Puts these movies first in people's lists (`http/lists/pinned.ts`), instead of those before. */
  pin(movieIds: readonly number[] = []): void {
    this.#pinned = movieIds;
  }

  /** Ids of the movies that an operator pins, in their order. */
  get pinned(): readonly number[] {
    return this.#pinned;
  }

  /** Names what D1 says of films, for the tags of answers; empty where it says nothing. */
  get filmsTag(): string {
    return this.#films.length === 0 ? '' : `-${hashUnit(JSON.stringify(this.#films)).toString(36).slice(2)}`;
  }

  /** What D1 says of films. */
  get films(): readonly StoredFilm[] {
    return this.#films;
  }

  /**
   * Takes in what D1 says of films, instead of what it said before. Throws `store-unavailable` where a part does not
   * answer, and is to be asked again.
   */
  async take(films: readonly StoredFilm[]): Promise<void> {
    this.#taking = films;
    const added = this.isComplete ? await this.#beside.with(films) : undefined;
    if (this.#taking !== films) return; // more was said meanwhile
    this.#films = films;
    this.#added = added;
    this.#tastes = new WeakMap();
    this.recommender.add(added);
    this.#leaveOut();
  }

  #leaveOut(): void {
    const gone = this.#films.flatMap(({ movieId, available }) => (available ? [] : movieId));
    const hidden = hiddenRows(this.model.movies, [...this.#hiddenIds, ...gone]);
    this.#hidden = new Set([...hidden, ...(this.#added?.replaced ?? [])]);
    this.recommender.hide(this.#hidden);
  }

  /** Films beside the version's own; none before it is complete, and in most deployments. */
  get added(): AddedModel | undefined {
    return this.#added;
  }

  /** Rows that nobody is shown (`hiddenRows`), and those of films that stand beside the version instead. */
  get hidden(): ReadonlySet<number> {
    return this.#hidden;
  }

  /** The model with the vectors of some rows at hand. Throws `store-unavailable` where a part does not answer. */
  async near(rows: Iterable<number>): Promise<ServedModel> {
    return this.isCut ? { ...this.model, vectors: await this.model.vectors.bring(rows) } : this.model;
  }

  /** The same version, for one request that makes many lists: each part is asked for all of them at once. */
  atOnce(): ServedVersion {
    const { recommender, own, model } = this;
    if (!(recommender instanceof CutRecommender && own.vectors instanceof CutVectors)) return this;
    const vectors = own.vectors.atOnce();
    const all = this.#added ? new JoinedVectors(vectors, this.#added.films) : vectors;
    const near = async (rows: Iterable<number>) => ({ ...model, vectors: await all.bring(rows) });
    const others: Partial<ServedVersion> = { recommender: recommender.by(vectors), near };
    return new Proxy(this, {
      get(served, name) {
        const value = Reflect.get(name in others ? others : served, name);
        return typeof value === 'function' ? value.bind(served) : value; // private fields are of the version alone
      },
    });
  }

  get isComplete(): boolean {
    return this.#arrival === undefined;
  }

  /** Resolves when ratings of these movies can be predicted. */
  async untilPredictable(movies: readonly Ranked[]): Promise<void> {
    await this.#arrival?.arrivedUpTo(this.model.vectors.ratingEnd(movies.map(({ row }) => row)));
  }

  get version(): string {
    return this.model.manifest.version;
  }
}
