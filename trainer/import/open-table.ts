import { readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { MarqueeError } from '../../shared/errors.ts';
import { kindOf } from '../data/movielens/find.ts';
import { openArrow } from './arrow.ts';
import { openParquet } from './parquet.ts';
import type { Part, Table } from './table.ts';

const READERS: readonly (readonly [ending: RegExp, open: (path: string) => Promise<Part>])[] = [
  [/\.parquet$/i, openParquet],
  [/\.(arrow|arrows|ipc|feather)$/i, openArrow],
];

/**
 * Opens a Parquet or Arrow file, or a folder of such parts. Hidden files and Spark's `_SUCCESS` are passed over.
 *
 * @throws `not-found`, `bad-data` where nothing there is such a file, or where parts differ in their columns
 */
export async function openTable(path: string): Promise<Table> {
  const files = await filesOf(path);
  const parts = await Promise.all(files.map(async (file) => ({ file, part: await openPart(file) })));
  const { columns } = parts[0].part;
  for (const { file, part } of parts) {
    if (part.columns.join() === columns.join()) continue;
    throw new MarqueeError(
      'bad-data',
      `${file}: got the columns ${part.columns.join(', ')}, expected ${columns.join(', ')} as in ${files[0]}`,
      { fix: 'The parts of a folder must be of one table.' },
    );
  }
  return {
    path,
    columns,
    async *chunks(names) {
      for (const { file, part } of parts) {
        for await (const chunk of readable(file, part.chunks(names))) yield { ...chunk, file: basename(file) };
      }
    },
  };
}

async function openPart(file: string): Promise<Part> {
  const reader = READERS.find(([ending]) => ending.test(file));
  if (!reader) throw notATable(file);
  try {
    return await reader[1](file);
  } catch (cause) {
    throw unreadable(file, cause);
  }
}

/** The same chunks; what the decoders throw becomes `bad-data`. */
async function* readable<T>(file: string, chunks: AsyncGenerator<T>): AsyncGenerator<T> {
  try {
    yield* chunks;
  } catch (cause) {
    throw cause instanceof MarqueeError ? cause : unreadable(file, cause);
  }
}

async function filesOf(path: string): Promise<string[]> {
  const [, bucket] = /^s3[an]?:\/\/(.*)$/i.exec(path) ?? [];
  if (bucket !== undefined) {
    throw new MarqueeError('not-found', `${path}: tables are read from folders of this machine`, {
      fix: `Bring it here first: aws s3 sync s3://${bucket} FOLDER (trainer/spark/README.md, "What it reads").`,
    });
  }
  const kind = await kindOf(path);
  if (kind === null) {
    throw new MarqueeError('not-found', `${path}: no such file or folder`, {
      fix: 'Name a Parquet or Arrow file, or a folder of such parts.',
    });
  }
  if (kind === 'file') return [path];
  const names = (await readdir(path)).filter((name) => READERS.some(([ending]) => ending.test(name)));
  const files = names.filter((name) => !/^[._]/.test(name)).sort();
  if (files.length === 0) throw notATable(path);
  return files.map((name) => join(path, name));
}

function notATable(path: string): MarqueeError {
  return new MarqueeError('bad-data', `${path}: no Parquet or Arrow file`, {
    fix: 'Expected a file that ends in .parquet, .arrow, .ipc or .feather, or a folder of such parts.',
  });
}

function unreadable(file: string, cause: unknown): MarqueeError {
  return new MarqueeError('bad-data', `${file} could not be read: ${cause instanceof Error ? cause.message : cause}`, {
    fix: 'The file is damaged, or written in a way that is not read. Write it again, Arrow files without compression.',
    cause,
  });
}
