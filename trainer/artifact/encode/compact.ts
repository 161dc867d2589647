import {
  COMPACT_CODING,
  COMPACT_COLUMNS,
  type CompactColumn,
  codesOf,
  rounded,
  STEPS,
} from '../../../shared/artifact/compact.ts';
import { byPopularity } from '../../../shared/artifact/serving-layout.ts';
import { batchOf, fileOf, vectors } from '../arrow-data.ts';
import type { MovieColumns } from '../columns.ts';
import { catalogueColumns } from './catalogue.ts';

/**
 * compact.arrow: one record batch, and the step of each kind of codes in the schema's metadata; and residual.arrow, one
 * record batch.
 */
export function encodeCompact(columns: MovieColumns): Record<'compact' | 'residual', Uint8Array<ArrayBuffer>> {
  const M = columns.movieIds.length;
  const values = vectorsOf(columns);
  const order = byPopularity(columns.ratingCounts);
  const steps: Record<string, number> = {};
  const compact = catalogueColumns(columns);
  const residuals: typeof compact = {};
  for (const name of COMPACT_COLUMNS) {
    const { step, low, high, residual } = codesOf(values[name], order, COMPACT_CODING[name]);
    steps[name] = step;
    compact[`${name}Low`] = vectors(low, M);
    compact[`${name}High`] = vectors(high, M);
    residuals[name] = vectors(residual, M);
  }
  return {
    compact: fileOf([batchOf(M, compact, new Map([[STEPS, JSON.stringify(steps)]]))]),
    residual: fileOf([batchOf(M, residuals)]),
  };
}

/** The columns with vectors that compact.arrow and residual.arrow can say. */
export function roundedVectors(columns: MovieColumns): MovieColumns {
  const values = vectorsOf(columns);
  const round = (name: CompactColumn) =>
    rounded(values[name], values[name].length / columns.movieIds.length, COMPACT_CODING[name]);
  return {
    ...columns,
    factors: round('factors'),
    relevance: round('relevance'),
    history: round('history'),
    priors: round('prior'),
    factorVariances: round('factorVariance'),
  };
}

function vectorsOf(columns: MovieColumns): Record<CompactColumn, Float32Array> {
  const { factors, relevance, history, priors: prior, factorVariances: factorVariance } = columns;
  return { factors, relevance, history, prior, factorVariance };
}
