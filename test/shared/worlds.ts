import { join } from 'node:path';
import type { Model, MovieTable } from '../../shared/model.ts';
import { openArtifact, readArtifact } from '../../trainer/artifact.ts';

const FIXTURE = join(import.meta.dirname, '../fixtures/artifact');

export interface Fixture extends Model {
  readonly users: Uint8Array;
  /** By file name. */
  readonly files: ReadonlyMap<string, Uint8Array<ArrayBuffer>>;
}

/** `test/fixtures/artifact`, decoded. */
export async function loadFixture(): Promise<Fixture> {
  const artifact = await readArtifact(FIXTURE);
  return { ...openArtifact(artifact), files: artifact.files };
}

/** A movie table of titles alone, movie ids 10, 20, 30 …; the rest zero unless given. */
export function movieTable(titles: readonly string[], columns: Partial<MovieTable> = {}): MovieTable {
  const M = titles.length;
  const movieIds = Int32Array.from(titles, (_, row) => 10 * (row + 1));
  return {
    count: M,
    factorCount: 1,
    relevanceCount: 1,
    movieIds,
    years: new Int16Array(M),
    genreBits: new Uint32Array(M),
    genreNames: [],
    ratingCounts: new Int32Array(M),
    ratingMeans: new Float32Array(M),
    deviations: new Float32Array(M),
    biases: new Float32Array(M),
    factors: new Float32Array(M),
    relevance: new Float32Array(M),
    history: new Float32Array(M),
    priors: new Float32Array(2 * M),
    factorVariances: new Float32Array(M),
    title: (row) => titles[row],
    rowOf: (movieId) => movieIds.indexOf(movieId),
    ...columns,
  };
}
