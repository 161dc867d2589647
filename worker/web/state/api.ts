import type { Hono } from 'hono';
import { hc, type InferResponseType } from 'hono/client';
import type { Schema } from 'hono/types';
import type { AppEnv } from '../../http/app-env.ts';
import type { explain } from '../../routes/explain.ts';
import type { gatheringLists } from '../../routes/gathering-lists.ts';
import type { gatherings } from '../../routes/gatherings.ts';
import type { imports } from '../../routes/import.ts';
import type { map } from '../../routes/map.ts';
import type { marks } from '../../routes/marks.ts';
import type { model } from '../../routes/model.ts';
import type { movies } from '../../routes/movies.ts';
import type { next } from '../../routes/next.ts';
import type { predictions } from '../../routes/predictions.ts';
import type { profiles } from '../../routes/profiles.ts';
import type { ratings } from '../../routes/ratings.ts';
import type { recommend } from '../../routes/recommend.ts';
import type { session } from '../../routes/session.ts';
import type { transfer } from '../../routes/transfer.ts';
import type { versions } from '../../routes/versions.ts';
import type { ListQuery } from './address.ts';
import { ApiError, answerOf } from './api-error.ts';

type ClientOf<T extends Hono<AppEnv, Schema, string>> = ReturnType<typeof hc<T>>;

/** The Worker's routes, typed by themselves. */
type Client = ClientOf<ReturnType<typeof explain>> &
  ClientOf<typeof imports> &
  ClientOf<typeof marks> &
  ClientOf<typeof map> &
  ClientOf<typeof gatherings> &
  ClientOf<ReturnType<typeof gatheringLists>> &
  ClientOf<typeof model> &
  ClientOf<typeof movies> &
  ClientOf<typeof next> &
  ClientOf<typeof predictions> &
  ClientOf<typeof profiles> &
  ClientOf<typeof ratings> &
  ClientOf<ReturnType<typeof recommend>> &
  ClientOf<typeof session> &
  ClientOf<typeof transfer> &
  ClientOf<typeof versions>;

export type Picks = InferResponseType<Client['recommend']['$get'], 200>;
export type Pick = Picks['items'][number];
export type Movie = Omit<InferResponseType<Client['movies']['$get'], 200>['items'][number], 'ratingCount'>;
/** What a search found. */
export type Search = InferResponseType<Client['movies']['$get'], 200>;
export type MovieDetails = InferResponseType<Client['movies'][':movieId']['$get'], 200>;
export type Explanation = InferResponseType<Client['explain'][':movieId']['$get'], 200>;
export type FilmsOnMap = InferResponseType<Client['map']['films']['$get'], 200>;
export type StandingOnMap = InferResponseType<Client['map']['me']['$get'], 200>;
export type Profile = InferResponseType<Client['profiles']['$get'], 200>['items'][number];
export type Rated = InferResponseType<Client['ratings']['$get'], 200>['ratings'][number];
export type Marked = InferResponseType<Client['marks']['$get'], 200>['marks'][number];
export type Mark = Marked['mark'];
export type Predictions = InferResponseType<Client['ratings']['predictions']['$get'], 200>;
interface Timed {
  readonly movieId: number;
  /** When the person said it, seconds since the epoch. */
  readonly timestamp: number;
}
export interface TimedRating extends Timed {
  readonly rating: number;
}
export interface TimedMark extends Timed {
  readonly mark: Mark;
}

export type Manifest = InferResponseType<Client['model']['$get'], 200>;
export type Version = InferResponseType<Client['versions']['$get'], 200>['items'][number];
export type Gathering = InferResponseType<Client['gatherings'][':code']['$get'], 200>;
export type DecidingQuestion = NonNullable<
  InferResponseType<Client['gatherings'][':code']['question']['$get'], 200>['question']
>;
export type Imported = InferResponseType<Client['import']['$post'], 200>;
export type UndoneImport = InferResponseType<Client['import'][':import']['$delete'], 200>;

/** Sends a request: `fetch` in a browser, the app itself while the Worker renders. */
export type Send = (path: string, init?: RequestInit) => Promise<Response>;

/** Reasons to name beside each film. */
const REASONS = 2;
const REASONS_OF_ONE = 3;
/** Films of the watchlist that are ranked at once: as many as one answer holds. */
export const RANKED = 100;

/** Films in doubt that a person can look at: as many as one answer has. */
const REVIEWED = 1000;

/** Which film a line of a file is. */
export interface Choice {
  readonly file?: string;
  readonly line: number;
  readonly movieId: number;
}

/** One function for each request of the page. */
export class Api {
  readonly #client: Client;
  readonly #send: Send;
  #session: Promise<number> | undefined;

