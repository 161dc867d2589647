import { createHash } from 'node:crypto';
import { type FileHandle, mkdir, open, rename, rm, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { MarqueeError } from '../shared/errors.ts';
import type { FactorizationState } from './factorization.ts';
import type { SideState } from './side.ts';

/** A checkpoint's file in its folder. */
export const CHECKPOINT_FILE = 'rating-model.checkpoint';

/** What is being written. */
const PARTIAL_FILE = `.${CHECKPOINT_FILE}.partial`;

const FORMAT_VERSION = 1;
const ARRAYS = { float32: Float32Array, float64: Float64Array } as const;
/** Nobody's header is as long; a file of something else is not searched to its end. */
const MAX_HEADER = 1 << 20;
const DEFAULT_SECONDS = 10;

/** What a state belongs to, by name: data, engine, every setting. A state goes on only where all of them are the same. */
export type TrainingIdentity = Readonly<Record<string, string | number | null>>;

const headerSchema = z.object({
  formatVersion: z.int(),
  training: z.record(z.string(), z.union([z.string(), z.number(), z.null()])),
  sweep: z.int().min(1),
  tau: z.number().positive(),
  sections: z.array(
    z.object({
      side: z.enum(['users', 'movies']),
      name: z.enum(['means', 'variances', 'covariances', 'priorMeans', 'precision', 'weights']),
      type: z.enum(['float32', 'float64']),
      length: z.int().min(0),
    }),
  ),
});
type Header = z.infer<typeof headerSchema>;
type Section = Header['sections'][number];

/**
 * Writes the state of a factorisation to `folder`, whole or not at all: a file beside it is written, then renamed.
 *
 * ```
 * sha256 of all that follows, hex, newline
 * header: JSON of `headerSchema` in one line, newline
 * sections, one behind another in the header's order: little-endian floats, as wide as the engine's own
 * ```
 */
export async function writeCheckpoint(
  folder: string,
  training: TrainingIdentity,
  { sweep, tau, users, movies }: FactorizationState,
): Promise<void> {
  const bodies: Uint8Array[] = [];
  const sections: Section[] = [];
  for (const [side, state] of [
    ['users', users],
    ['movies', movies],
  ] as const) {
    for (const [name, values] of Object.entries(state) as [Section['name'], Float32Array | Float64Array][]) {
      sections.push({
        side,
        name,
        type: values instanceof Float32Array ? 'float32' : 'float64',
        length: values.length,
      });
      bodies.push(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
    }
  }
  const header: Header = { formatVersion: FORMAT_VERSION, training, sweep, tau, sections };
  const parts = [new TextEncoder().encode(`${JSON.stringify(header)}\n`), ...bodies];
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  await mkdir(folder, { recursive: true });
  const partial = join(folder, PARTIAL_FILE);
  const file = await open(partial, 'w');
  try {
    await file.writeFile(`${hash.digest('hex')}\n`);
    for (const part of parts) await file.writeFile(part);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(partial, join(folder, CHECKPOINT_FILE));
}

/**
 * The state that `folder` holds, null where it holds none.
 *
 * @throws `bad-data` when the file is damaged, or of another training: the message names what differs
 */
export async function readCheckpoint(folder: string, training: TrainingIdentity): Promise<FactorizationState | null> {
  const path = join(folder, CHECKPOINT_FILE);
  const file = await open(path, 'r').catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === 'ENOENT') return null;
    throw cause;
  });
  if (!file) return null;
  try {
    return await readState(file, path, training);
  } finally {
    await file.close();
  }
}

/** Deletes what `writeCheckpoint` wrote, and the folder if nothing else is in it. */
export async function removeCheckpoint(folder: string): Promise<void> {
  for (const name of [CHECKPOINT_FILE, PARTIAL_FILE]) await rm(join(folder, name), { force: true });
  await rmdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (!['ENOENT', 'ENOTEMPTY', 'EEXIST'].includes(error.code ?? '')) throw error;
  });
}

