import type { Hono } from 'hono';
import { hc, type InferResponseType } from 'hono/client';
import type { Schema } from 'hono/types';
import type { AppEnv } from '../../../http/app-env.ts';
import type { admin } from '../../../routes/admin.ts';
import type { adminPeople } from '../../../routes/admin-people.ts';
import type { adminPinned } from '../../../routes/admin-pinned.ts';
import type { adminUploads } from '../../../routes/admin-uploads.ts';
import type { health } from '../../../routes/health.ts';
import type { movies } from '../../../routes/movies.ts';
import { answerOf } from '../../state/api-error.ts';

type ClientOf<T extends Hono<AppEnv, Schema, string>> = ReturnType<typeof hc<T>>;
type Operators = ClientOf<typeof admin> &
  ClientOf<typeof adminPeople> &
  ClientOf<typeof adminPinned> &
  ClientOf<typeof adminUploads>;
type Client = Operators & ClientOf<typeof health> & ClientOf<typeof movies>;

export type Health = InferResponseType<Client['health']['$get'], 200>;
export type Versions = InferResponseType<Client['admin']['versions']['$get'], 200>;
/** A version that is on its way. */
export type Upload = InferResponseType<Client['admin']['uploads']['$get'], 200>['items'][number];
export type Retrain = InferResponseType<Client['admin']['retrains']['$get'], 200>['items'][number];
export type Traffic = InferResponseType<Client['admin']['traffic']['$get'], 200>;
/** A film that is hidden or pinned. */
export type ChosenFilm = InferResponseType<Client['admin']['hidden']['$get'], 200>['items'][number];
export type PersonSeen = InferResponseType<Client['admin']['people'][':user']['$get'], 200>;
type Found = InferResponseType<Client['movies']['$get'], 200>['items'];

/** Films that a search names. */
const FOUND = 5;

/** Where the token is kept until the tab is closed. */
const KEY = 'marquee.admin';

export function keptToken(): string {
  try {
    return sessionStorage.getItem(KEY) ?? '';
  } catch {
    return '';
  }
}

/** @param token empty: it is forgotten */
export function keepToken(token: string): void {
  try {
    if (token) sessionStorage.setItem(KEY, token);
    else sessionStorage.removeItem(KEY);
  } catch {
    // a browser that stores nothing: the token is known until the page is left
  }
}

function pathOf(version: string, { name }: File): string {
  return `/admin/uploads/${encodeURIComponent(version)}/${encodeURIComponent(name)}`;
}

/** One function for each request of the operator's page. Its requests go to the server, in private mode too. */
export class Operator {
  readonly #client: Client;
  readonly #headers: Readonly<Record<string, string>>;

  constructor(token: string) {
    this.#headers = { Authorization: `Bearer ${token}` };
    this.#client = hc('/', { headers: this.#headers }) as unknown as Client;
  }

  async health(): Promise<Health> {
    const response = await this.#client.health.$get();
    return (await response.json()) as Health; // 503 has the same body
  }

  versions(): Promise<Versions> {
    return answerOf(this.#client.admin.versions.$get());
  }

  promote(version: string): Promise<{ version: string; previous: string | null; ended: string | null }> {
    return answerOf(this.#client.admin.versions[':version'].promote.$post({ param: { version } }));
  }

  async uploads(): Promise<Upload[]> {
    return (await answerOf(this.#client.admin.uploads.$get())).items;
  }

  /** Sends a file from the disk, or a piece of one, without holding it. */
  uploadFile(version: string, file: File): Promise<Upload> {
    return this.#send(pathOf(version, file), file);
  }

  uploadPiece(version: string, file: File, { number, bytes }: { number: number; bytes: Blob }): Promise<Upload> {
    return this.#send(`${pathOf(version, file)}/pieces/${number}`, bytes);
  }

  joinUpload(version: string, { name: file }: File): Promise<unknown> {
    return answerOf(this.#client.admin.uploads[':version'][':file'].$post({ param: { version, file } }));
  }

  #send(path: string, body: Blob): Promise<Upload> {
    const headers = { ...this.#headers, 'Content-Type': 'application/octet-stream' };
    return answerOf<Upload>(fetch(path, { method: 'PUT', headers, body }));
  }

  finishUpload(version: string): Promise<unknown> {
    return answerOf(this.#client.admin.uploads[':version'].$post({ param: { version } }));
  }

  async removeUpload(version: string): Promise<Upload[]> {
    return (await answerOf(this.#client.admin.uploads[':version'].$delete({ param: { version } }))).items;
  }

  async retrains(): Promise<Retrain[]> {
    return (await answerOf(this.#client.admin.retrains.$get())).items;
  }

  traffic(): Promise<Traffic> {
    return answerOf(this.#client.admin.traffic.$get());
  }

  async hidden(): Promise<ChosenFilm[]> {
    return (await answerOf(this.#client.admin.hidden.$get())).items;
  }

  async hide(movieId: number): Promise<ChosenFilm[]> {
    return (await answerOf(this.#client.admin.hidden[':movieId'].$put({ param: { movieId } }))).items;
  }

  async show(movieId: number): Promise<ChosenFilm[]> {
    return (await answerOf(this.#client.admin.hidden[':movieId'].$delete({ param: { movieId } }))).items;
  }

  async pinned(): Promise<ChosenFilm[]> {
    return (await answerOf(this.#client.admin.pinned.$get())).items;
  }

  async pin(movieId: number): Promise<ChosenFilm[]> {
    return (await answerOf(this.#client.admin.pinned[':movieId'].$put({ param: { movieId } }))).items;
  }

  async unpin(movieId: number): Promise<ChosenFilm[]> {
    return (await answerOf(this.#client.admin.pinned[':movieId'].$delete({ param: { movieId } }))).items;
  }

  async find(q: string): Promise<Found> {
    return (await answerOf(this.#client.movies.$get({ query: { q, k: FOUND } }))).items;
  }

  person(user: number): Promise<PersonSeen> {
    return answerOf(this.#client.admin.people[':user'].$get({ param: { user }, query: {} }));
  }

  deletePerson(user: number): Promise<unknown> {
    return answerOf(this.#client.admin.people[':user'].$delete({ param: { user } }));
  }
}
