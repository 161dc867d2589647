import { MarqueeError } from '../../shared/errors.ts';
import { rowIndex } from '../../shared/math/row-index.ts';
import type { Movie } from '../data/dataset.ts';
import { distinct } from '../math/ids.ts';
import type { FactorTable } from './factor-rows.ts';
import { wrong } from './factor-rows.ts';

/** The movies of a catalogue, with what a table says of them. D = K + 1, the bias last. */
export interface MovieFactors {
  readonly factors: number; // K
  readonly movieIds: Int32Array; // (M) the catalogue's, ascending
  /** 1 where the table has the movie, else 0. */
  readonly known: Int32Array; // (M)
  readonly vectors: Float64Array; // (M, D)
  readonly variances: Float64Array; // (M, D)
  readonly ratingCounts: Int32Array; // (M)
  readonly ratingMeans: Float32Array; // (M)
}

/** The most factors that an artifact is served with. */
const MOST_FACTORS = 127;

/** Ids that an error names. */
const NAMED = 5;

/** @throws `bad-data` for movies that the catalogue lacks, twice the same, or vectors that are too long */
export async function readMovieFactors(
  table: FactorTable,
  catalogue: ReadonlyMap<number, Movie>,
): Promise<MovieFactors> {
  const movieIds = distinct(Int32Array.from(catalogue.keys()));
  const rowOf = rowIndex(movieIds);
  const M = movieIds.length;
  const [known, ratingCounts, ratingMeans] = [new Int32Array(M), new Int32Array(M), new Float32Array(M)];
  let [vectors, variances] = [new Float64Array(0), new Float64Array(0)];
  let K: number | null = null;
  const unknown: number[] = [];
  for await (const rows of table.rows(null, ['bias', 'variance', 'ratingCount', 'ratingMean'])) {
    const width = rows.factors.length / rows.ids.length;
    if (K === null) {
      K = requireRank(width, table.table.path);
      [vectors, variances] = [new Float64Array(M * (K + 1)), new Float64Array(M * (K + 1))];
    }
    const [biases, counts, means] = ['bias', 'ratingCount', 'ratingMean'].map((name) => rows.numbers(name, 0));
    for (let n = 0; n < rows.ids.length; n++) {
      const row = rowOf(rows.ids[n]);
      if (row < 0) {
        unknown.push(rows.ids[n]);
        continue;
      }
      if (known[row]) throw wrong(rows.chunk, n, 'id', `${rows.ids[n]} for the second time`, 'each movie once');
      known[row] = 1;
      vectors.set(rows.factors.subarray(n * K, (n + 1) * K), row * (K + 1));
      vectors[row * (K + 1) + K] = biases[n];
      variances.set(rows.list('variance', n), row * (K + 1));
      ratingCounts[row] = counts[n];
      ratingMeans[row] = means[n];
    }
  }
  requireKnown(unknown, table.table.path);
  if (K === null) throw new MarqueeError('bad-data', `${table.table.path}: no rows`);
  return { factors: K, movieIds, known, vectors, variances, ratingCounts, ratingMeans };
}

function requireRank(K: number, path: string): number {
  if (K >= 1 && K <= MOST_FACTORS) return K;
  throw new MarqueeError('bad-data', `${path}: got vectors of ${K} numbers, expected 1 to ${MOST_FACTORS}`, {
    fix: 'Train with fewer factors.',
  });
}

function requireKnown(unknown: readonly number[], path: string): void {
  if (unknown.length === 0) return;
  const named = `${unknown.slice(0, NAMED).join(', ')}${unknown.length > NAMED ? ', …' : ''}`;
  throw new MarqueeError(
    'bad-data',
    `${path}: got ${unknown.length} movies that the catalogue does not name: ${named}`,
    {
      fix: 'Nothing was written. Is it the catalogue of these factors? Else add the movies to it, or leave them out of the table.',
    },
  );
}
