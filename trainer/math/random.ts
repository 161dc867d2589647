/**
 * Counter-based random numbers: Threefry-2x32 with 20 rounds (Salmon, Moraes, Dror & Shaw, "Parallel random numbers: as
 * easy as 1, 2, 3", SC 2011). A draw depends on (seed, stream, counter) alone, so that order and threads do not matter.
 */
const ROTATIONS = [13, 15, 26, 6, 17, 29, 16, 24];
const PARITY = 0x1bd11bda;

/** The two output words of Threefry-2x32-20 for key (k0, k1) and counter (c0, c1). */
export function threefry(k0: number, k1: number, c0: number, c1: number): [number, number] {
  const keys = [k0, k1, PARITY ^ k0 ^ k1];
  let x = (c0 + k0) | 0;
  let y = (c1 + k1) | 0;
  for (let round = 0; round < 20; round++) {
    const r = ROTATIONS[round % 8];
    x = (x + y) | 0;
    y = (y << r) | (y >>> (32 - r));
    y ^= x;
    if (round % 4 === 3) {
      const s = (round + 1) / 4;
      x = (x + keys[s % 3]) | 0;
      y = (y + keys[(s + 1) % 3] + s) | 0;
    }
  }
  return [x >>> 0, y >>> 0];
}

/** Streams: two uses of one seed draw different numbers. */
export const STREAMS = {
  movieFactors: 2,
  split: 3,
  synthetic: 4,
  subspace: 5,
  questions: 6,
  clusters: 7,
  weights: 8,
  epochs: 9,
  dropout: 10,
  report: 11,
  sweep: 12,
  probes: 13,
  favourites: 14,
} as const;

/** A seeded source of numbers. */
export interface Random {
  /** Uniform in [0, 1), 32 bits. */
  uniform(): number;
  /** Standard normal, by Box and Muller. */
  normal(): number;
  /** Uniform integer in [0, n). */
  below(n: number): number;
}

/** The numbers of one stream of a seed, by Threefry; streams are independent of each other. */
export function random(seed: number, stream: number): Random {
  let counter = 0;
  const uniform = () => threefry(seed | 0, stream, counter++, 0)[0] / 2 ** 32;
  return {
    uniform,
    normal: () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform()),
    below: (n) => Math.floor(uniform() * n),
  };
}

/** A random permutation of 0 … n − 1, by Fisher and Yates. */
export function shuffled(n: number, source: Random): Int32Array {
  const order = Int32Array.from({ length: n }, (_, i) => i);
  for (let i = n - 1; i > 0; i--) {
    const j = source.below(i + 1);
    [order[i], order[j]] = [order[j], order[i]];
  }
  return order;
}
