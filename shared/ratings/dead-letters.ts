import { MarqueeError } from '../errors.ts';
import { type Bucket, getObject, listObjects, type ReadableObject } from '../storage/bucket.ts';
import type { Database } from '../storage/database.ts';
import { applyLateChange, parseChange, type UserChange } from './user-change.ts';

type LetterBucket = Pick<Bucket, 'get' | 'list' | 'delete'>;

const PREFIX = 'dead-letters/';

/** Keeps a message that the queue gave up on. The same message again replaces itself. */
export async function keepLetter(bucket: Pick<Bucket, 'put'>, messageId: string, body: unknown): Promise<void> {
  await bucket.put(`${PREFIX}${messageId}.json`, JSON.stringify(body));
}

/** A letter in the bucket; `change` is null when nobody can read it. */
interface Letter {
  readonly key: string;
  readonly change: UserChange | null;
}

/** What became of the letters. */
export interface Replay {
  /** How many letters' ratings or deletions are in D1 now. */
  readonly written: number;
  /** Keys of letters that are no messages of this release; they stay. */
  readonly unreadable: readonly string[];
}

/**
 * Applies every dead letter to D1, then deletes it. Where it breaks off, the next run goes on; a letter applied twice
 * changes nothing.
 *
 * @throws `store-unavailable` when D1 fails; the rest stays
 */
export async function replayLetters(bucket: LetterBucket, db: Database): Promise<Replay> {
  const unreadable: string[] = [];
  let written = 0;
  for (const { key, change } of await readLetters(bucket)) {
    if (change === null) {
      unreadable.push(key);
      continue;
    }
    await applyLateChange(db, change);
    await bucket.delete([key]);
    written++;
  }
  return { written, unreadable };
}

/** Deletes the letters of these users. */
export async function dropLetters(bucket: LetterBucket, users: ReadonlySet<number>): Promise<void> {
  if (users.size === 0) return;
  const letters = await readLetters(bucket);
  const keys = letters.filter(({ change }) => change && users.has(change.user)).map(({ key }) => key);
  if (keys.length > 0) await bucket.delete(keys);
}

async function readLetters(bucket: LetterBucket): Promise<Letter[]> {
  const letters: Letter[] = [];
  for (const { key } of await listObjects(bucket, PREFIX)) {
    const object = await getObject(bucket, key);
    if (object) letters.push({ key, change: await changeIn(object) });
  }
  return letters;
}

async function changeIn(object: ReadableObject): Promise<UserChange | null> {
  try {
    return parseChange(JSON.parse(await object.text()));
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof MarqueeError) return null;
    throw error;
  }
}
