import type { Context } from 'hono';
import { MarqueeError } from '../shared/errors.ts';
import type { MovieTable } from '../shared/model.ts';
import type { AppEnv } from './env.ts';
import type { Served } from './served.ts';
import { readSources, type Taste, tasteOf, type UserSources, type UserStores } from './user-store.ts';

/** The version that answers this request. */
export function served(c: Context<AppEnv>): Promise<Served> {
  return c.var.models.get(c.env, c.executionCtx);
}

export function stores(c: Context<AppEnv>): UserStores {
  return { bucket: c.env.MODELS, db: c.env.DB, timeout: c.var.ratingTimeout };
}

export function sourcesOf(c: Context<AppEnv>, version: Served, userId: number | null): Promise<UserSources> {
  return readSources(version, userId, stores(c));
}

export async function tasteIn(c: Context<AppEnv>, version: Served, userId: number | null): Promise<Taste> {
  return tasteOf(version, await sourcesOf(c, version, userId));
}

/** Row of a movie. Throws `unknown-movie`. */
export function rowOf(movies: MovieTable, movieId: number): number {
  const row = movies.rowOf(movieId);
  if (row >= 0) return row;
  throw new MarqueeError('unknown-movie', `the model has no movie ${movieId}`, {
    fix: 'GET /movies?q= finds movies by title.',
    details: { movieId },
  });
}
