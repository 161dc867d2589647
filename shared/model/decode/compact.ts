import { broken, readTable, vectors } from '../../artifact/arrow-columns.ts';
import { COMPACT_COLUMNS, type Codes, type CompactColumn, PLANES, STEPS } from '../../artifact/compact.ts';
import type { Manifest } from '../../artifact/manifest.ts';
import { FILES } from '../../artifact/schema.ts';
import type { Catalogue } from '../model.ts';
import { catalogueOf } from './catalogue.ts';

/** compact.arrow: the movies, and the codes of their vectors. */
export interface CompactMovies {
  readonly catalogue: Catalogue;
  readonly codes: Readonly<Record<CompactColumn, Codes & { readonly width: number }>>;
}

/** compact.arrow, unpacked → its columns, views of the bytes: keep them. Throws `bad-artifact`. */
export function decodeCompact(bytes: Uint8Array, manifest: Manifest): CompactMovies {
  const table = readTable(bytes, manifest, FILES.compact);
  const catalogue = catalogueOf(table, manifest);
  const M = catalogue.count;
  const widths = widthsOf(catalogue);
  const steps: Partial<Record<string, number>> = JSON.parse(table.schema.metadata?.get(STEPS) ?? '{}');
  const codesOf = (name: CompactColumn): Codes & { readonly width: number } => {
    const [step, width] = [steps[name], widths[name]];
    if (step === undefined || !(step >= 0)) throw broken(`${FILES.compact}: got the step ${step} of ${name}`);
    const names = PLANES.map((plane) => `${name}${plane}`);
    const hasTop = table.names.includes(names[2]);
    const planes = names.slice(0, hasTop ? 3 : 2).map((plane) => vectors(table, Uint8Array, plane, M, width));
    return { step, planes, width };
  };
  const codes = Object.fromEntries(COMPACT_COLUMNS.map((name) => [name, codesOf(name)]));
  return { catalogue, codes: codes as CompactMovies['codes'] };
}

function widthsOf({ factorCount: K, relevanceCount: E, scaleCount: S }: Catalogue): Record<CompactColumn, number> {
  return { factors: K, relevance: E, history: S * E, prior: K + 1, factorVariance: K };
}
