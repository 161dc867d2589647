import type { Context } from 'hono';
import type { ListSettings } from '../../../shared/artifact/experiment.ts';
import type { ServedVersion } from '../../version/served-version.ts';
import type { AppEnv } from '../app-env.ts';
import { learnedNext, servedArmOf } from './arm-version.ts';

/** What an experiment, or the version's publisher, says of a list. */
export interface Assigned {
  readonly experiment: string | null;
  readonly arm: string | null;
  /** The version of the arm, where that is not the one in service. */
  readonly version: ServedVersion | undefined;
  /** Parameters that the request does not name itself. */
  readonly settings: ListSettings;
}

/**
 * The arm of the experiment that a person is in, and the settings of their lists: the arm's, else everybody's. What a
 * request names itself is left out of them. The person's version then answers the request (`servedVersion`).
 *
 * @param named the parameters that the request names
 */
export async function assignedTo(
  c: Context<AppEnv>,
  userId: number | null,
  named: readonly string[],
): Promise<Assigned> {
  const inService = await c.get('models').getListable(c.env, c.executionCtx); // which brings current.json
  if (userId !== null) c.set('armFor', userId);
  const served = userId === null ? null : await servedArmOf(c, userId, inService);
  const trace = c.get('trace');
  if (served?.version && trace) trace.version = served.version.version;
  if (served) return { ...served, settings: unnamed(served.settings, named) };
  const { settings = {} } = c.get('models').current() ?? {};
  const isNobodys = settings.by === 'next' && (userId === null || !learnedNext(inService));
  const usual = isNobodys ? { ...settings, by: undefined } : settings;
  return { experiment: null, arm: null, version: undefined, settings: unnamed(usual, named) };
}

/** The parameters that a JSON body names; none where there is no body. */
export async function namedInBody({ req }: Context<AppEnv>): Promise<string[]> {
  const text = await req.text();
  return text === '' ? [] : Object.keys(JSON.parse(text));
}

/** Settings without those that a request names; `by` and `blend` stand for one another. */
function unnamed(settings: ListSettings, named: readonly string[]): ListSettings {
  const isOrdered = named.includes('by') || named.includes('blend');
  const kept = Object.entries(settings).filter(
    ([name, value]) => value !== undefined && !named.includes(name) && !(isOrdered && /^(by|blend)$/.test(name)),
  );
  return Object.fromEntries(kept);
}
