import type { Context } from 'hono';
import { type Arm, armOf, type ListSettings, versionsOf } from '../../../shared/artifact/experiment.ts';
import { FILES } from '../../../shared/artifact/schema.ts';
import type { ServedVersion } from '../../version/served-version.ts';
import type { AppEnv } from '../app-env.ts';
import { personOf, readSession } from '../identity/auth.ts';
import { bearerOf } from '../identity/bearer.ts';

/** The arm of a person, as it can be served. */
export interface ServedArm {
  readonly experiment: string;
  readonly arm: string;
  /** Its version, where that is not the one in service. */
  readonly version: ServedVersion | undefined;
  /** The arm's settings, else everybody's. */
  readonly settings: ListSettings;
}

/** The arm of the experiment that a person is in. An arm that cannot be served counts as none: null. */
export async function servedArmOf(
  c: Context<AppEnv>,
  userId: number,
  inService: ServedVersion,
): Promise<ServedArm | null> {
  const { experiment, settings: usual = {} } = c.get('models').current() ?? {};
  const arm = experiment ? armOf(experiment, userId, c.get('now')()) : null;
  if (!experiment || !arm) return null;
  const isOther = arm.version !== undefined && arm.version !== inService.version;
  const version = isOther ? await c.get('models').beside(c.env, c.executionCtx, arm.version!) : undefined;
  if (isOther && !version) return null;
  const settings = withArm(usual, arm);
  if (settings.by === 'next' && !learnedNext(version ?? inService)) return null;
  return { experiment: experiment.name, arm: arm.name, version, settings };
}

/**
 * The version of the arm of the person whom an answer is for (`armFor`), else of whoever sent the request; undefined for the
 * one in service.
 */
export async function versionOfAsker(c: Context<AppEnv>, inService: ServedVersion): Promise<ServedVersion | undefined> {
  if (otherVersionOf(c) === undefined) return undefined;
  const asker = c.get('armFor') ?? (await senderOf(c));
  return asker === null ? undefined : (await servedArmOf(c, asker, inService))?.version;
}

/** The version that an arm names besides the one in service, where there is such an arm. */
export function otherVersionOf(c: Context<AppEnv>): string | undefined {
  const experiment = c.get('models').current()?.experiment;
  return experiment && versionsOf(experiment.arms).at(0);
}

/** Whether a version learned what people watch next. */
export function learnedNext({ own }: ServedVersion): boolean {
  return own.manifest.files.some(({ name }) => name === FILES.next);
}

/** Who sent the request, by a session or as a host application's user. What else may be in its headers is nobody here. */
async function senderOf(c: Context<AppEnv>): Promise<number | null> {
  const bearer = await bearerOf(c).catch(() => null);
  if (bearer?.kind === 'subject') return personOf(c, bearer.subject);
  return bearer?.kind === 'none' ? ((await readSession(c))?.userId ?? null) : null;
}

function withArm({ by, blend, ...rest }: ListSettings, { settings = {} }: Arm): ListSettings {
  const isOrdered = settings.by !== undefined || settings.blend !== undefined;
  return { ...rest, ...(isOrdered ? {} : { by, blend }), ...settings };
}