async function readState(file: FileHandle, path: string, training: TrainingIdentity): Promise<FactorizationState> {
  const start = new Uint8Array(MAX_HEADER);
  const { bytesRead } = await file.read(start, 0, MAX_HEADER, 0);
  const text = new TextDecoder('latin1').decode(start.subarray(0, bytesRead));
  const [, expected, json] = /^([0-9a-f]{64})\n([^\n]*)\n/.exec(text) ?? [];
  if (!expected) throw damaged(`${path} is not a checkpoint`);
  const header = parseHeader(json, path);
  const differences = [...new Set([...Object.keys(header.training), ...Object.keys(training)])].filter(
    (name) => header.training[name] !== training[name],
  );
  const bodyStart = expected.length + json.length + 2;
  const bodyBytes = header.sections.reduce((sum, { type, length }) => sum + length * ARRAYS[type].BYTES_PER_ELEMENT, 0);
  const { size } = await file.stat();
  if (size !== bodyStart + bodyBytes) throw damaged(`${path}: got ${size} bytes, expected ${bodyStart + bodyBytes}`);
  if (differences.length > 0) throw ofAnother(path, header.training, training, differences);

  const hash = createHash('sha256').update(start.subarray(expected.length + 1, bodyStart));
  const sides: Record<'users' | 'movies', Record<string, Float32Array | Float64Array>> = { users: {}, movies: {} };
  let position = bodyStart;
  for (const { side, name, type, length } of header.sections) {
    const values = new ARRAYS[type](length);
    const bytes = new Uint8Array(values.buffer);
    for (let at = 0; at < bytes.length; ) {
      const read = await file.read(bytes, at, bytes.length - at, position + at);
      if (read.bytesRead === 0) throw damaged(`${path} ended while it was read`);
      at += read.bytesRead;
    }
    position += bytes.length;
    hash.update(bytes);
    sides[side][name] = values;
  }
  const got = hash.digest('hex');
  if (got !== expected) throw damaged(`${path}: got sha256 ${got}, expected ${expected}`);
  return { sweep: header.sweep, tau: header.tau, users: sides.users as SideState, movies: sides.movies as SideState };
}

function parseHeader(json: string, path: string): Header {
  let header: unknown;
  try {
    header = JSON.parse(json);
  } catch (cause) {
    throw damaged(`${path}: the header is not JSON`, cause);
  }
  const version = (header as { formatVersion?: unknown } | null)?.formatVersion;
  if (version !== FORMAT_VERSION) {
    throw damaged(`${path}: got formatVersion ${JSON.stringify(version)}, expected ${FORMAT_VERSION}`);
  }
  const parsed = headerSchema.safeParse(header);
  if (!parsed.success) throw damaged(`${path}: ${z.prettifyError(parsed.error)}`);
  return parsed.data;
}

function damaged(message: string, cause?: unknown): MarqueeError {
  return new MarqueeError('bad-data', message, { fix: 'Delete the file, and training starts anew.', cause });
}

function ofAnother(path: string, held: TrainingIdentity, wanted: TrainingIdentity, differences: readonly string[]) {
  const lines = differences.map((name) => `  ${name}: got ${held[name] ?? 'none'}, expected ${wanted[name] ?? 'none'}`);
  return new MarqueeError('bad-data', `${path} is of another training:\n${lines.join('\n')}`, {
    fix: 'Train with the same data and settings to go on from it, or delete the file to start anew.',
    details: { differences },
  });
}

/** How a training keeps its state. */
export interface CheckpointSettings {
  readonly folder: string;
  /** Least time between two writes; 10 by default. The last sweep's state is always written. */
  readonly everySeconds?: number;
}

/** Keeps the state of one training. */
export interface CheckpointKeeper {
  /** What an interrupted training left. */
  readonly resume: FactorizationState | undefined;
  /** Writes the state when it is due or `now`. */
  keep(state: () => Promise<FactorizationState>, now: boolean): Promise<void>;
}

/** Reads what an interrupted training of the same identity left, and writes from now on. Throws like `readCheckpoint`. */
export async function keepCheckpoints(
  { folder, everySeconds = DEFAULT_SECONDS }: CheckpointSettings,
  training: TrainingIdentity,
): Promise<CheckpointKeeper> {
  const resume = (await readCheckpoint(folder, training)) ?? undefined;
  let written = performance.now();
  return {
    resume,
    async keep(state, now) {
      if (!now && performance.now() - written < everySeconds * 1000) return;
      await writeCheckpoint(folder, training, await state());
      written = performance.now();
    },
  };
}
