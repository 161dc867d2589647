import { broken, readTable, vectors } from '../../artifact/arrow-columns.ts';
import { COMPACT_CODING, COMPACT_COLUMNS, type Codes, type CompactColumn, STEPS } from '../../artifact/compact.ts';
import type { Manifest } from '../../artifact/manifest.ts';
import { FILES } from '../../artifact/schema.ts';
import type { Catalogue } from '../model.ts';
import { catalogueOf } from './catalogue.ts';

/** compact.arrow: the movies, and the codes of their vectors. */
export interface CompactMovies {
  readonly catalogue: Catalogue;
  readonly codes: Readonly<Record<CompactColumn, Codes & { readonly width: number }>>;
}

/** residual.arrow: what is left of the numbers beside their codes, (M, width) of each kind. */
export type Residuals = Readonly<Record<CompactColumn, Uint8Array>>;

/** compact.arrow, unpacked → its columns, views of the bytes: keep them. Throws `bad-artifact`. */
export function decodeCompact(bytes: Uint8Array, manifest: Manifest): CompactMovies {
  const table = readTable(bytes, manifest, FILES.compact);
  const catalogue = catalogueOf(table, manifest);
  const M = catalogue.count;
  const widths = widthsOf(catalogue);
  const steps: Partial<Record<string, number>> = JSON.parse(table.schema.metadata?.get(STEPS) ?? '{}');
  const codesOf = (name: CompactColumn) => {
    const [step, width] = [steps[name], widths[name]];
    if (step === undefined || !(step >= 0)) throw broken(`${FILES.compact}: got the step ${step} of ${name}`);
    const [low, high] = ['Low', 'High'].map((half) => vectors(table, Uint8Array, `${name}${half}`, M, width));
    const { fine, parts } = COMPACT_CODING[name];
    return { step, fine, parts, width, low, high };
  };
  const codes = Object.fromEntries(COMPACT_COLUMNS.map((name) => [name, codesOf(name)]));
  return { catalogue, codes: codes as CompactMovies['codes'] };
}

/** residual.arrow, unpacked → its columns, views of the bytes: keep them. Throws `bad-artifact`. */
export function decodeResidual(bytes: Uint8Array, manifest: Manifest, catalogue: Catalogue): Residuals {
  const table = readTable(bytes, manifest, FILES.residual);
  const widths = widthsOf(catalogue);
  const columns = COMPACT_COLUMNS.map((name) => [
    name,
    vectors(table, Uint8Array, name, catalogue.count, widths[name]),
  ]);
  return Object.fromEntries(columns);
}

function widthsOf({ factorCount: K, relevanceCount: E, scaleCount: S }: Catalogue): Record<CompactColumn, number> {
  return { factors: K, relevance: E, history: S * E, prior: K + 1, factorVariance: K };
}
