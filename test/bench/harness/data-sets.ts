import { MarqueeError } from '../../../shared/errors.ts';
import type { Dataset } from '../../../trainer/data/dataset.ts';
import { loadDataset } from '../../../trainer/data/index.ts';
import { type SHAPES, syntheticRatings } from './synthetic.ts';

/** Sizes by name: the real set, and what stands in where it is neither in the shared folder nor in the cache. */
export const SIZES: Readonly<Record<string, { readonly real: string; readonly instead: string }>> = {
  '100k': { real: 'ml-100k', instead: 'ml-latest-small-2016' },
  '1m': { real: 'ml-1m', instead: 'synthetic' },
  '10m': { real: 'ml-10m', instead: 'synthetic' },
  '32m': { real: 'ml-32m', instead: 'synthetic' },
};

export interface BenchSet {
  readonly dataset: Dataset;
  /** Nothing can be learned from synthetic ratings: only their shape is real. */
  readonly synthetic: boolean;
}

/** The data of a size, never downloaded. */
export async function benchSet(size: string): Promise<BenchSet> {
  const { real, instead } = SIZES[size];
  const offline = async () => {
    throw new MarqueeError('download-failed', 'a bench downloads nothing');
  };
  try {
    return { dataset: await loadDataset(real, { fetch: offline, onProgress: () => {} }), synthetic: false };
  } catch (error) {
    if (!(error instanceof MarqueeError && error.code === 'download-failed')) throw error;
  }
  if (instead !== 'synthetic') return { dataset: await loadDataset(instead), synthetic: false };
  return { dataset: syntheticSet(real as keyof typeof SHAPES), synthetic: true };
}

/** Synthetic ratings of a known set's shape as a data set: half stars, no timestamps, users in order. */
function syntheticSet(shape: keyof typeof SHAPES): Dataset {
  const { byUser } = syntheticRatings(shape);
  const N = byUser.indices.length;
  const userIds = new Int32Array(N);
  for (let u = 0; u < byUser.rows; u++) userIds.fill(u + 1, byUser.offsets[u], byUser.offsets[u + 1]);
  return {
    name: `synthetic, shape of ${shape}`,
    ratings: {
      count: N,
      userIds,
      movieIds: byUser.indices.map((row) => row + 1),
      stars: byUser.values.map((value) => value + 3),
      timestamps: new Float64Array(N),
    },
    movies: new Map(),
    sha256: '0'.repeat(64),
  };
}
