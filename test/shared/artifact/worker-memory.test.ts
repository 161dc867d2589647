import { describe, expect, it } from 'vitest';
import type { Manifest } from '../../../shared/artifact/manifest.ts';
import { allParts, moviesOf, partFile } from '../../../shared/artifact/parts.ts';
import { FILES } from '../../../shared/artifact/schema.ts';
import { BLOCK, blocksOf } from '../../../shared/artifact/serving-layout.ts';
import { ISOLATE, mostMemory, requireFits, workerMemory } from '../../../shared/artifact/worker-memory.ts';
import { loadFixture } from '../../fixtures/model.ts';

const { manifest: fixture } = await loadFixture();

/** K = 63, E = 128 and two scales, as a training makes them, with 6,000 films in the relevance model. */
function manifestOf(M: number, parts = 0): Manifest {
  const [K, E, S] = [63, 128, 2];
  const known = Math.min(375, blocksOf(M));
  const serving = (count: number, R: number) =>
    count * 4 + 64 * blocksOf(count) * 66 + count * (2 * K + 9) + R * BLOCK * 776;
  const entry = (name: string, bytes: number, rows: number) => ({ name, bytes, rows, sha256: '0'.repeat(64) });
  const cut = parts > 0 ? allParts(parts) : [];
  return {
    ...fixture,
    version: '20260101T000000Z-a',
    factors: K,
    relevanceFactors: E,
    historyScales: S,
    files: [
      entry(FILES.movies, M * (4 * (3 * K + 1 + 3 * E) + 60), M),
      entry(FILES.users, 1e9, 1_000_000),
      entry(FILES.posterior, 116_000, 1),
      entry(FILES.serving, serving(M, known), 1),
      entry(FILES.next, 9_800_000, 1),
      ...cut.flatMap((part) => [
        entry(partFile('movies', part), 60 * moviesOf(part, M), moviesOf(part, M)),
        entry(partFile('serving', part), serving(moviesOf(part, M), Math.ceil(known / parts)), 1),
      ]),
    ],
  };
}

describe('workerMemory', () => {
  it('87,000 films fit into a Worker beside the next such version, 120,000 do not', () => {
    expect(mostMemory(manifestOf(87_000)).bytes).toBeLessThan(ISOLATE);
    expect(() => requireFits(manifestOf(87_000))).not.toThrow();
    expect(() => requireFits(manifestOf(120_000))).toThrow(
      expect.objectContaining({
        code: 'out-of-memory',
        message: expect.stringMatching(
          /the Worker needs \d+ MB and has 128 MB\. 120000 films of K = 63 and E = 128 take \d+ MB in service, the next .* \d+ MB/,
        ),
        fix: expect.stringMatching(/--relevance-factors.*--parts K.*MARQUEE_WORKER_MEMORY/),
      }),
    );
    expect(() => requireFits(manifestOf(120_000), 2 * ISOLATE)).not.toThrow();
  });

  it('300,000 films fit into three Workers behind one', () => {
    const memory = workerMemory(manifestOf(300_000, 3));
    expect(memory.map(({ worker }) => worker)).toEqual([
      'the Worker in front',
      'part 1 of 3',
      'part 2 of 3',
      'part 3 of 3',
    ]);
    expect(() => requireFits(manifestOf(300_000))).toThrow(/does not fit: the Worker needs/);
    expect(() => requireFits(manifestOf(300_000, 3))).not.toThrow();
  });

  it('each kind of bytes counts: a version in service, the next one, and the isolate', () => {
    for (const { inService, arriving, bytes } of workerMemory(manifestOf(300_000, 3))) {
      expect(inService).toBeGreaterThan(arriving);
      expect(bytes - inService - arriving).toBe(10 * 2 ** 20);
    }
  });
});
