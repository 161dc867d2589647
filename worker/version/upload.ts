import { type FileEntry, type Manifest, parseManifest } from '../../shared/artifact/manifest.ts';
import { artifactKey, FILES } from '../../shared/artifact/schema.ts';
import { requireFits } from '../../shared/artifact/worker-memory.ts';
import { MarqueeError } from '../../shared/errors.ts';
import { listObjects } from '../../shared/storage/bucket.ts';
import { answerOfR2, bytesOf, checkWhole } from './bucket.ts';
import { atMost, sourceOf, store, tooLarge } from './upload-body.ts';
import { deletePieces, type FileAt, joinPieces, piecesAmong, storePiece } from './upload-pieces.ts';

/** manifest.json of a version that is still on its way. It takes its own name last: until then there is no such version. */
const STAGED = 'uploading.json';
/** Bytes of the largest manifest, and files that it may list: a version has some ten. */
const LARGEST_MANIFEST = 4 * 2 ** 20;
const MOST_FILES = 64;
/** Bytes of the largest file that comes with one request, as Cloudflare takes it; larger ones come in pieces. */
export const LARGEST_UPLOAD = 100 * 10 ** 6;
/** Bytes of the largest file: R2 takes 5 GB with its hash. */
export const LARGEST_FILE = 5 * 10 ** 9;
const IN_PIECES = 'Upload it in pieces: PUT /admin/uploads/VERSION/FILE/pieces/1 and so on.';
const FILE_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/;

/** A version that is on its way, and which of its files are there. */
export interface Upload {
  readonly version: string;
  readonly files: {
    readonly name: string;
    readonly bytes: number;
    readonly uploaded: boolean;
    /** Parts that are there of a file that comes in pieces, ascending. */
    readonly pieces: number[];
  }[];
}

/** The versions that are on their way, oldest first. Throws `store-unavailable`. */
export async function uploads(bucket: R2Bucket): Promise<Upload[]> {
  const keys = await keysUnder(bucket, 'models/');
  const versions = [...keys].map((key) => key.split('/')[1]);
  const onTheirWay = [...new Set(versions)].filter(
    (version) => keys.has(artifactKey(version, STAGED)) && !keys.has(artifactKey(version, FILES.manifest)),
  );
  return Promise.all(onTheirWay.map(async (version) => uploadOf((await staged(bucket, version)).manifest, keys)));
}

/**
 * Begins an upload, or goes on with it. What `npm run publish` refuses is refused here: another format, what is no manifest,
 * what fits into no Worker.
 *
 * @throws `bad-data`, `out-of-memory`, `too-large`, `publish-conflict`
 */
export async function beginUpload(bucket: R2Bucket, version: string, body: ReadableStream): Promise<Upload> {
  const bytes = await atMost(body, LARGEST_MANIFEST);
  const manifest = manifestIn(bytes);
  if (manifest.version !== version) throw badData(`manifest.json is of version ${manifest.version}, not of ${version}`);
  requireFileNames(manifest);
  requireFits(manifest);
  await requireNew(bucket, version);
  const key = artifactKey(version, STAGED);
  const put = await answerOfR2(bucket.put(key, bytes, { onlyIf: { etagDoesNotMatch: '*' } }));
  if (!put && !areEqual((await staged(bucket, version)).bytes, bytes)) {
    throw conflict(`another manifest.json of ${version} came before`, `DELETE /admin/uploads/${version} begins anew.`);
  }
  return uploadOf(manifest, await keysUnder(bucket, artifactKey(version, '')));
}

interface At {
  readonly version: string;
  readonly file: string;
}

/**
 * Takes a file as the manifest describes it: R2 compares its hash, and nothing that is there is written over.
 *
 * @throws `bad-body` for another size, `bad-data` for another hash, `too-large`, `not-found`, `unknown-version`,
 *   `publish-conflict`
 */
export async function uploadFile(bucket: R2Bucket, at: At, body: ReadableStream): Promise<Upload> {
  return take(bucket, at, async ({ entry }, key) => {
    if (entry.bytes > LARGEST_UPLOAD) {
      throw tooLarge(
        `${entry.name} has ${entry.bytes} bytes, expected at most ${LARGEST_UPLOAD} in one request`,
        IN_PIECES,
      );
    }
    const isThere = await answerOfR2(bucket.head(key));
    if (isThere) await body.cancel();
    if (isThere || !(await store(bucket, key, entry, sourceOf(body)))) await requireSame(bucket, key, entry);
  });
}

/**
 * Takes a piece of a file; nothing is asked of it but its size, until `joinUpload`.
 *
 * @throws `bad-body` for another size, `not-found`, `unknown-version`, `publish-conflict`
 */
export async function uploadPiece(bucket: R2Bucket, at: At & { piece: number }, body: ReadableStream): Promise<Upload> {
  return take(bucket, at, async (file, key) => {
    const isThere = await answerOfR2(bucket.head(key));
    if (isThere) await body.cancel();
    else await storePiece(bucket, file, at.piece, body);
  });
}

/**
 * Makes the file of its pieces; the same again is done already.
 *
 * @throws `bad-data` while pieces lack and for another hash, `not-found`, `unknown-version`, `publish-conflict`
 */
export async function joinUpload(bucket: R2Bucket, at: At): Promise<Upload> {
  return take(bucket, at, async (file, key) => {
    const isThere = await answerOfR2(bucket.head(key));
    if (isThere || !(await joinPieces(bucket, file))) await requireSame(bucket, key, file.entry);
    await deletePieces(bucket, at.version, at.file);
  });
}

