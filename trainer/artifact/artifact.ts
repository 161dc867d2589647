import { createHash, randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { RangeReader } from '../../shared/artifact/arrow-file.ts';
import { MOST_COMPACT, type Precision, TRAINED } from '../../shared/artifact/compact.ts';
import {
  type FileEntry,
  fileEntry,
  type Manifest,
  manifestSchema,
  parseManifest,
  verifyFile,
} from '../../shared/artifact/manifest.ts';
import { FILES, REQUIRED_FILES } from '../../shared/artifact/schema.ts';
import type { StoredUser } from '../../shared/artifact/user-batch.ts';
import { readAllUsers, usersChecksums } from '../../shared/artifact/users-file.ts';
import { MarqueeError } from '../../shared/errors.ts';
import { decodeModel } from '../../shared/model/decode/model.ts';
import type { Model, NextModel } from '../../shared/model/model.ts';
import type { MovieColumns, PosteriorColumns, UserColumns } from './columns.ts';
import { encodeMovies } from './encode/catalogue.ts';
import { codedVectors, encodeCompact } from './encode/compact.ts';
import { encodeNext } from './encode/next.ts';
import { encodePosterior } from './encode/posterior.ts';
import { encodeServing } from './encode/serving.ts';
import { encodeUsers } from './encode/users.ts';
import { servingColumns } from './serving-layout.ts';
import { writeFolder } from './write-folder.ts';

export interface ArtifactColumns {
  readonly movies: MovieColumns;
  readonly users: UserColumns;
  readonly posterior: PosteriorColumns;
  readonly next?: NextModel;
}

/** A version name, which sorts by time: `20261122T023145Z-1a2b3c`. */
export function newVersion(now = new Date(), suffix = randomBytes(3).toString('hex')): string {
  return `${now.toISOString().replace(/[-:]|\.\d+/g, '')}-${suffix}`;
}

/** A version's files by name, the manifest included: what an artifact folder contains and R2 serves. */
export interface Artifact {
  readonly manifest: Manifest;
  readonly files: ReadonlyMap<string, Uint8Array<ArrayBuffer>>;
  /** Reads users.arrow where it is too large for `files`. */
  readonly users?: RangeReader;
}

/** Every user that an artifact stores, ascending by id. */
export function usersOf({ manifest, files, users }: Artifact): AsyncGenerator<StoredUser> {
  return readAllUsers(users ?? files.get(FILES.users)!, manifest);
}

/**
 * Encodes a trained model: its Arrow files, and the manifest that lists their sizes and hashes.
 *
 * @param description the manifest without `files`
 */
export function buildArtifact(description: Omit<Manifest, 'files'>, tables: ArtifactColumns): Artifact {
  const users = encodeUsers(tables.users);
  const { manifest, files } = buildAround(
    description,
    describeFile(FILES.users, tables.users.userIds.length, users),
    tables,
  );
  return { manifest, files: new Map([...files, [FILES.users, users]]) };
}

/**
 * The same where users.arrow is written already: an artifact without its bytes.
 *
 * @param users its line of the manifest
 * @param precision to which the vectors of a catalogue with a compact file are rounded
 */
export function buildAround(
  description: Omit<Manifest, 'files'>,
  users: FileEntry,
  { movies: learned, posterior, next }: Omit<ArtifactColumns, 'users'>,
  precision: Precision = TRAINED,
): Artifact {
  const isCompact = learned.movieIds.length <= MOST_COMPACT;
  const movies = isCompact ? codedVectors(learned, precision) : learned;
  const contents: [string, number, Uint8Array<ArrayBuffer>][] = [
    [FILES.movies, movies.movieIds.length, encodeMovies(movies)],
    [FILES.posterior, 1, encodePosterior(posterior)],
    [FILES.serving, 1, encodeServing(servingColumns(movies, description.mean))],
    ...(next ? [nextFile(next, movies)] : []),
    ...(isCompact ? [compactFile(movies, precision)] : []),
  ];
  const [first, ...others] = contents.map(([name, rows, bytes]) => describeFile(name, rows, bytes));
  const manifest = manifestSchema.parse({ ...description, files: [first, users, ...others] });
  return withManifest(
    manifest,
    contents.map(([name, , bytes]) => [name, bytes]),
  );
}

function nextFile(next: NextModel, { movieIds }: MovieColumns): [string, number, Uint8Array<ArrayBuffer>] {
  return [FILES.next, 1, encodeNext(next, movieIds)];
}

function compactFile(movies: MovieColumns, precision: Precision): [string, number, Uint8Array<ArrayBuffer>] {
  const packed = new Uint8Array(gzipSync(encodeCompact(movies, precision), { level: 9 }));
  return [FILES.compact, movies.movieIds.length, packed];
}

/** The artifact with one more file, listed in its manifest. Replaces one of that name. */
export function withFile(artifact: Artifact, name: string, bytes: Uint8Array<ArrayBuffer>, rows: number): Artifact {
  const { manifest, users } = artifact;
  const others = manifest.files.filter((file) => file.name !== name);
  const files = [...others, describeFile(name, rows, bytes)];
  const added = withManifest({ ...manifest, files }, [...artifact.files, [name, bytes]]);
  return users ? { ...added, users } : added;
}

/** The artifact without some of its files. */
export function withoutFiles({ manifest, files }: Artifact, goes: (name: string) => boolean): Artifact {
  const others = manifest.files.filter(({ name }) => !goes(name));
  return withManifest(
    { ...manifest, files: others },
    [...files].filter(([name]) => !goes(name)),
  );
}

/** The artifact with quality that was measured after it was made. */
export function withMetrics({ manifest, files }: Artifact, metrics: Manifest['metrics']): Artifact {
  return withManifest({ ...manifest, metrics }, files);
}

function describeFile(name: string, rows: number, bytes: Uint8Array): FileEntry {
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  const checksums = name === FILES.users ? { checksums: usersChecksums(bytes) } : {};
  return { name, bytes: bytes.length, sha256, rows, ...checksums };
}

function withManifest(manifest: Manifest, files: Iterable<readonly [string, Uint8Array<ArrayBuffer>]>): Artifact {
  const text = new TextEncoder().encode(`${JSON.stringify(manifest, null, 2)}\n`);
  return { manifest, files: new Map([...files, [FILES.manifest, text]]) };
}

/** Writes an artifact folder, whole or not at all (`writeFolder`). */
export async function writeArtifact(folder: string, artifact: Artifact): Promise<void> {
  await writeFolder(folder, (partial) => writeFiles(partial, artifact));
}

/** Writes the files of an artifact into a folder. */
export async function writeFiles(folder: string, { files }: Artifact): Promise<void> {
  for (const [name, bytes] of files) await writeFile(join(folder, name), bytes);
}

/**
 * Reads an artifact folder and checks every file against the manifest. Throws `no-model` where there is none, `bad-artifact`
 * where a file is not what the manifest says.
 */
export async function readArtifact(folder: string): Promise<Artifact> {
  const manifestBytes = await read(folder, FILES.manifest);
  const manifest = parseManifest(new TextDecoder().decode(manifestBytes));
  const files = new Map<string, Uint8Array<ArrayBuffer>>([[FILES.manifest, manifestBytes]]);
  for (const { name } of manifest.files) {
    const bytes = await read(folder, name);
    await verifyFile(bytes, fileEntry(manifest, name));
    files.set(name, bytes);
  }
  return { manifest, files };
}

/** An artifact as predictions need it: the model and the bytes of users.arrow. */
export function openArtifact({ manifest, files }: Artifact): Model & { users: Uint8Array } {
  const [movies, users, posterior] = REQUIRED_FILES.map((name) => files.get(name)!);
  const [profiles, next] = [files.get(FILES.profiles), files.get(FILES.next)];
  return { ...decodeModel(manifest, { movies, posterior, profiles, next }), users };
}

async function read(folder: string, name: string): Promise<Uint8Array<ArrayBuffer>> {
  try {
    // A copy, because Node may return a slice of a pool, while Arrow needs aligned buffers.
    return new Uint8Array(await readFile(join(folder, name)));
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ENOENT') throw cause;
    throw new MarqueeError('no-model', `${join(folder, name)} does not exist`, {
      fix: 'Name an artifact folder that `npm run train` wrote, for example models/<version>.',
      cause,
    });
  }
}
