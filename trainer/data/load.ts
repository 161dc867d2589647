import { dirname } from 'node:path';
import { MarqueeError } from '../../shared/errors.ts';
import type { Dataset, Pairs, Ratings } from './dataset.ts';
import { digestRatings } from './digest.ts';
import { locateDataset, type ResolveOptions, resolveDataset } from './locate.ts';
import { findFiles, findIn, kindOf, otherRatingFiles } from './movielens/find.ts';
import { withLinks } from './movielens/links.ts';
import { readMovies } from './movielens/movies.ts';
import { type OnNote, readPairs, readRatings } from './movielens/ratings.ts';
import { RatingSummary } from './review.ts';

const SPLIT_NAME = /^u[1-5ab]$/;

/**
 * Reads what `--data` names: a known data set (downloaded where this disk lacks it), or a folder or rating file in any
 * MovieLens layout, with the movie file beside it where there is one.
 *
 * @throws MarqueeError `unknown-dataset`, `download-failed`, `bad-data`, `bad-row`, `bad-rating`.
 * @example
 * const { ratings, movies } = await loadDataset('ml-latest-small-2016');
 */
export async function loadDataset(spec: string, options: ResolveOptions = {}): Promise<Dataset> {
  const files = await resolveDataset(spec, options);
  const { onNote } = options;
  const ratings = await readRatings(files.ratings, { onNote });
  const others = await otherRatingFiles(files.ratings);
  if (others.length > 0) onNote?.(`${files.ratings} is read, and not ${others.join(' or ')} beside it`);
  const movies = await moviesIn(files.movies, onNote);
  for (const note of new RatingSummary().add(ratings).notes(movies)) onNote?.(`${files.ratings}: ${note}`);
  return { name: files.name, ratings, movies, sha256: digestRatings(ratings) };
}

/** The films of a movie file, with the links beside it; none where there is no file. */
export async function moviesIn(file: string | null, onNote?: OnNote): Promise<Dataset['movies']> {
  return file === null ? new Map() : withLinks(await readMovies(file), file, onNote);
}

/**
 * Reads the ratings of one file (or of a folder's rating file) in any MovieLens layout, plain or gzipped, in the file's
 * order, each (user, movie) once: the latest timestamp wins, of equal ones the later row.
 *
 * @throws MarqueeError `not-found`, `bad-data`, `bad-row`, `bad-rating`.
 */
export async function loadRatings(path: string, onNote?: OnNote): Promise<Ratings> {
  return readRatings((await findFiles(path)).ratings, { onNote });
}

/**
 * Reads the (user, movie) pairs of a file, whose rating column may be absent and is ignored. Every row stays, in the file's
 * order, so that row n of an answer belongs to row n of the file.
 *
 * @throws MarqueeError `not-found`, `bad-data`, `bad-row`.
 */
export async function loadPairs(path: string): Promise<Pairs> {
  return readPairs((await findFiles(path)).ratings);
}

/**
 * Reads one of ML-100K's published splits, `u1` to `u5` (80/20) or `ua`, `ub` (10 test ratings a user), from the folder that
 * `spec` names, or the folder of the file that it names.
 *
 * @throws MarqueeError `bad-flag` for another split name; `bad-data` when the folder lacks the split's files; and all
 *   of `loadDataset`.
 */
export async function loadSplitPair(
  spec: string,
  split: string,
  options: ResolveOptions = {},
): Promise<{ train: Ratings; test: Ratings }> {
  if (!SPLIT_NAME.test(split)) {
    throw new MarqueeError('bad-flag', `got the split "${split}", expected u1 to u5, ua or ub`, { details: { split } });
  }
  const { path } = await locateDataset(spec, options);
  const folder = (await kindOf(path)) === 'folder' ? path : dirname(path);
  const train = await findIn(folder, [`${split}.base`]);
  const test = await findIn(folder, [`${split}.test`]);
  const { onNote } = options;
  return { train: await readRatings(train, { onNote }), test: await readRatings(test, { onNote }) };
}
