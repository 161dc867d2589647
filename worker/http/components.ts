import type { Context } from 'hono';
import type { RetrainOutcome } from '../../shared/artifact/retrain-outcomes.ts';
import { everyShard } from '../../shared/ratings/shards.ts';
import { isDeleted } from '../../shared/ratings/tables/person.ts';
import { withDeadline } from '../ratings/deadline.ts';
import { ageWarning, hoursSince } from '../version/age.ts';
import { inServiceVersion } from './answering-version.ts';
import type { AppEnv } from './app-env.ts';

/** Writes on the queue from which on somebody should look: D1 has been down for a while. */
const LONG_QUEUE = 1000;
/** Milliseconds that the queue may take to say how long it is. */
const QUEUE_PATIENCE = 1000;

/** How a part of the deployment is, and what to say of it. */
interface Finding {
  readonly status: 'ok' | 'stale' | 'down' | 'unknown';
  readonly warning: string | null;
}

/** The version in service, after an attempt to load it. */
export async function modelComponent(c: Context<AppEnv>) {
  await inServiceVersion(c).catch(() => undefined); // the store remembers why
  const { version, trouble, warning: beside } = c.var.models.state();
  const { createdAt } = version?.model.manifest ?? {};
  const old = createdAt ? ageWarning(createdAt, c.env, c.var.now()) : null;
  const warning = [old, beside].filter((text) => typeof text === 'string');
  const status: Finding['status'] = !version ? 'down' : old ? 'stale' : 'ok';
  const ageHours = createdAt === undefined ? null : Math.floor(hoursSince(createdAt, c.var.now()) * 10) / 10;
  return { served: version, trouble, warning, component: { status, version: version?.version ?? null, ageHours } };
}

/** Each database of D1, by a question about nobody. */
export async function d1Component(c: Context<AppEnv>): Promise<Finding> {
  try {
    await withDeadline(Promise.all(everyShard(c.env.DB).map((db) => isDeleted(db, 0))), c.var.ratingTimeout);
    return { status: 'ok', warning: null };
  } catch {
    const warning = 'the rating store does not answer: ratings wait on the queue, and answers come without newer ones';
    return { status: 'down', warning };
  }
}

/** The queue, and what it gave up on: accepted writes that only `npm run replay` brings to D1. */
export async function queueComponent(c: Context<AppEnv>) {
  const { MODELS, KEEP_QUEUED } = c.env;
  const [queue, givenUp] = await Promise.all([backlog(c), KEEP_QUEUED === 'true' ? null : c.var.givenUp.count(MODELS)]);
  if (!givenUp) return { ...queue, givenUp };
  const gaveUp = `writes that the queue gave up on wait in R2 (${givenUp}): npm run replay -- --remote`;
  const warning = queue.warning ? `${queue.warning}; ${gaveUp}` : gaveUp;
  return { ...queue, status: 'stale' as const, warning, givenUp };
}

/** How many writes wait in the queue, where the runtime tells. */
async function backlog({ env: { PENDING } }: Context<AppEnv>) {
  const unknown = { status: 'unknown', warning: null, backlog: null } as const;
  if (typeof PENDING?.metrics !== 'function') return unknown;
  try {
    const { backlogCount: backlog } = await withDeadline(PENDING.metrics(), QUEUE_PATIENCE);
    const warning = backlog < LONG_QUEUE ? null : `${backlog} writes wait on the queue`;
    return { status: warning ? 'stale' : 'ok', warning, backlog } as const;
  } catch {
    return unknown;
  }
}

/** The newest retrain, and the newest that put a model into service. */
export async function retrainComponent(c: Context<AppEnv>) {
  const nights = await c.var.nights.read(c.env.MODELS);
  const last = nights.find(({ state }) => state !== 'running') ?? null;
  const failed = last?.state === 'failed';
  const at = last?.endedAt ?? last?.startedAt;
  const warning = failed ? `the retrain of ${at} failed: its own log and GET /admin/retrains say why` : null;
  const status: Finding['status'] = failed ? 'stale' : last ? 'ok' : 'unknown';
  return { status, warning, running: nights[0]?.state === 'running', last };
}

/** The experiment of current.json, null where there is none; one that has ended stays until somebody stops or promotes it. */
export function experimentComponent(c: Context<AppEnv>) {
  const { experiment } = c.var.models.current() ?? {};
  if (!experiment) return null;
  const { name, startedAt, ends, arms } = experiment;
  const total = arms.reduce((sum, { weight }) => sum + weight, 0);
  return {
    name,
    state: c.var.now() < Date.parse(ends) ? ('on' as const) : ('ended' as const),
    startedAt,
    ends,
    arms: arms.map(({ name, weight, version = null, stopped = false }) => ({
      ...{ name, version, stopped },
      share: weight / total,
    })),
  };
}

/** Seconds that a night took; null while it runs, and where it was killed. */
export function secondsOf({ startedAt, endedAt }: RetrainOutcome): number | null {
  return endedAt === null ? null : (Date.parse(endedAt) - Date.parse(startedAt)) / 1000;
}
