/** The Worker's answers as this page uses them, and one function for each request. */

export interface Movie {
  readonly movieId: number;
  readonly title: string;
  readonly year: number | null;
  readonly genres: readonly string[];
}

export interface Pick extends Movie {
  readonly predictedRating: number;
  /** Standard deviation of the rating to come, stars, where that is known. */
  readonly uncertainty: number | undefined;
  /** The ratings that did most for it. */
  readonly because: readonly { readonly title: string; readonly rating: number }[];
  /** What its score is made of. */
  readonly parts: { readonly ratings: number; readonly popularity: number };
  /** No rating did much for it. */
  readonly popular?: true;
}

export interface Picks {
  readonly user: number | null;
  readonly basis: 'trained' | 'folded-in' | 'popular' | 'profile';
  readonly ratings: number;
  readonly degraded?: readonly string[];
  readonly items: readonly Pick[];
}

/** A ready-made taste. */
export interface Profile {
  readonly profile: string;
  readonly name: string;
}

export interface Rated {
  readonly movieId: number;
  readonly rating: number;
  readonly title: string | null;
  readonly year: number | null;
}

/** A film of a file that is no movie here, or not surely one. */
export interface Unplaced {
  /** null: the file has only an id. */
  readonly title: string | null;
  readonly movieId?: number;
  readonly year: number | null;
}

export interface Imported {
  readonly format: string;
  readonly ratings: number;
  readonly notFilms: number;
  readonly ambiguous: readonly Unplaced[];
  readonly unmatched: readonly Unplaced[];
}

export interface ModelInfo {
  readonly version: string;
  readonly createdAt: string;
  readonly dataset: { readonly name: string; readonly ratings: number; readonly movies: number };
  readonly files: readonly { readonly name: string; readonly bytes: number }[];
}

export type Order = 'relevance' | 'rating';

/** The diversity of "More variety": lists change, but keep the best films. */
const VARIETY = 0.5;
/** Reasons to name beside each film. */
const REASONS = 2;

/** Why a request failed, in words for the page to show. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  /** What the reader can do about it. */
  readonly fix: string | undefined;
  /** The problem's stable code, where the Worker named one. */
  readonly code: string | undefined;

  constructor(message: string, fix?: string, code?: string) {
    super(message);
    this.fix = fix;
    this.code = code;
  }
}

/** @param body sent as JSON, a string as a CSV file */
async function request<T>(method: string, path: string, body?: unknown): Promise<T> {
  const isFile = body instanceof ArrayBuffer;
  let response: Response;
  try {
    response = await fetch(path, {
      method,
      headers: body === undefined ? {} : { 'Content-Type': isFile ? 'text/csv' : 'application/json' },
      body: body === undefined || isFile ? body : JSON.stringify(body),
    });
  } catch {
    throw new ApiError('The server cannot be reached.', 'Check the connection, then try again.');
  }
  const answer = await response.json().catch(() => null);
  if (response.ok) return answer as T;
  const detail: string | undefined = answer?.detail;
  throw new ApiError(detail ? sentence(detail) : `The server answered ${response.status}.`, answer?.fix, answer?.code);
}

function sentence(text: string): string {
  return `${text[0].toUpperCase()}${text.slice(1)}${text.endsWith('.') ? '' : '.'}`;
}

let session: Promise<unknown> | undefined;

/** Starts a session once, for any number of ratings that wait for it. */
function ensureSession(): Promise<unknown> {
  session ??= request('POST', '/session').catch((error) => {
    session = undefined;
    throw error;
  });
  return session;
}

/**
 * Runs an action with a session. Starts a new one, once, where the person was deleted meanwhile, for example in another
 * tab.
 */
async function asSomebody<T>(action: () => Promise<T>): Promise<T> {
  await ensureSession();
  try {
    return await action();
  } catch (error) {
    if (!(error instanceof ApiError && ['unauthorized', 'deleted-user'].includes(error.code ?? ''))) throw error;
    session = undefined;
    await ensureSession();
    return action();
  }
}

export const api = {
  picks: (count: number, by: Order, varied: boolean, profile: string | undefined) => {
    const query = new URLSearchParams({ k: String(count), by, explain: String(REASONS) });
    if (varied) query.set('diversity', String(VARIETY));
    if (profile) query.set('profile', profile);
    return request<Picks>('GET', `/recommend?${query}`);
  },
  profiles: async () => (await request<{ items: Profile[] }>('GET', '/profiles')).items,
  ratings: async () => (await request<{ ratings: Rated[] }>('GET', '/ratings')).ratings,
  model: () => request<ModelInfo>('GET', '/model'),
  search: async (query: string) =>
    (await request<{ items: Movie[] }>('GET', `/movies?k=8&q=${encodeURIComponent(query)}`)).items,
  questions: async (count: number, skip: readonly number[]) => {
    const query = new URLSearchParams([['n', String(count)], ...skip.map((id) => ['skip', String(id)])]);
    return (await request<{ items: Movie[] }>('GET', `/next?${query}`)).items;
  },
  rate: (movieId: number, rating: number) => asSomebody(() => request('POST', '/ratings', { movieId, rating })),
  unrate: (movieId: number) => request('DELETE', `/ratings/${movieId}`),
  /** Deletes the person; what they rate next is somebody new's. */
  forget: async () => {
    await request('DELETE', '/session');
    session = undefined;
  },
  importFile: (file: ArrayBuffer) => asSomebody(() => request<Imported>('POST', '/import', file)),
};
