import type { FileEntry } from '../../shared/artifact/manifest.ts';
import { artifactKey } from '../../shared/artifact/schema.ts';
import { PIECE_BYTES } from '../../shared/artifact/upload.ts';
import { MarqueeError } from '../../shared/errors.ts';
import { listObjects } from '../../shared/storage/bucket.ts';
import { answerOfR2, need } from './bucket.ts';
import { type Source, sourceOf, store } from './upload-body.ts';

/** Beside the files of a version: no file has a slash in its name. */
const FOLDER = 'pieces/';

/** A file of a version that is on its way. */
export interface FileAt {
  readonly version: string;
  readonly entry: FileEntry;
}

/**
 * Takes a piece of a file, the first is 1. One that is there stays.
 *
 * @throws `not-found` beyond the last one, `bad-body` for another size
 */
export async function storePiece(bucket: R2Bucket, { version, entry }: FileAt, piece: number, body: ReadableStream) {
  const { name, bytes } = entry;
  const count = piecesOf(entry);
  if (piece > count) {
    throw new MarqueeError('not-found', `${name} has ${count} pieces of ${PIECE_BYTES} bytes`, {
      fix: 'Send no more of it: POST /admin/uploads/VERSION/FILE makes the file of its pieces.',
    });
  }
  const size = piece < count ? PIECE_BYTES : bytes - (count - 1) * PIECE_BYTES;
  const expected = { name: `piece ${piece} of ${name}`, bytes: size };
  await store(bucket, pieceKey(version, name, piece), expected, sourceOf(body));
}

/**
 * Makes the file of its pieces: R2 gets them one after the other as one object, and compares the file's hash. The pieces go
 * then; so they do when the hash is another one, since nobody knows which piece is wrong.
 *
 * @returns whether the file was stored; false: there is one
 * @throws `bad-data` while pieces lack, and for another hash
 */
export async function joinPieces(bucket: R2Bucket, { version, entry }: FileAt): Promise<boolean> {
  const keys = await allPieces(bucket, { version, entry });
  try {
    return await store(bucket, artifactKey(version, entry.name), entry, inOrder(bucket, keys));
  } catch (cause) {
    const { code } = cause as MarqueeError;
    if (code === 'bad-data') await deletePieces(bucket, version, entry.name);
    if (code !== 'bad-body') throw cause;
    throw new MarqueeError('store-unavailable', `R2 did not give all of ${entry.name}`, { fix: 'Try again.', cause });
  }
}

async function allPieces(bucket: R2Bucket, { version, entry }: FileAt): Promise<string[]> {
  const there = new Set(piecesAmong(await pieceKeys(bucket, version), version, entry.name));
  const numbers = Array.from({ length: piecesOf(entry) }, (_, at) => at + 1);
  const missing = numbers.filter((piece) => !there.has(piece));
  if (missing.length === 0) return numbers.map((piece) => pieceKey(version, entry.name, piece));
  throw new MarqueeError('bad-data', `${entry.name}: ${missing.length} of ${numbers.length} pieces did not come`, {
    fix: `Upload them, the first is piece ${missing[0]}.`,
    details: { missing },
  });
}

/** Deletes the pieces of a file, or of all files of a version. */
export async function deletePieces(bucket: R2Bucket, version: string, name?: string): Promise<void> {
  const all = await pieceKeys(bucket, version);
  const keys = name === undefined ? all : all.filter((key) => key.startsWith(pieceKey(version, name)));
  for (let at = 0; at < keys.length; at += 1000) await answerOfR2(bucket.delete(keys.slice(at, at + 1000)));
}

/** Which pieces of a file are there, ascending. */
export function piecesAmong(keys: Iterable<string>, version: string, name: string): number[] {
  const prefix = pieceKey(version, name);
  const numbers = [...keys].filter((key) => key.startsWith(prefix)).map((key) => Number(key.slice(prefix.length)));
  return numbers.sort((a, b) => a - b);
}

function piecesOf({ bytes }: FileEntry): number {
  return Math.ceil(bytes / PIECE_BYTES);
}

function pieceKey(version: string, name: string, piece: number | '' = ''): string {
  return artifactKey(version, `${FOLDER}${name}/${piece}`);
}

async function pieceKeys(bucket: R2Bucket, version: string): Promise<string[]> {
  const objects = await answerOfR2(listObjects(bucket, artifactKey(version, FOLDER)));
  return objects.map(({ key }) => key);
}

/** Objects one after the other. */
function inOrder(bucket: R2Bucket, keys: readonly string[]): Source {
  return async (to, signal) => {
    try {
      for (const key of keys) await (await need(bucket, key)).body.pipeTo(to, { signal, preventClose: true });
      await to.close();
    } catch (error) {
      await to.abort(error).catch(() => undefined); // whoever reads would wait for the rest
      throw error;
    }
  };
}