/** Does something for a file of an upload, and returns what is there then. */
async function take(bucket: R2Bucket, { version, file }: At, work: (at: FileAt, key: string) => Promise<void>) {
  const { manifest } = await staged(bucket, version);
  await requireNew(bucket, version);
  const entry = manifest.files.find(({ name }) => name === file);
  if (!entry) {
    throw new MarqueeError('not-found', `manifest.json of ${version} lists no ${file}`, {
      fix: `Its files are ${manifest.files.map(({ name }) => name).join(', ')}.`,
    });
  }
  await work({ version, entry }, artifactKey(version, file));
  return uploadOf(manifest, await keysUnder(bucket, artifactKey(version, '')));
}

/**
 * Makes a version of an upload whose files are all there; it is not in service yet. The same again is done already.
 *
 * @throws `bad-data` while files lack, `unknown-version`, `publish-conflict`
 */
export async function finishUpload(bucket: R2Bucket, version: string): Promise<void> {
  const { manifest, bytes } = await staged(bucket, version);
  await requireWhole(bucket, manifest);
  const key = artifactKey(version, FILES.manifest);
  const put = await answerOfR2(bucket.put(key, bytes, { onlyIf: { etagDoesNotMatch: '*' } }));
  if (!put && !areEqual(await bytesAt(bucket, key), bytes)) throw isThere(version);
  await deletePieces(bucket, version);
  await answerOfR2(bucket.delete(artifactKey(version, STAGED)));
}

async function requireWhole(bucket: R2Bucket, { version, files }: Manifest): Promise<void> {
  const missing: string[] = [];
  for (const entry of files) {
    const object = await answerOfR2(bucket.head(artifactKey(version, entry.name)));
    if (!object || !isWhole(object, entry)) missing.push(entry.name);
  }
  if (missing.length === 0) return;
  throw new MarqueeError('bad-data', `${version} is not whole: ${missing.join(', ')} did not come`, {
    fix: 'Upload that, then ask again.',
    details: { missing },
  });
}

/** Takes an upload away, its manifest last. Never a version. Throws `unknown-version`, `publish-conflict`. */
export async function removeUpload(bucket: R2Bucket, version: string): Promise<void> {
  const { manifest } = await staged(bucket, version);
  await requireNew(bucket, version);
  await deletePieces(bucket, version);
  await answerOfR2(bucket.delete(manifest.files.map(({ name }) => artifactKey(version, name))));
  await answerOfR2(bucket.delete(artifactKey(version, STAGED)));
}

async function keysUnder(bucket: R2Bucket, prefix: string): Promise<Set<string>> {
  return new Set((await answerOfR2(listObjects(bucket, prefix))).map(({ key }) => key));
}

function uploadOf({ version, files }: Manifest, keys: ReadonlySet<string>): Upload {
  const state = files.map(({ name, bytes }) => ({
    name,
    bytes,
    uploaded: keys.has(artifactKey(version, name)),
    pieces: piecesAmong(keys, version, name),
  }));
  return { version, files: state };
}

async function staged(bucket: R2Bucket, version: string) {
  const bytes = await bytesAt(bucket, artifactKey(version, STAGED));
  if (bytes) return { manifest: manifestIn(bytes), bytes };
  throw new MarqueeError('unknown-version', `no upload of ${version} has begun`, {
    fix: `PUT /admin/uploads/${version}/manifest.json begins it.`,
  });
}

async function bytesAt(bucket: R2Bucket, key: string): Promise<Uint8Array<ArrayBuffer> | null> {
  const object = await answerOfR2(bucket.get(key));
  return object && (await bytesOf(object, key));
}

function manifestIn(bytes: Uint8Array): Manifest {
  try {
    return parseManifest(new TextDecoder().decode(bytes));
  } catch (error) {
    if (!(error instanceof MarqueeError)) throw error;
    throw badData(error.message, error.fix);
  }
}

/** A file of a name of the manifest's own would make the version whole before it is. */
function requireFileNames({ files }: Manifest): void {
  const names = files.map(({ name }) => name);
  if (names.length > MOST_FILES || new Set(names).size < names.length) {
    throw badData(`manifest.json lists ${names.length} files, expected at most ${MOST_FILES}, each once`);
  }
  const odd = names.find((name) => !FILE_NAME.test(name) || name === FILES.manifest || name === STAGED);
  if (odd !== undefined) throw badData(`manifest.json lists ${JSON.stringify(odd)}, which is no file’s name`);
  const large = files.find(({ bytes }) => bytes > LARGEST_FILE);
  if (large) throw tooLarge(`${large.name} has ${large.bytes} bytes, expected at most ${LARGEST_FILE}`);
}

async function requireNew(bucket: R2Bucket, version: string): Promise<void> {
  if (await answerOfR2(bucket.head(artifactKey(version, FILES.manifest)))) throw isThere(version);
}

async function requireSame(bucket: R2Bucket, key: string, entry: FileEntry): Promise<void> {
  const object = await answerOfR2(bucket.head(key));
  if (object && isWhole(object, entry)) return;
  throw conflict(`${key} is there with other bytes`, 'DELETE the upload, and begin anew.');
}

function isWhole(object: R2Object, entry: FileEntry): boolean {
  try {
    return checkWhole(object, entry);
  } catch {
    return false;
  }
}

function areEqual(a: Uint8Array | null, b: Uint8Array): boolean {
  return a !== null && a.length === b.length && a.every((byte, at) => byte === b[at]);
}

function isThere(version: string): MarqueeError {
  return conflict(`version ${version} is there already`, 'Nothing was changed. The list of versions has it.');
}

function conflict(message: string, fix: string): MarqueeError {
  return new MarqueeError('publish-conflict', message, { fix });
}

function badData(message: string, fix = 'Choose all files of one folder that npm run train wrote.'): MarqueeError {
  return new MarqueeError('bad-data', message, { fix });
}
