import { broken, readTable, vectors, widthOf } from '../../artifact/arrow-columns.ts';
import { fileEntry, type Manifest } from '../../artifact/manifest.ts';
import { FILES, ONE_SCALE_FORMAT } from '../../artifact/schema.ts';
import { BLOCK, blocksOf, even, type PackedRows, PLAIN_COLUMNS } from '../../artifact/serving-layout.ts';

/** The vectors of serving.arrow, views of its bytes. */
export interface ServingVectors {
  readonly rating: Float32Array; // (B, C, 16), C = even(2 + K)
  readonly relevance: Float32Array; // (R, even(E), 16)
  /** (16 R, S·E), in format 3 (R, even(E), 16). */
  readonly history: Float32Array | PackedRows;
  readonly order: Int32Array; // (M)
  readonly priors: Float32Array | PackedRows; // (M, D)
  readonly factorVariances: Float32Array | PackedRows; // (M, K)
}

/** serving.arrow → its columns; nothing is copied. Throws `bad-artifact`. */
export function decodeServing(bytes: Uint8Array, manifest: Manifest): ServingVectors {
  const table = readTable(bytes, manifest, FILES.serving);
  const M = fileEntry(manifest, FILES.movies).rows;
  const { factors: K, relevanceFactors: E, historyScales: S } = manifest;
  const known = widthOf(table, 'relevance');
  if (known % (BLOCK * even(E)) !== 0) {
    throw broken(`serving.arrow: got ${known} numbers of relevance, expected a multiple of ${BLOCK * even(E)}`);
  }
  const positions = known / even(E);
  const rows = (name: string, width: number, count = M): Float32Array | PackedRows => {
    if (!table.getChild(`${name}Scale`)) return vectors(table, Float32Array, name, 1, count * width);
    return {
      bytes: vectors(table, Uint8Array, name, 1, count * width),
      scales: vectors(table, Float32Array, `${name}Scale`, 1, count),
    };
  };
  return {
    rating: vectors(table, Float32Array, 'rating', 1, BLOCK * blocksOf(M) * even(PLAIN_COLUMNS + K)),
    relevance: vectors(table, Float32Array, 'relevance', 1, known),
    history:
      manifest.formatVersion === ONE_SCALE_FORMAT
        ? vectors(table, Float32Array, 'history', 1, known)
        : rows('history', E, positions * S),
    order: vectors(table, Int32Array, 'order', 1, M),
    priors: rows('prior', K + 1),
    factorVariances: rows('factorVariance', K),
  };
}
