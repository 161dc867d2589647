import * as z from 'zod';
import { type Bucket, getObject } from '../storage/bucket.ts';

/** How the newest nights ended, failed ones included. `retrain/last.json` is of the last one that decided. */
export const OUTCOMES_KEY = 'retrain/outcomes.json';
/** Nights to keep. */
const KEPT = 60;

const count = z.int().min(0);
/** The model in service, and the one that would replace it. */
const both = z.object({ champion: z.number(), challenger: z.number() });

export const outcomeSchema = z.object({
  /** running: it has not ended, or it was killed. */
  state: z.enum(['running', 'published', 'kept', 'failed']),
  startedAt: z.iso.datetime(),
  /** Null while it runs. */
  endedAt: z.iso.datetime().nullable(),
  /** Why it decided so, or what went wrong; null while it runs. */
  reason: z.string().nullable(),
  /** The version in service afterwards, and the one before; null where that is not known. */
  version: z.string().nullable(),
  champion: z.string().nullable(),
  /** Ratings that it learned from, and what it left out of those that came in. */
  ratings: count.nullable(),
  leftOut: z
    .object({ flatPeople: count, flatRatings: count, pushedRatings: count, pushedMovies: count, badRows: count })
    .nullable(),
  /** On the newest ratings, else on the hold-out; null where nothing was compared. */
  compared: z.object({ on: z.string(), ratings: count, rmse: both, 'ndcg@10': both }).nullable(),
});

/** What became of a night. */
export type RetrainOutcome = z.infer<typeof outcomeSchema>;

const outcomesSchema = z.object({ items: z.array(outcomeSchema) });

/** The newest first. A list that cannot be read counts as none: it is there to be looked at alone. */
export function parseOutcomes(text: string): RetrainOutcome[] {
  try {
    return outcomesSchema.parse(JSON.parse(text)).items;
  } catch {
    return [];
  }
}

/** A night that has begun. */
export interface Night {
  readonly startedAt: string;
}

type OutcomeBucket = Pick<Bucket, 'get' | 'put'>;

/** Notes that a night begins. It holds the lease alone, so an earlier night that has not ended was killed. */
export async function beginNight(bucket: OutcomeBucket, now: number): Promise<Night> {
  const startedAt = new Date(now).toISOString();
  const killed = { state: 'failed', endedAt: startedAt, reason: 'it ended without a word: killed, or out of memory' };
  const before = (await readOutcomes(bucket)).map((night) =>
    night.state === 'running' ? { ...night, ...(killed as Partial<RetrainOutcome>) } : night,
  );
  const unknown = { version: null, champion: null, ratings: null, leftOut: null, compared: null };
  await write(bucket, [{ state: 'running', startedAt, endedAt: null, reason: null, ...unknown }, ...before]);
  return { startedAt };
}

/** Notes what became of a night. */
export async function endNight(
  bucket: OutcomeBucket,
  { startedAt }: Night,
  now: number,
  outcome: Pick<RetrainOutcome, 'state' | 'reason'> & Partial<RetrainOutcome>,
): Promise<void> {
  const nights = await readOutcomes(bucket);
  const endedAt = new Date(now).toISOString();
  const isIt = (night: RetrainOutcome) => night.state === 'running' && night.startedAt === startedAt;
  await write(
    bucket,
    nights.map((night) => (isIt(night) ? { ...night, endedAt, ...outcome } : night)),
  );
}

async function readOutcomes(bucket: OutcomeBucket): Promise<RetrainOutcome[]> {
  const object = await getObject(bucket, OUTCOMES_KEY);
  return object ? parseOutcomes(await object.text().catch(() => '')) : [];
}

async function write(bucket: OutcomeBucket, nights: readonly RetrainOutcome[]): Promise<void> {
  await bucket.put(OUTCOMES_KEY, `${JSON.stringify({ items: nights.slice(0, KEPT) }, null, 2)}\n`);
}
