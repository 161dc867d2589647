import { BROUGHT, type Part, rowOfPart, rowsInPart } from '../../shared/artifact/parts.ts';
import { even, PLAIN_COLUMNS } from '../../shared/artifact/serving-layout.ts';
import type { Catalogue } from '../../shared/model/model.ts';
import { Lru } from '../lru.ts';
import type { Kernel } from './kernel.ts';
import { MovieVectors } from './movie-vectors.ts';
import { type AskedPart, notOffered, type Parts } from './part-service.ts';
import type { CataloguePlaces, StoredPlaces } from './places.ts';
import { STAGED_ROWS, type VectorSource, type VectorSources } from './vector-sources.ts';

/** Kinds of vectors in the order in which a part sends them. */
export const VECTORS = ['deviations', 'factors', 'relevance', 'history', 'priors', 'factorVariances'] as const;

type Widths = Pick<Catalogue, 'factorCount' | 'relevanceCount' | 'scaleCount'>;

/** Numbers of each kind for a movie. */
function widthsOf({ factorCount: K, relevanceCount: E, scaleCount: S }: Widths): number[] {
  return [1, K, E, S * E, K + 1, K];
}

/** The vectors of some rows of a part, as `PartService.vectors` sends them. */
export function allVectors(vectors: MovieVectors, rows: Int32Array): Float32Array {
  const columns = VECTORS.map((name) => vectors.copyOf(vectors.sources[name], rows));
  const widths = widthsOf(vectors.catalogue);
  const out = new Float32Array(rows.length * widths.reduce((sum, width) => sum + width, 0));
  for (let i = 0, at = 0; i < rows.length; i++) {
    for (const [v, width] of widths.entries()) {
      out.set(columns[v].subarray(i * width, (i + 1) * width), at);
      at += width;
    }
  }
  return out;
}

/** Vectors by row of the catalogue, side by side as a part sent them. */
type Brought = ReadonlyMap<number, Float32Array>;

const NONE: Brought = new Map();

/**
 * The vectors of a version whose catalogue is cut: none, until those of some rows are brought from the parts. Then what
 * takes `MovieVectors` works with them as with those of a whole version, in the same kernel, to the bit. For any other row
 * it throws `not-offered`.
 */
export class CutVectors extends MovieVectors {
  readonly parts: Parts;
  readonly #asked: Omit<AskedPart, 'part'>;
  /** Of films that came up lately: lists name few films often, and a version never changes. */
  readonly #kept: Lru<number, Float32Array>;

  /** @param of the same version, whose places and kept vectors these share */
  constructor(
    kernel: Kernel,
    catalogue: Catalogue,
    { parts, ...asked }: { parts: Parts } & Omit<AskedPart, 'part'>,
    of?: CutVectors,
  ) {
    super(kernel, catalogue, of?.places ?? emptyPlaces(kernel, catalogue), 0, sourcesOf(kernel, catalogue, NONE));
    this.parts = parts;
    this.#asked = asked;
    this.#kept = of ? of.#kept : new Lru(BROUGHT, ({ byteLength }) => byteLength);
  }

  /** The same, for one request that asks for much at once (`Parts.atOnce`). */
  atOnce(): CutVectors {
    return new CutVectors(this.kernel, this.catalogue, { parts: this.parts.atOnce(), ...this.#asked }, this);
  }

  /** What to ask a part for. */
  askedOf(part: Part): AskedPart {
    return { ...this.#asked, part };
  }

  /** Asks the parts for those that are not kept. Throws `store-unavailable` where one does not answer. */
  override async bring(rows: Iterable<number>): Promise<MovieVectors> {
    const brought = new Map<number, Float32Array>();
    const missing: number[] = [];
    for (const row of new Set(rows)) {
      const kept = this.#kept.get(row);
      if (kept) brought.set(row, kept);
      else missing.push(row);
    }
    if (missing.length > 0) await this.#ask(missing, brought);
    const sources = sourcesOf(this.kernel, this.catalogue, brought);
    return new MovieVectors(this.kernel, this.catalogue, this.places, 0, sources);
  }

  /** Asks all parts. Throws the same. */
  override async known(): Promise<Int32Array> {
    const { ratingCounts } = this.catalogue;
    const known = await this.parts.each((service, part) => service.known(this.askedOf(part)));
    const rows = known.flatMap((own, at) =>
      Array.from(own, (row) => rowOfPart(row, { index: at + 1, of: this.parts.count })),
    );
    return Int32Array.from(rows.sort((a, b) => ratingCounts[b] - ratingCounts[a] || a - b));
  }

  async #ask(missing: readonly number[], brought: Map<number, Float32Array>): Promise<void> {
    const sent = await this.parts.each(async (service, part) => {
      const own = rowsInPart(missing, part);
      return own.length > 0 ? service.vectors(this.askedOf(part), own) : { value: new Float32Array(0) };
    });
    const width = widthsOf(this.catalogue).reduce((sum, width) => sum + width, 0);
    for (const [at, numbers] of sent.entries()) {
      const part = { index: at + 1, of: this.parts.count };
      for (const [i, own] of rowsInPart(missing, part).entries()) {
        const row = rowOfPart(own, part);
        const all = numbers.slice(i * width, (i + 1) * width);
        brought.set(row, all);
        this.#kept.set(row, all);
      }
    }
  }

  /** None is on its way. */
  override ratingEnd(): number {
    return 0;
  }
}

function sourcesOf(kernel: Kernel, catalogue: Catalogue, brought: Brought): VectorSources {
  const widths = widthsOf(catalogue);
  const starts = widths.map((_, v) => widths.slice(0, v).reduce((sum, width) => sum + width, 0));
  const source = (v: number): VectorSource => {
    const parts = VECTORS[v] === 'history' ? catalogue.scaleCount : 1;
    return {
      width: widths[v] / parts,
      parts,
      take(list, n, out) {
        const rows = kernel.integers(list, n).slice();
        const numbers = kernel.floats(out, n * widths[v]);
        for (let i = 0; i < n; i++) {
          const all = brought.get(rows[i]);
          if (!all) throw notOffered();
          numbers.set(all.subarray(starts[v], starts[v] + widths[v]), i * widths[v]);
        }
      },
    };
  };
  return Object.fromEntries(VECTORS.map((name, v) => [name, source(v)])) as unknown as VectorSources;
}

/** Room for rows that are gathered, and nothing to scan. */
function emptyPlaces(kernel: Kernel, catalogue: Catalogue): CataloguePlaces & StoredPlaces {
  const { factorCount: K, relevanceCount: E, scaleCount: S } = catalogue;
  const scratch = kernel.allocate(4 * STAGED_ROWS * Math.max(K + 1, S * E));
  const rows = (width: number) => ({ at: scratch, count: 0, width, scales: 0 });
  const area = (columns: number) => ({ at: scratch, columns, blocks: 0 });
  return {
    positions: scratch,
    marks: scratch,
    scratch,
    rating: area(even(PLAIN_COLUMNS + K)),
    relevance: area(even(E)),
    history: { ...rows(E), scaleCount: S },
    priors: rows(K + 1),
    variances: rows(K),
  };
}
