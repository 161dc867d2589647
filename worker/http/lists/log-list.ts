import type { Context } from 'hono';
import { hashUnit } from '../../../shared/math/hash.ts';
import type { ListShown } from '../../../shared/ratings/tables/list-shown.ts';
import type { AppEnv } from '../app-env.ts';
import { now } from '../now.ts';

type Shown = Omit<ListShown, 'userId' | 'request' | 'shownAt'>;

/**
 * Logs a list after the answer, where the person is among those whose lists are logged: of a share of people all lists,
 * so that what somebody does later meets the list that they had before. Lists of nobody are not logged.
 *
 * @returns the request's id, undefined where nothing is logged
 */
export function logList(c: Context<AppEnv>, userId: number | null, shown: Shown): string | undefined {
  const share = Number(c.env.LIST_LOG ?? 0);
  const request = c.get('trace')?.id;
  if (userId === null || request === undefined || !(hashUnit(`lists/${userId}`) < share)) return undefined;
  c.get('lists').add(c.env.DB, { ...shown, userId, request, shownAt: now(c) }, c.executionCtx);
  return request;
}
