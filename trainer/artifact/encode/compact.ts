import {
  COMPACT_COLUMNS,
  type CompactColumn,
  coded,
  codesOf,
  PLANES,
  type Precision,
  STEPS,
} from '../../../shared/artifact/compact.ts';
import { byPopularity } from '../../../shared/artifact/serving-layout.ts';
import { batchOf, fileOf, vectors } from '../arrow-data.ts';
import type { MovieColumns } from '../columns.ts';
import { catalogueColumns } from './catalogue.ts';

/** compact.arrow: one record batch, and the step of each column's codes in the schema's metadata. */
export function encodeCompact(columns: MovieColumns, precision: Precision): Uint8Array<ArrayBuffer> {
  const M = columns.movieIds.length;
  const values = vectorsOf(columns);
  const order = byPopularity(columns.ratingCounts);
  const steps: Record<string, number> = {};
  const compact = catalogueColumns(columns);
  for (const name of COMPACT_COLUMNS) {
    const { step, planes } = codesOf(name, values[name], order, precision);
    steps[name] = step;
    planes.forEach((plane, p) => {
      compact[`${name}${PLANES[p]}`] = vectors(plane, M);
    });
  }
  return fileOf([batchOf(M, compact, new Map([[STEPS, JSON.stringify(steps)]]))]);
}

/** The columns with vectors that compact.arrow can say. */
export function codedVectors(columns: MovieColumns, precision: Precision): MovieColumns {
  const values = vectorsOf(columns);
  const M = columns.movieIds.length;
  const asCoded = (name: CompactColumn) => coded(name, values[name], values[name].length / M, precision);
  return {
    ...columns,
    factors: asCoded('factors'),
    relevance: asCoded('relevance'),
    history: asCoded('history'),
    priors: asCoded('prior'),
    factorVariances: asCoded('factorVariance'),
  };
}

function vectorsOf(columns: MovieColumns): Record<CompactColumn, Float32Array> {
  const { factors, relevance, history, priors: prior, factorVariances: factorVariance } = columns;
  return { factors, relevance, history, prior, factorVariance };
}
