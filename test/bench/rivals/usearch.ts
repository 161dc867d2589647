import usearch from 'usearch';
import { mulberry } from '../../fixtures/random.ts';

/**
 * The exact top 20 by inner product as usearch finds it: native code, one thread, under Node. Times one pass over
 * (M, width), in milliseconds.
 */
export function openUsearchRival(M: number, width: number): () => Promise<number> {
  const random = mulberry(11);
  const numbers = (length: number) => Float32Array.from({ length }, () => random() - 0.5);
  const [movies, user] = [numbers(M * width), numbers(width)];
  return async () => {
    const start = performance.now();
    usearch.exactSearch(movies, user, width, 20, usearch.MetricKind.IP, 1);
    return performance.now() - start;
  };
}
