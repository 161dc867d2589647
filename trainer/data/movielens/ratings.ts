import { MarqueeError } from '../../../shared/errors.ts';
import type { Pairs, Ratings } from '../dataset.ts';
import { withoutDuplicates } from '../duplicates.ts';
import { quote } from './bad-row.ts';
import { readLineBlocks } from './bytes.ts';
import type { Wanted } from './layout.ts';
import { RowParser } from './row-parser.ts';

/** Called with a sentence that people should know, once a kind of thing: what was read otherwise than it stands there. */
export type OnNote = (note: string) => void;

export interface ReadOptions {
  /** Bytes read at a time, 1 MiB by default. The result does not depend on it. */
  readonly chunkBytes?: number;
  readonly onNote?: OnNote;
}

/**
 * Reads one rating file in any MovieLens layout, plain or gzipped. Each (user, movie) stays once: the latest timestamp wins,
 * of equal ones the later row. Rows keep the file's order. Times in milliseconds and microseconds are known by their size and
 * become seconds.
 *
 * @throws MarqueeError `not-found`; `bad-row` at the first malformed line; `bad-rating` for ratings off the half-star scale,
 *   after the whole file was read, with their count; `bad-data` for a file without ratings.
 */
export async function readRatings(path: string, options: ReadOptions = {}): Promise<Ratings> {
  const parser = await parse(path, 'ratings', options);
  finish(path, parser, options);
  return withoutDuplicates(parser.rows.take());
}

/**
 * The same file, handed over as it is read, some rows at a time: every row, repeated pairs included. An error may come after
 * rows.
 */
export async function readRatingRows(
  path: string,
  take: (rows: Ratings) => void,
  options: ReadOptions = {},
): Promise<void> {
  const parser = await parse(path, 'ratings', options, take);
  finish(path, parser, options);
}

function finish(path: string, { offScale, times }: RowParser, { onNote }: ReadOptions): void {
  if (offScale.count > 0) {
    const { count, line, text } = offScale;
    const ratings = count === 1 ? '1 rating is' : `${count} ratings are`;
    throw new MarqueeError(
      'bad-rating',
      `${path}: ${ratings} off the scale, first at line ${line}: got ${quote(text)}, expected 0.5 to 5 in half stars`,
      {
        fix: 'Round the ratings to half stars. npm run catalogue reads other scales: --scale 0-10, 0-100, thumbs.',
        details: { file: path, count, line, got: quote(text) },
      },
    );
  }
  for (const note of times.notes(path)) onNote?.(note);
}

/**
 * Reads the (user, movie) pairs of a file in the same layouts. Ratings and timestamps may be absent and are ignored. Every row
 * stays, repeated ones included.
 *
 * @throws MarqueeError `not-found`, `bad-row`, `bad-data`, as `readRatings`.
 */
export async function readPairs(path: string, options: ReadOptions = {}): Promise<Pairs> {
  const { rows } = await parse(path, 'pairs', options);
  const { count, userIds, movieIds } = rows.take();
  return { count, userIds, movieIds };
}

/** @param take gets the rows of every block, which the parser then no longer has */
async function parse(
  path: string,
  wanted: Wanted,
  { chunkBytes }: ReadOptions,
  take?: (rows: Ratings) => void,
): Promise<RowParser> {
  const parser = new RowParser(path, wanted);
  let taken = 0;
  for await (const block of readLineBlocks(path, { chunkBytes, linesBefore: () => parser.line })) {
    parser.parse(block);
    taken += parser.rows.count;
    if (take) take(parser.rows.take());
  }
  if (taken === 0) throw withoutRows(path, parser);
  return parser;
}

function withoutRows(file: string, { line, hasHeader }: RowParser): MarqueeError {
  const blank = line - (hasHeader ? 1 : 0);
  const found = [...(hasHeader ? ['a header'] : []), ...(blank > 0 ? [`${blank} blank lines`] : [])].join(' and ');
  return new MarqueeError('bad-data', `${file}: got no row, expected at least one; it holds ${found || 'no byte'}`, {
    fix: 'The file is empty: fetch or write it again.',
    details: { file },
  });
}
