import { MarqueeError } from '../errors.ts';
import { type Pending, parsePending, writeLate } from './pending.ts';
import type { Database } from './rating-store.ts';

/** The part of an R2 bucket that keeps dead letters; Cloudflare's binding satisfies it. */
export interface LetterBucket {
  get(key: string): Promise<{ text(): Promise<string> } | null>;
  put(key: string, value: string): Promise<unknown>;
  delete(keys: string[]): Promise<unknown>;
  list(options: { prefix: string; cursor?: string }): Promise<{
    readonly objects: readonly { readonly key: string }[];
    readonly truncated: boolean;
    readonly cursor?: string;
  }>;
}

const PREFIX = 'dead-letters/';

/** Keeps a message that the queue gave up on. The same message again replaces itself. */
export async function keepLetter(bucket: LetterBucket, messageId: string, body: unknown): Promise<void> {
  await bucket.put(`${PREFIX}${messageId}.json`, JSON.stringify(body));
}

/** A letter in the bucket; `pending` is null when nobody can read it. */
interface Letter {
  readonly key: string;
  readonly pending: Pending | null;
}

/** What became of the letters. */
export interface Replay {
  /** Letters whose ratings or deletions are in D1 now. */
  readonly written: number;
  /** Keys of letters that are no messages of this release; they stay. */
  readonly unreadable: readonly string[];
}

/**
 * Writes every dead letter to D1, then deletes it. Where it breaks off, the next run goes on; a letter written twice
 * changes nothing.
 *
 * @throws `store-unavailable` when D1 fails; the rest stays
 */
export async function replayLetters(bucket: LetterBucket, db: Database): Promise<Replay> {
  const unreadable: string[] = [];
  let written = 0;
  for (const { key, pending } of await readLetters(bucket)) {
    if (pending === null) {
      unreadable.push(key);
      continue;
    }
    await writeLate(db, pending);
    await bucket.delete([key]);
    written++;
  }
  return { written, unreadable };
}

/** Deletes the letters of these users. */
export async function dropLetters(bucket: LetterBucket, users: ReadonlySet<number>): Promise<void> {
  if (users.size === 0) return;
  const letters = await readLetters(bucket);
  const keys = letters.filter(({ pending }) => pending && users.has(pending.user)).map(({ key }) => key);
  if (keys.length > 0) await bucket.delete(keys);
}

async function readLetters(bucket: LetterBucket): Promise<Letter[]> {
  const letters: Letter[] = [];
  let cursor: string | undefined;
  do {
    const page = await bucket.list({ prefix: PREFIX, cursor });
    for (const { key } of page.objects) {
      const object = await bucket.get(key);
      if (object) letters.push({ key, pending: pendingIn(await object.text()) });
    }
    cursor = page.truncated ? page.cursor : undefined;
  } while (cursor);
  return letters;
}

function pendingIn(text: string): Pending | null {
  try {
    return parsePending(JSON.parse(text));
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof MarqueeError) return null;
    throw error;
  }
}
