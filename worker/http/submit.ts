import type { Context } from 'hono';
import { MarqueeError } from '../../shared/errors.ts';
import { digestOfChange, keepLetter } from '../../shared/ratings/dead-letters.ts';
import { requireRoom, requireRoomForMarks } from '../../shared/ratings/limits.ts';
import { addWritten, type Written } from '../../shared/ratings/rating-store.ts';
import { applyChange, type UserChange } from '../../shared/ratings/user-change.ts';
import { withDeadline } from '../ratings/deadline.ts';
import type { AppEnv } from './app-env.ts';
import { sourceOf } from './identity/auth.ts';
import { remembering } from './traffic/replicas.ts';
import { during } from './traffic/trace.ts';

/** Messages of one call: Cloudflare takes 256 KB, and each has at most a thousand ratings, 30 KB. */
const MESSAGES_A_CALL = 8;

interface Submitted {
  /** Of the answer: 200 when D1 has the changes, 202 when the queue has some of them. */
  readonly status: 200 | 202;
  /** What became of the ratings and of the marks; those on the queue count as stored. */
  readonly written: Readonly<Record<'ratings' | 'marks', Written>>;
}

const NONE: Written = { stored: 0, held: 0, older: 0 };

/**
 * Applies changes to D1, one after the other. When D1 fails or is slow, that change and the rest go to the queue, from
 * which `events/queue.ts` applies them later. A change that D1 applied without saying so goes there too, and changes
 * nothing then.
 *
 * @throws `too-many-ratings`, `too-many-marks`, `too-many-requests`, before anything is written; `deleted-user`;
 *   `store-unavailable` when neither D1 nor the queue takes them: sending all of it again is right
 */
export function submitChanges(c: Context<AppEnv>, changes: readonly UserChange[]): Promise<Submitted> {
  return during(c, 'write', () => submit(c, changes));
}

async function submit(c: Context<AppEnv>, changes: readonly UserChange[]): Promise<Submitted> {
  const { alone } = c.var;
  const { MODELS, PENDING, KEEP_QUEUED } = c.env;
  const keep = KEEP_QUEUED === 'true' ? MODELS : null;
  const written = { ratings: NONE, marks: NONE };
  const count = ({ kind }: UserChange, more: Written) => {
    if (kind !== 'deletion') written[kind] = addWritten(written[kind], more);
  };
  if (alone) {
    for (const change of changes) count(change, alone.take(change));
    return { status: 200, written };
  }
  let taken = 0;
  try {
    await withDeadline(requireRoomFor(c, changes), c.var.ratingTimeout);
    for (const change of changes) {
      const applied = remembering(c, change.user, (db) => applyChange(db, change));
      count(change, await withDeadline(applied, c.var.ratingTimeout));
      taken++;
    }
    return { status: 200, written };
  } catch (error) {
    if (!(error instanceof MarqueeError && error.code === 'store-unavailable')) throw error;
    c.var.metrics?.d1Failures.add(['write']);
    if (!PENDING) throw error;
    const rest = changes.slice(taken);
    await enqueue(PENDING, rest, error, keep);
    c.var.metrics?.queued.add([], rest.length);
    for (const queued of rest) count(queued, { ...NONE, stored: sizeOf(queued) });
    return { status: 202, written };
  }
}

/** Ratings or marks of a change. */
function sizeOf(change: UserChange): number {
  return change.kind === 'ratings' ? change.ratings.length : change.kind === 'marks' ? change.marks.length : 0;
}

/** Refuses ratings and marks beyond what a person may have. All changes of a request are of one user. */
async function requireRoomFor(c: Context<AppEnv>, changes: readonly UserChange[]): Promise<void> {
  if (changes.every(({ kind }) => kind === 'deletion')) return; // the operator may delete, too
  const daily = (await sourceOf(c)) === 'page';
  const rating = changes.filter((change) => change.kind === 'ratings');
  const ratings = rating.flatMap((change) => change.ratings);
  if (rating.length > 0) await requireRoom(c.env.DB, { ...rating[0], ratings }, daily);
  const marking = changes.filter((change) => change.kind === 'marks');
  const marks = marking.flatMap((change) => change.marks);
  if (marking.length > 0) await requireRoomForMarks(c.env.DB, { ...marking[0], marks }, daily);
}

/** @param keep where a queue that lives in memory keeps its messages too */
async function enqueue(
  queue: Queue<UserChange>,
  changes: readonly UserChange[],
  why: MarqueeError,
  keep: R2Bucket | null,
): Promise<void> {
  console.error('D1 does not take ratings; they go to the queue:', why.cause ?? why.message);
  try {
    if (keep) for (const change of changes) await keepLetter(keep, await digestOfChange(change), change);
    for (let at = 0; at < changes.length; at += MESSAGES_A_CALL) {
      const part = changes.slice(at, at + MESSAGES_A_CALL);
      await queue.sendBatch(part.map((body) => ({ body, contentType: 'json' })));
    }
  } catch (cause) {
    throw new MarqueeError('store-unavailable', 'neither the rating store nor the queue took this', {
      fix: 'Send it again in a moment.',
      cause,
    });
  }
}
