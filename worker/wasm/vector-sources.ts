import { DEVIATION, PLAIN_COLUMNS } from '../../shared/artifact/serving-layout.ts';
import type { Catalogue } from '../../shared/model/model.ts';
import type { Kernel } from './kernel.ts';
import type { CataloguePlaces, HistoryArea, RowArea, Stored, StoredPlaces } from './places.ts';

/** Rows that are taken in at a time. */
export const STAGED_ROWS = 1024;

/** Parts of rows that are gathered at a time; with the matrices of a fold-in they fit into `scratchBytes`. */
export const GATHERED_PARTS = STAGED_ROWS / 4;

/** One kind of vectors. */
export interface VectorSource {
  readonly width: number; // numbers of a part
  /** Parts of a vector: a history has one for each scale, others are whole. */
  readonly parts: number;
  /**
   * Lets the kernel put the vectors of n rows (u32 each at `list`, n · parts are overwritten) side by side, f32, at `out`.
   */
  take(list: number, n: number, out: number): void;
}

export type SourceName = 'deviations' | 'factors' | 'relevance' | 'history' | 'priors' | 'factorVariances';
export type VectorSources = Readonly<Record<SourceName, VectorSource>>;

/** The vectors of a version in a kernel's memory. */
export function sourcesIn(kernel: Kernel, catalogue: Catalogue, places: CataloguePlaces & StoredPlaces): VectorSources {
  const { factorCount: K, relevanceCount: E } = catalogue;
  const { positions, rating, relevance, history, priors, variances } = places;
  return {
    deviations: blockSource(kernel, positions, rating, DEVIATION, 1),
    factors: blockSource(kernel, positions, rating, PLAIN_COLUMNS, K),
    relevance: blockSource(kernel, positions, relevance, 0, E),
    history:
      'blocks' in history ? blockSource(kernel, positions, history, 0, E) : scaleSource(kernel, positions, history),
    priors: rowSource(kernel, priors),
    factorVariances: rowSource(kernel, variances),
  };
}

/** Rows that are gathered at a time. */
export function rowsAtATime({ parts }: VectorSource): number {
  return Math.floor(GATHERED_PARTS / parts);
}

/** Numbers of a blk16 area from the column `first` on; zeros behind its end. */
function blockSource(
  { run }: Kernel,
  positions: number,
  { at, columns, blocks }: Stored,
  first: number,
  width: number,
): VectorSource {
  const take: VectorSource['take'] = (list, n, out) =>
    run.takeBlocks(list, n, positions, at, columns, blocks, first, width, out);
  return { width, parts: 1, take };
}

function rowSource({ run }: Kernel, { at, count, width, scales }: RowArea): VectorSource {
  return { width, parts: 1, take: (list, n, out) => run.takeRows(list, n, at, count, width, scales, out) };
}

/** A row for each scale of a movie, by position. */
function scaleSource(kernel: Kernel, positions: number, area: HistoryArea): VectorSource {
  const { width, take } = rowSource(kernel, area);
  const parts = area.scaleCount;
  return {
    width,
    parts,
    take(list, n, out) {
      kernel.run.partsOf(list, n, positions, parts);
      take(list, n * parts, out);
    },
  };
}
