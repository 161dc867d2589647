import type { Context } from 'hono';
import type { Catalogue, NextModel } from '../../shared/model/model.ts';
import type { ServedVersion } from '../version/served-version.ts';
import type { AppEnv } from './app-env.ts';
import { otherVersionOf, versionOfAsker } from './lists/arm-version.ts';
import { rowOfOwnId } from './own-id.ts';
import { during } from './traffic/trace.ts';

/**
 * The complete version that answers this request: that of the arm of whoever sent it, else the one in service.
 * `versionFor` is for routes that name a person.
 */
export function servedVersion(c: Context<AppEnv>): Promise<ServedVersion> {
  return noteVersion(
    c,
    during(c, 'model', async () => {
      const known = c.get('served');
      if (known) return known;
      const inService = await c.get('models').get(c.env, c.executionCtx);
      return (await versionOfAsker(c, inService)) ?? inService;
    }),
  );
}

/** The same for a person who need not have sent the request. @param userId null: who sent it */
export function versionFor(c: Context<AppEnv>, userId: number | null): Promise<ServedVersion> {
  if (userId !== null) c.set('armFor', userId);
  return servedVersion(c);
}

/** The complete version in service, whoever asks. */
export function inServiceVersion(c: Context<AppEnv>): Promise<ServedVersion> {
  return noteVersion(
    c,
    during(c, 'model', () => c.get('models').get(c.env, c.executionCtx)),
  );
}

/** As `servedVersion`, but in a fresh isolate it may be one that is only listable so far (`ServedVersion`). */
export function listableVersion(c: Context<AppEnv>): Promise<ServedVersion> {
  return noteVersion(
    c,
    during(c, 'model', async () => {
      const inService = await c.get('models').getListable(c.env, c.executionCtx);
      return (await versionOfAsker(c, inService)) ?? inService;
    }),
  );
}

/**
 * The films that somebody may have been shown: those of the version in service and, where it lacks one of those that a
 * request names, of the version beside it, too.
 */
export async function knownMovies(
  c: Context<AppEnv>,
  named: readonly { readonly movieId?: number; readonly id?: string }[],
): Promise<readonly Catalogue[]> {
  const { movies } = (await inServiceVersion(c)).model;
  const isKnown = ({ movieId, id }: (typeof named)[number]) =>
    (movieId === undefined ? rowOfOwnId(movies, id ?? '') : movies.rowOf(movieId)) >= 0;
  const other = otherVersionOf(c);
  if (other === undefined || named.every(isKnown)) return [movies];
  const beside = await c.get('models').beside(c.env, c.executionCtx, other);
  return beside ? [movies, beside.model.movies] : [movies];
}

async function noteVersion(c: Context<AppEnv>, loading: Promise<ServedVersion>): Promise<ServedVersion> {
  const served = await loading;
  const trace = c.get('trace');
  if (trace) trace.version = served.version;
  return served;
}

/** What people watch next, where a request orders by that. Throws `bad-parameter` for a version that did not learn it. */
export async function nextFor(
  c: Context<AppEnv>,
  { next }: ServedVersion,
  { by }: { readonly by?: string },
): Promise<NextModel | undefined> {
  return by === 'next' ? next.read(c.env.MODELS, c.executionCtx, c.get('now')()) : undefined;
}
