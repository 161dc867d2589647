import { totalmem } from 'node:os';
import { describe, expect, it } from 'vitest';
import { MarqueeError } from '../../../shared/errors.ts';
import { jsEngine } from '../../../trainer/engines/js.ts';
import { resolveOptions } from '../../../trainer/models/options.ts';
import type { TrainingShape } from '../../../trainer/models/rating-model.ts';
import { machineMemory, memoryNeed, requireMemory } from '../../../trainer/train/memory.ts';
import { train } from '../../../trainer/train/train.ts';
import { datasetOf, lowRank } from '../../fixtures/datasets.ts';

const GB = 2 ** 30;
const options = resolveOptions();
/** ML-32M's numbers, its movies' ratings by a power law. */
const large: TrainingShape = {
  ratings: 32_000_000,
  users: 201_000,
  ratingCounts: Int32Array.from({ length: 87_585 }, (_, m) => 100_000 / (1 + m / 100) ** 1.4),
};
/** More of its movies in the relevance model than one WebAssembly memory can hold. */
const wider = { ...options, relevanceMovies: 20_000 };
const small: TrainingShape = { ratings: 100_000, users: 700, ratingCounts: new Int32Array(9_000).fill(9) };

function refusal(...args: Parameters<typeof requireMemory>): MarqueeError {
  try {
    requireMemory(...args);
  } catch (error) {
    if (error instanceof MarqueeError) return error;
  }
  throw new Error('not refused');
}

describe('the memory that a training needs', () => {
  it('grows with what it is made of', () => {
    const { total } = memoryNeed('wasm', small, options);
    expect(memoryNeed('wasm', { ...small, ratings: 200_000 }, options).total).toBeGreaterThan(total);
    expect(memoryNeed('wasm', small, { ...options, factors: 127 }).rating).toBeGreaterThan(2 * total);
    expect(memoryNeed('wasm', small, { ...options, fullCovarianceUpTo: 0 }).rating).toBeLessThan(total / 2);
    expect(memoryNeed('wasm', { ...small, genres: 1000 }, options).rating).toBeGreaterThan(total + 9_000 * 900 * 4);
    const wide = { ...options, minRatings: 5, relevanceMovies: 9_000 };
    expect(memoryNeed('wasm', small, wide).relevance).toBeGreaterThan(12 * 9_000 ** 2);
    expect(memoryNeed('wasm', small, { ...options, minRatings: 5 })).toMatchObject({ core: 6_000 });
    expect(memoryNeed('wasm', small, { ...options, minRatings: 10 })).toMatchObject({ core: 0 });
    expect(memoryNeed('wasm', small, options, true).rating).toBeGreaterThan(memoryNeed('wasm', small, options).rating);
    const [js, wasm, webgpu] = (['js', 'wasm', 'webgpu'] as const).map((engine) => memoryNeed(engine, large, wider));
    expect(js.relevance).toBeGreaterThan(wasm.relevance);
    expect(webgpu.relevance).toBeLessThan(js.relevance);
  });
});

describe('a training that would not fit', () => {
  it('is refused by the byte', () => {
    const { total } = memoryNeed('js', small, options);
    expect(() => requireMemory('js', small, options, false, { available: total, wasm: 0 })).not.toThrow();
    expect(refusal('js', small, options, false, { available: total - 1, wasm: 0 })).toMatchObject({
      code: 'out-of-memory',
      details: { neededBytes: total, available: total - 1 },
    });
  });

  it('is told what it needs, what there is, and settings that do fit', () => {
    const limits = { available: 6 * GB, wasm: 4 * GB };
    const { message, fix = '' } = refusal('wasm', large, wider, false, limits);
    expect(message).toMatch(
      /^training on 32000000 ratings \(201000 users, 87585 movies, \d+ of them in the relevance model\) needs about \d+\.\d GB of memory; 6\.0 GB are available$/,
    );
    const relevanceMovies = Number(/^Try --relevance-movies (\d+) \(about [\d.]+ GB\)/.exec(fix)?.[1]);
    expect(() => requireMemory('wasm', large, { ...options, relevanceMovies }, false, limits)).not.toThrow();
    expect(fix).not.toContain('covariance'); // not kept at this size
    const covariances = refusal('wasm', small, options, false, { available: 0.15 * GB, wasm: 4 * GB });
    expect(covariances.fix).toMatch(/^Try --full-covariance-up-to 0 \(about \d+ MB\), or --factors 31 /);
  });

  it('is refused where one WebAssembly memory cannot hold it, however large the machine', () => {
    const limits = { available: 1000 * GB, wasm: 4 * GB };
    expect(refusal('wasm', large, wider, false, limits).message).toMatch(
      /needs about \d+\.\d GB in the wasm engine; its limit is 4\.0 GB$/,
    );
    expect(() => requireMemory('webgpu', large, wider, false, limits)).not.toThrow();
  });

  it('hears of no way where there is none', () => {
    const { fix } = refusal('wasm', large, options, false, { available: 0.1 * GB, wasm: 4 * GB });
    expect(fix).toMatch(/more memory, or fewer ratings/);
  });

  it('is none of ML-32M with the defaults, on a machine of 8 GB', () => {
    const limits = { available: 6 * GB, wasm: 4 * GB };
    for (const engine of ['js', 'wasm', 'webgpu'] as const) {
      expect(() => requireMemory(engine, large, options, true, limits)).not.toThrow();
    }
  });

  it('ends before anything is trained', async () => {
    const steps: unknown[] = [];
    const data = datasetOf(lowRank(20, 20, 0.5));
    const memory = { available: 1 << 20, wasm: 1 << 20 };
    const work = train(jsEngine(), data, options, (step) => steps.push(step), { memory });
    await expect(work).rejects.toMatchObject({ code: 'out-of-memory' });
    expect(steps).toEqual([]);
  });
});

it('the memory of this machine is some, and no more than it has', () => {
  const { available, wasm } = machineMemory();
  expect(available).toBeGreaterThan(0);
  expect(available).toBeLessThanOrEqual(totalmem());
  expect(wasm).toBeLessThanOrEqual(4 * GB);
});
