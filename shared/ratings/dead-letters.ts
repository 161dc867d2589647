import { MarqueeError } from '../errors.ts';
import { type Bucket, getObject, listObjects } from '../storage/bucket.ts';
import type { Database } from '../storage/database.ts';
import { applyLateChange, type BadRow, parseChange, type UserChange } from './user-change.ts';

type LetterBucket = Pick<Bucket, 'get' | 'put' | 'list' | 'delete'>;

const PREFIX = 'dead-letters/';

/** End of the keys of letters that hold rows of a message that are no ratings. */
const BAD_ROWS = '.bad-rows.json';

/** Keeps a message that the queue gave up on. The same message again replaces itself. */
export async function keepLetter(bucket: Pick<Bucket, 'put'>, messageId: string, body: unknown): Promise<void> {
  await bucket.put(`${PREFIX}${messageId}.json`, JSON.stringify(body));
}

/** Deletes a letter that was kept under this id. */
export async function dropLetter(bucket: Pick<Bucket, 'delete'>, id: string): Promise<void> {
  await bucket.delete([`${PREFIX}${id}.json`]);
}

/** The id of a change that waits in a queue and in the bucket at a time: two changes that are the same share it. */
export async function digestOfChange(body: unknown): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(JSON.stringify(body)));
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/**
 * Applies a message to D1. Rows that are no ratings or marks go to a letter of their own, with the reason; all others are
 * written. A message applied twice changes nothing.
 *
 * @returns how many rows were set aside
 * @throws `bad-data` when the body is no message; `store-unavailable`
 */
export async function settleMessage(
  bucket: Pick<Bucket, 'put'>,
  db: Database,
  messageId: string,
  body: unknown,
): Promise<number> {
  const { change, bad } = parseChange(body);
  if (bad.length > 0) {
    const letter: BadRowsLetter = { user: change.user, acceptedAt: change.acceptedAt, bad };
    await bucket.put(`${PREFIX}${messageId}${BAD_ROWS}`, JSON.stringify(letter));
    console.error(
      `message ${messageId}: ${bad.length} rows are no ratings or marks and go to ${PREFIX}; ${bad[0].why}`,
    );
  }
  await applyLateChange(db, change);
  return bad.length;
}

interface BadRowsLetter {
  readonly user: number;
  readonly acceptedAt: number;
  readonly bad: readonly BadRow[];
}

/** What became of the letters. */
export interface Replay {
  /** How many letters' ratings or deletions are in D1 now. */
  readonly written: number;
  /** Keys of letters that are no messages of this release; they stay. */
  readonly unreadable: readonly string[];
  /** Keys of letters with rows that are no ratings, where there are any. They stay, and name each row's fault. */
  readonly setAside?: readonly string[];
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
  for (const key of await waitingLetters(bucket)) {
    const body = await bodyOf(bucket, key);
    if (readable(body) === null) {
      unreadable.push(key);
      continue;
    }
    await settleMessage(bucket, db, key.slice(PREFIX.length, -'.json'.length), body);
    await bucket.delete([key]);
    written++;
  }
  const setAside = (await letterKeys(bucket)).filter((key) => key.endsWith(BAD_ROWS));
  return { written, unreadable, ...(setAside.length > 0 && { setAside }) };
}

/** Keys of what a replay would take up. */
export async function waitingLetters(bucket: Pick<Bucket, 'list'>): Promise<string[]> {
  return (await letterKeys(bucket)).filter((key) => !key.endsWith(BAD_ROWS));
}

/** Deletes the letters of these users. */
export async function dropLetters(
  bucket: Pick<Bucket, 'get' | 'list' | 'delete'>,
  users: ReadonlySet<number>,
): Promise<void> {
  if (users.size === 0) return;
  const theirs: string[] = [];
  for (const key of await letterKeys(bucket)) {
    const body = await bodyOf(bucket, key);
    const user = key.endsWith(BAD_ROWS) ? (body as BadRowsLetter | null)?.user : readable(body)?.user;
    if (user !== undefined && users.has(user)) theirs.push(key);
  }
  if (theirs.length > 0) await bucket.delete(theirs);
}

async function letterKeys(bucket: Pick<Bucket, 'list'>): Promise<string[]> {
  return (await listObjects(bucket, PREFIX)).map(({ key }) => key);
}

/** A letter's content, null where it is gone or no JSON. */
async function bodyOf(bucket: Pick<Bucket, 'get'>, key: string): Promise<unknown> {
  const object = await getObject(bucket, key);
  try {
    return object && JSON.parse(await object.text());
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

function readable(body: unknown): UserChange | null {
  try {
    return parseChange(body).change;
  } catch (error) {
    if (error instanceof MarqueeError) return null;
    throw error;
  }
}
