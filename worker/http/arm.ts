import type { Context } from 'hono';
import { type Arm, armOf, type ListSettings } from '../../shared/artifact/experiment.ts';
import { FILES } from '../../shared/artifact/schema.ts';
import type { ServedVersion } from '../version/served-version.ts';
import type { AppEnv } from './app-env.ts';
import { listableVersion } from './request.ts';

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
 * request names itself is left out of them. An arm that cannot be served counts as none.
 *
 * @param named the parameters that the request names
 */
export async function assignedTo(
  c: Context<AppEnv>,
  userId: number | null,
  named: readonly string[],
): Promise<Assigned> {
  const served = await listableVersion(c); // which brings current.json
  const { experiment, settings = {} } = c.get('models').current() ?? {};
  const usual =
    settings.by === 'next' && (userId === null || !learnedNext(served)) ? { ...settings, by: undefined } : settings;
  const none = { experiment: null, arm: null, version: undefined, settings: unnamed(usual, named) };
  const arm = experiment && userId !== null ? armOf(experiment, userId, c.get('now')()) : null;
  if (!experiment || !arm) return none;
  const isOther = arm.version !== undefined && arm.version !== served.version;
  const version = isOther ? await c.get('models').beside(c.env, c.executionCtx, arm.version!) : undefined;
  if (isOther && !version) return none;
  const merged = withArm(settings, arm);
  if (merged.by === 'next' && !learnedNext(version ?? served)) return none;
  return { experiment: experiment.name, arm: arm.name, version, settings: unnamed(merged, named) };
}

/** The parameters that a JSON body names; none where there is no body. */
export async function namedInBody({ req }: Context<AppEnv>): Promise<string[]> {
  const text = await req.text();
  return text === '' ? [] : Object.keys(JSON.parse(text));
}

function withArm({ by, blend, ...rest }: ListSettings, { settings = {} }: Arm): ListSettings {
  const isOrdered = settings.by !== undefined || settings.blend !== undefined;
  return { ...rest, ...(isOrdered ? {} : { by, blend }), ...settings };
}

/** Settings without those that a request names; `by` and `blend` stand for one another. */
function unnamed(settings: ListSettings, named: readonly string[]): ListSettings {
  const isOrdered = named.includes('by') || named.includes('blend');
  const kept = Object.entries(settings).filter(
    ([name, value]) => value !== undefined && !named.includes(name) && !(isOrdered && /^(by|blend)$/.test(name)),
  );
  return Object.fromEntries(kept);
}

function learnedNext({ model }: ServedVersion): boolean {
  return model.manifest.files.some(({ name }) => name === FILES.next);
}
