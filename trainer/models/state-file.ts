import { createHash } from 'node:crypto';
import { type FileHandle, mkdir, open, rm, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { MarqueeError } from '../../shared/errors.ts';
import { partialOf, writeWhole } from '../artifact/write-whole.ts';
import type { FloatArray } from '../math/dense.ts';

const FORMAT_VERSION = 2;
const ARRAYS = { float32: Float32Array, float64: Float64Array } as const;
/** Bytes searched for the header, more than any has, so that a file of another kind is not read to its end. */
const MAX_HEADER = 1 << 20;

/** What a state belongs to, by name: data, engine, every setting. Training resumes only where all of them are the same. */
export type TrainingIdentity = Readonly<Record<string, string | number | null>>;

/** The state of a training: a few values, and arrays by name. */
export interface TrainingState {
  readonly values: Readonly<Record<string, unknown>>;
  readonly arrays: ReadonlyMap<string, FloatArray>;
}

const headerSchema = z.object({
  formatVersion: z.int(),
  training: z.record(z.string(), z.union([z.string(), z.number(), z.null()])),
  values: z.record(z.string(), z.unknown()),
  sections: z.array(z.object({ name: z.string(), type: z.enum(['float32', 'float64']), length: z.int().min(0) })),
});
type Header = z.infer<typeof headerSchema>;

/**
 * Writes a state to a file in `folder`, whole or not at all: it writes a partial file and renames it.
 *
 * ```
 * sha256 of all that follows, hex, newline
 * header: JSON of `headerSchema` in one line, newline
 * sections in the header's order, without gaps: little-endian floats, as wide as in memory
 * ```
 */
export async function writeStateFile(
  folder: string,
  name: string,
  training: TrainingIdentity,
  { values, arrays }: TrainingState,
): Promise<void> {
  const sections = Array.from(arrays, ([name, { length, BYTES_PER_ELEMENT }]) => ({
    name,
    type: BYTES_PER_ELEMENT === 4 ? ('float32' as const) : ('float64' as const),
    length,
  }));
  const bodies = Array.from(
    arrays.values(),
    ({ buffer, byteOffset, byteLength }) => new Uint8Array(buffer, byteOffset, byteLength),
  );
  const header: Header = { formatVersion: FORMAT_VERSION, training, values, sections };
  const parts = [new TextEncoder().encode(`${JSON.stringify(header)}\n`), ...bodies];
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  await mkdir(folder, { recursive: true });
  await writeWhole(join(folder, name), async (partial) => {
    const file = await open(partial, 'w');
    try {
      await file.writeFile(`${hash.digest('hex')}\n`);
      for (const part of parts) await file.writeFile(part);
      await file.sync();
    } finally {
      await file.close();
    }
  });
}

/**
 * The state in a file of `folder`, null where there is none.
 *
 * @throws `bad-data` when the file is damaged, or of another training, with what differs
 */
export async function readStateFile(
  folder: string,
  name: string,
  training: TrainingIdentity,
): Promise<TrainingState | null> {
  const path = join(folder, name);
  const file = await open(path, 'r').catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === 'ENOENT') return null;
    throw cause;
  });
  if (!file) return null;
  try {
    return await readOpen(file, path, training);
  } finally {
    await file.close();
  }
}

/** Deletes what `writeStateFile` wrote, and the folder where it is then empty. */
export async function removeStateFile(folder: string, name: string): Promise<void> {
  const path = join(folder, name);
  for (const file of [path, partialOf(path)]) await rm(file, { force: true });
  await rmdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (!['ENOENT', 'ENOTEMPTY', 'EEXIST'].includes(error.code ?? '')) throw error;
  });
}

async function readOpen(file: FileHandle, path: string, training: TrainingIdentity): Promise<TrainingState> {
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
  const arrays = new Map<string, FloatArray>();
  let position = bodyStart;
  for (const { name, type, length } of header.sections) {
    const values = new ARRAYS[type](length);
    const bytes = new Uint8Array(values.buffer);
    for (let at = 0; at < bytes.length; ) {
      const read = await file.read(bytes, at, bytes.length - at, position + at);
      if (read.bytesRead === 0) throw damaged(`${path} ended while it was read`);
      at += read.bytesRead;
    }
    position += bytes.length;
    hash.update(bytes);
    arrays.set(name, values);
  }
  const got = hash.digest('hex');
  if (got !== expected) throw damaged(`${path}: got sha256 ${got}, expected ${expected}`);
  return { values: header.values, arrays };
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

function ofAnother(path: string, found: TrainingIdentity, wanted: TrainingIdentity, differences: readonly string[]) {
  const lines = differences.map(
    (name) => `  ${name}: got ${found[name] ?? 'none'}, expected ${wanted[name] ?? 'none'}`,
  );
  return new MarqueeError('bad-data', `${path} is of another training:\n${lines.join('\n')}`, {
    fix: 'Train with the same data and settings to go on from it, or delete the file to start anew.',
    details: { differences },
  });
}