  constructor(send: Send) {
    this.#send = send;
    this.#client = hc('/', {
      fetch: (path: unknown, init?: RequestInit) => send(String(path), init),
    }) as unknown as Client;
  }

  /** The routes themselves, for what the page loads later. */
  get client(): Client {
    return this.#client;
  }

  picks(list: ListQuery, k: number, offset = 0): Promise<Picks> {
    return answerOf(this.#client.recommend.$get({ query: { ...queryOf(list), k, offset, explain: REASONS } }));
  }

  /** Where a film stands in a list, and why. */
  explain(movieId: number, { diversity, ...list }: ListQuery): Promise<Explanation> {
    const query = { ...queryOf(list), explain: REASONS_OF_ONE };
    return answerOf(this.#client.explain[':movieId'].$get({ param: { movieId }, query }));
  }

  async questions(n: number, skip: readonly number[]): Promise<Movie[]> {
    return (await answerOf(this.#client.next.$get({ query: { n, skip: [...skip] } }))).items;
  }

  find(q: string, k: number): Promise<Search> {
    return answerOf(this.#client.movies.$get({ query: { q, k } }));
  }

  film(movieId: number): Promise<MovieDetails> {
    return answerOf(this.#client.movies[':movieId'].$get({ param: { movieId } }));
  }

  /** Where all films stand on the map. */
  filmsOnMap(): Promise<FilmsOnMap> {
    return answerOf(this.#client.map.films.$get());
  }

  /** Where the person stands on it. */
  standingOnMap(): Promise<StandingOnMap> {
    return answerOf(this.#client.map.me.$get({ query: {} }));
  }

  async profiles(): Promise<Profile[]> {
    return (await answerOf(this.#client.profiles.$get())).items;
  }

  /** Who the person is, and what they rated. */
  mine(): Promise<{ user: number; ratings: Rated[] }> {
    return answerOf(this.#client.ratings.$get({ query: {} }));
  }

  async marks(): Promise<Marked[]> {
    return (await answerOf(this.#client.marks.$get({ query: {} }))).marks;
  }

  /** A page of the watchlist in the order of the person's taste. */
  watchlist(offset = 0): Promise<Picks> {
    const query = { ...queryOf({}), among: 'watchlist' as const, k: RANKED, offset, explain: REASONS };
    return answerOf(this.#client.recommend.$get({ query }));
  }

  /** Marks films for a user, who must be the session's. */
  mark(marks: TimedMark[], user: number): Promise<unknown> {
    return answerOf(this.#client.marks.$post({ query: { user }, json: { marks } }));
  }

  /** Takes a mark of a user back. @param query with the time of their click */
  unmark(movieId: number, query: { user: number; timestamp: number }): Promise<unknown> {
    return answerOf(this.#client.marks[':movieId'].$delete({ param: { movieId }, query }));
  }

  /** What was predicted for the person's newest ratings before they were given. */
  predictions(): Promise<Predictions> {
    return answerOf(this.#client.ratings.predictions.$get({ query: {} }));
  }

  model(): Promise<Manifest> {
    return answerOf(this.#client.model.$get());
  }

  async versions(): Promise<Version[]> {
    return (await answerOf(this.#client.versions.$get())).items;
  }

  /** The report of the version in service, a whole HTML document; empty where it has none. */
  async report(): Promise<string> {
    const response = await this.#send('/report');
    if (response.status === 404) return '';
    if (!response.ok) throw new ApiError(`The report answered ${response.status}.`);
    return response.text();
  }

  /** Stores ratings of a user, who must be the session's: nobody else gets them. */
  rate(ratings: TimedRating[], user: number): Promise<unknown> {
    return answerOf(this.#client.ratings.$post({ query: { user }, json: { ratings } }));
  }

  /** Takes a rating of a user back. @param query with the time of their click */
  unrate(movieId: number, query: { user: number; timestamp: number }): Promise<unknown> {
    return answerOf(this.#client.ratings[':movieId'].$delete({ param: { movieId }, query }));
  }

  /** Deletes the person; what they rate next is somebody new's. */
  forget(): Promise<unknown> {
    return answerOf(this.#client.session.$delete({ query: {} }));
  }

  /** What storing files would come to. That needs no session. */
  previewFiles(files: readonly File[]): Promise<Imported> {
    return answerOf<Imported>(this.#sendFiles(files, 'store=false'));
  }

  importFiles(files: readonly File[], choices: readonly Choice[], user: number): Promise<Imported> {
    return answerOf<Imported>(this.#sendFiles(files, `store=true&user=${user}`, choices));
  }

  /** Takes a whole import of a user back. */
  undoImport(number: number, user: number): Promise<UndoneImport> {
    return answerOf(this.#client.import[':import'].$delete({ param: { import: number }, query: { user } }));
  }

  /** A form with the files, which `hc` cannot send. */
  #sendFiles(files: readonly File[], query: string, choices: readonly Choice[] = []): Promise<Response> {
    const body = new FormData();
    for (const file of files) body.append('file', file);
    body.set('choices', JSON.stringify(choices));
    return this.#send(`/import?${query}&k=${REVIEWED}`, { method: 'POST', body });
  }

  /** The user of the session; somebody new where there is none, or where they were deleted. Asked once at a time. */
  begin(): Promise<number> {
    this.#session ??= answerOf(this.#client.session.$post())
      .then(({ user }) => user)
      .finally(() => {
        this.#session = undefined;
      });
    return this.#session;
  }
}

/** Lists that a route wants, empty where nothing is asked. */
export function queryOf({ by, ...rest }: ListQuery) {
  const none = { genre: [], notGenre: [], exclude: [], excludeId: [] };
  return { ...none, ...rest, by: by as 'relevance' | 'rating' | 'next' | undefined };
}
