import type { Hono } from 'hono';
import { hc, type InferResponseType } from 'hono/client';
import type { Schema } from 'hono/types';
import type { AppEnv } from '../../http/app-env.ts';
import type { explain } from '../../routes/explain.ts';
import type { model } from '../../routes/model.ts';
import type { movies } from '../../routes/movies.ts';
import type { next } from '../../routes/next.ts';
import type { profiles } from '../../routes/profiles.ts';
import type { ratings } from '../../routes/ratings.ts';
import type { recommend } from '../../routes/recommend.ts';
import type { session } from '../../routes/session.ts';
import type { transfer } from '../../routes/transfer.ts';
import type { ListQuery } from './address.ts';
import { answerOf } from './api-error.ts';

type ClientOf<T extends Hono<AppEnv, Schema, string>> = ReturnType<typeof hc<T>>;

/** The Worker's routes, typed by themselves. */
type Client = ClientOf<ReturnType<typeof explain>> &
  ClientOf<typeof model> &
  ClientOf<typeof movies> &
  ClientOf<typeof next> &
  ClientOf<typeof profiles> &
  ClientOf<typeof ratings> &
  ClientOf<ReturnType<typeof recommend>> &
  ClientOf<typeof session> &
  ClientOf<typeof transfer>;

export type Picks = InferResponseType<Client['recommend']['$get'], 200>;
export type Pick = Picks['items'][number];
export type Movie = Omit<InferResponseType<Client['movies']['$get'], 200>['items'][number], 'ratingCount'>;
export type MovieDetails = InferResponseType<Client['movies'][':movieId']['$get'], 200>;
export type Explanation = InferResponseType<Client['explain'][':movieId']['$get'], 200>;
export type Profile = InferResponseType<Client['profiles']['$get'], 200>['items'][number];
export type Rated = InferResponseType<Client['ratings']['$get'], 200>['ratings'][number];
/** A rating and the time of the person's click, seconds since the epoch. */
export interface TimedRating {
  readonly movieId: number;
  readonly rating: number;
  readonly timestamp: number;
}

export type Manifest = InferResponseType<Client['model']['$get'], 200>;
export type Imported = InferResponseType<Client['import']['$post'], 200>;

/** Sends a request: `fetch` in a browser, the app itself while the Worker renders. */
export type Send = (path: string, init?: RequestInit) => Promise<Response>;

/** Reasons to name beside each film. */
const REASONS = 2;
const REASONS_OF_ONE = 3;
const FOUND = 12;

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

  async find(q: string): Promise<Movie[]> {
    return (await answerOf(this.#client.movies.$get({ query: { q, k: FOUND } }))).items;
  }

  film(movieId: number): Promise<MovieDetails> {
    return answerOf(this.#client.movies[':movieId'].$get({ param: { movieId } }));
  }

  async profiles(): Promise<Profile[]> {
    return (await answerOf(this.#client.profiles.$get())).items;
  }

  /** Who the person is, and what they rated. */
  mine(): Promise<{ user: number; ratings: Rated[] }> {
    return answerOf(this.#client.ratings.$get({ query: {} }));
  }

  async ratings(): Promise<Rated[]> {
    return (await this.mine()).ratings;
  }

  model(): Promise<Manifest> {
    return answerOf(this.#client.model.$get());
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

  /** The body is the file itself, which `hc` cannot send. */
  async importFile(body: ArrayBuffer): Promise<Imported> {
    await this.begin();
    const headers = { 'Content-Type': 'text/csv' };
    return answerOf<Imported>(this.#send('/import', { method: 'POST', headers, body }));
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
function queryOf({ by, ...rest }: ListQuery) {
  const none = { genre: [], notGenre: [], exclude: [], excludeId: [] };
  return { ...none, ...rest, by: by as 'rating' | 'next' | undefined };
}
