import { createRoute, z } from '@hono/zod-openapi';
import type { Context, Next } from 'hono';
import { naturalTitle } from '../../shared/title.ts';
import type { ServedVersion } from '../version/served-version.ts';
import { servedVersion } from './answering-version.ts';
import type { AppEnv } from './app-env.ts';
import { requireAdmin } from './identity/auth.ts';
import { NEEDS_OPERATOR, OPERATOR } from './identity/needs.ts';

type Rest = Omit<Parameters<typeof createRoute>[0], 'method' | 'path' | 'summary' | 'security' | 'middleware'>;

/** A route of the operator's: it refuses whoever lacks ADMIN_TOKEN before it looks at anything. */
export function operators<M extends 'get' | 'post' | 'put' | 'delete', P extends string, const R extends Rest>(
  method: M,
  path: P,
  summary: string,
  rest: R,
) {
  const description = [rest.description, NEEDS_OPERATOR].filter(Boolean).join(' ');
  return createRoute({ ...rest, method, path, summary, description, security: OPERATOR, middleware: onlyOperator });
}

async function onlyOperator(c: Context<AppEnv>, next: Next): Promise<void> {
  await requireAdmin(c);
  await next();
}

/** A film that an operator's list names. */
export const listedFilm = z.object({ movieId: z.int(), title: z.string().nullable() });

/** Films with their titles, where a model is there to tell them. */
export async function listedFilms(c: Context<AppEnv>, movieIds: readonly number[]) {
  const served = await servedVersion(c).catch(() => undefined);
  return { items: movieIds.map((movieId) => ({ movieId, title: served ? titleIn(served, movieId) : null })) };
}

function titleIn({ model: { movies } }: ServedVersion, movieId: number): string | null {
  const row = movies.rowOf(movieId);
  return row < 0 ? null : naturalTitle(movies.title(row));
}
