import type { MovieTable } from '../../shared/model.ts';
import { Kernel } from '../../worker/kernel.ts';
import { type MovieVectors, VECTOR_COLUMNS, VectorWriter } from '../../worker/movie-vectors.ts';

/** A table's vectors in a kernel's memory, written in pieces that end in the middle of rows. */
export function vectorsOf(module: WebAssembly.Module, movies: MovieTable, room?: number): MovieVectors {
  const writer = new VectorWriter(new Kernel(module), movies, room);
  const { factors, relevance, history, priors: prior, factorVariances: factorVariance } = movies;
  const columns = { factors, relevance, history, prior, factorVariance };
  for (const name of VECTOR_COLUMNS) {
    const bytes = new Uint8Array(columns[name].buffer, columns[name].byteOffset, columns[name].byteLength);
    for (let at = 0; at < bytes.length; at += 100_003) writer.write(name, bytes.subarray(at, at + 100_003));
  }
  return writer.finish();
}
