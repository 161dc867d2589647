import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { pathToFileURL } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { indexRatings } from '../../../trainer/data/rating-matrix.ts';
import type { Engine, HistoryMoments } from '../../../trainer/engines/engine.ts';
import { openEngine } from '../../../trainer/engines/index.ts';
import { jsEngine } from '../../../trainer/engines/js.ts';
import type { DeviceLimits } from '../../../trainer/engines/webgpu/device.ts';
import { webgpuEngine } from '../../../trainer/engines/webgpu/index.ts';
import { CHUNK } from '../../../trainer/engines/webgpu/jobs.ts';
import type { Factorization } from '../../../trainer/models/learned.ts';
import { resolveOptions } from '../../../trainer/models/options.ts';
import { fitRelevance, type Relevance } from '../../../trainer/models/relevance/next-watch.ts';
import { historyScales } from '../../../trainer/models/relevance/settings.ts';
import { factorize } from '../../../trainer/models/variational/factorize.ts';
import { lowRank } from '../../fixtures/datasets.ts';
import { variationalOptions } from '../../fixtures/options.ts';
import { expectClose } from './cases/compare.ts';
import { makeSide, seededData } from './cases/data.ts';
import { resultsOfEveryOperation } from './cases/every-operation.ts';
import { noGpu } from './gpu.ts'; // before anything loads Dawn

describe.skipIf(noGpu)('the engine', () => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await webgpuEngine();
  });
  afterAll(() => engine.close());

  it('the webgpu engine refuses a freed tensor', async () => {
    const tensor = engine.tensor(8);
    engine.free(tensor);
    await expect(engine.read(tensor)).rejects.toThrow('after it was freed');
    expect(() => engine.free(tensor)).toThrow('after it was freed');
  });

  it('the webgpu engine refuses a tensor of another length than the operation writes', () => {
    const [a, b, out] = [engine.tensor(64), engine.tensor(64), engine.tensor(63)];
    expect(() => engine.multiply(a, b, out, 8, 8, 8, false)).toThrow('got a tensor of 63 values, expected 64');
  });

  it('the webgpu engine works on after it has reported a pivot that is not positive', async () => {
    const a = engine.tensor(4, [-1, 0, 0, 1]);
    await expect(engine.cholesky(a, 2)).rejects.toMatchObject({ code: 'training-diverged' });
    engine.write(a, [4, 0, 2, 2]);
    await engine.cholesky(a, 2);
    expect([...(await engine.read(a))]).toEqual([2, 0, 1, 1]);
  });

  it('the webgpu engine refuses the prior precision of a side that is not finite', async () => {
    const { tensors: side } = makeSide(engine, 20, 8, 1);
    engine.write(side.means, [Number.NaN]);
    engine.priorPrecision(side, side.means, 0, side.precision);
    await expect(engine.read(side.precision)).rejects.toMatchObject({ code: 'training-diverged' });
  });

  it('the webgpu engine says how large a tensor may be', () => {
    expect(() => engine.tensor(1e12)).toThrow(
      expect.objectContaining({ code: 'out-of-memory', message: expect.stringContaining('3814698 MB') }),
    );
  });

  it('the webgpu engine solves more rows than a grid has workgroups in one direction', async () => {
    const [R, C, S] = [66_000, 53, 8];
    const { sparse } = seededData(1);
    const matrix = sparse(
      Array.from({ length: R }, (_, r) => r % 3),
      C,
    );
    const solved: ArrayLike<number>[] = [];
    for (const each of [engine, jsEngine()]) {
      const [side, other] = [makeSide(each, R, S, 2).tensors, makeSide(each, C, S, 3).tensors];
      each.solveRows({ ratings: each.sparse(matrix), side, other, tau: 1.4 });
      solved.push(await each.read(side.means));
    }
    expectClose(solved[0], solved[1], 1e-4);
  });
});

describe.skipIf(noGpu)('the moments of histories', () => {
  const long = { decay: 7, floor: 0.15, likeFrom: 1, dislikeBelow: -1, dislikeWeight: -0.3 };
  const scales = [long, { ...long, decay: 2, floor: 0, likeFrom: -2 }];
  const targets = [
    { likeFrom: 1, window: 6, windowShare: 0.25 },
    { likeFrom: -2, window: 1, windowShare: 0 },
  ];
  const nextRows = { first: 3, step: 4, likeFrom: 1 };

  async function expectReference(lengths: number[], columns: number, limits: DeviceLimits = {}) {
    const sequences = seededData(31).sparse(lengths, columns);
    const engine = await webgpuEngine(limits);
    const reference = jsEngine();
    const got = await engine.historyMoments(sequences, scales, targets, nextRows);
    const wanted = await reference.historyMoments(sequences, scales, targets, nextRows);
    const parts = ({ xx, xy, likes }: HistoryMoments) => [xx, ...xy, likes];
    for (const [at, tensor] of parts(got).entries()) {
      expectClose(await engine.read(tensor), await reference.read(parts(wanted)[at]), 1e-4);
    }
    await engine.close();
  }

  it('moments are those of the reference where more users rated a movie than a job takes', () =>
    expectReference(
      Array.from({ length: CHUNK + 100 }, (_, u) => 20 + (u % 18)),
      37,
    ));

  it('moments are those of the reference where a row is longer than the memory of a workgroup', () =>
    expectReference([9, 0, 150, 40, 190], 191, { maxWorkgroupBytes: 512 }));

  it('moments are those of the reference where no matrix fits a binding', () =>
    expectReference([9, 0, 150, 40, 190], 191, { maxBindingBytes: 1 << 17 }));

  it('moments are those of the reference for more users than a grid has workgroups in one direction', () =>
    expectReference(
      Array.from({ length: 66_000 }, (_, u) => (u % 500 === 0 ? 12 : u % 20 === 0 ? 2 : 0)),
      53,
    ));
});

describe.skipIf(noGpu)('the relevance model', () => {
  it('the relevance model on webgpu agrees with the reference', async () => {
    const { byUser } = indexRatings(lowRank(150, 80, 0.5));
    const options = { ...resolveOptions(), relevanceFactors: 12, nextRidge: 3, easeRidge: 10, minRatings: 1 };
    const rows = { rows: { first: 5, step: 3 }, window: 20, windowShare: 0.25, nextShare: 0.3 };
    const engine = await webgpuEngine();
    const fits = [engine, jsEngine()].map((each) =>
      fitRelevance(each, byUser, { ...options, ...rows, history: historyScales(options) }),
    );
    const [got, wanted] = (await Promise.all(fits)).map(({ relevance }) => relevanceScores(relevance));
    await engine.close();
    expectClose(got, wanted, 1e-4);
  });
});

/** Input · output of every pair of movies: the vectors are only known up to the sign of their axes. */
function relevanceScores({ factors: E, history, output }: Relevance): number[] {
  const inputs = history;
  return Array.from({ length: (inputs.length / E) * (output.length / E) }, (_, at) => {
    const [i, j] = [Math.floor(at / (output.length / E)) * E, (at % (output.length / E)) * E];
    let sum = 0;
    for (let e = 0; e < E; e++) sum += inputs[i + e] * output[j + e];
    return sum;
  });
}

describe.skipIf(noGpu)('where no tensor fits a binding', () => {
  /** What `work` gives with parts of tensors of `maxBindingBytes` and with whole ones. */
  async function bothWays(maxBindingBytes: number, work: (engine: Engine) => Promise<ArrayLike<number>>) {
    const results: ArrayLike<number>[] = [];
    for (const limit of [maxBindingBytes, Number.POSITIVE_INFINITY]) {
      const engine = await webgpuEngine({ maxBindingBytes: limit });
      results.push(await work(engine));
      await engine.close();
    }
    expectClose(results[0], results[1], 1e-5);
  }

  it('sweeps compute the same where no tensor fits a binding', () => bothWays(1 << 18, resultsOfEveryOperation));

  it('dense algebra computes the same where no tensor fits a binding', () =>
    bothWays(1 << 16, async (engine) => {
      const [n, c] = [200, 90];
      const { positive, values } = seededData(30);
      const [A, B] = [engine.tensor(n * n, positive(n)), engine.tensor(n * c, values(n * c, -1, 1))];
      const [product, gram, diagonal] = [engine.tensor(n * c), engine.tensor(c * c), engine.tensor(n)];
      engine.multiply(A, B, product, n, n, c, false);
      engine.multiply(product, B, gram, c, n, c, true);
      await engine.cholesky(A, n);
      engine.triangularSolve(A, n, B, c, false);
      engine.triangularSolve(A, n, product, c, true);
      engine.inverseDiagonal(A, n, diagonal);
      const read = await Promise.all([A, B, product, gram, diagonal].map((tensor) => engine.read(tensor)));
      return read.flatMap((part) => [...part]);
    }));
});

it.skipIf(noGpu)('the webgpu engine names the size and the limit where rows cannot be split', async () => {
  const engine = await webgpuEngine({ maxBindingBytes: 1 << 14 });
  const [side, other] = [makeSide(engine, 2, 128, 1).tensors, makeSide(engine, 3, 128, 2).tensors];
  const ratings = engine.sparse(seededData(1).sparse([1, 2], 3));
  expect(() => engine.solveRows({ ratings, side, other, tau: 1 })).toThrow(
    expect.objectContaining({ code: 'out-of-memory', fix: expect.stringMatching(/lets it see 1 MB/) }),
  );
  await engine.close();
});

/** Every user's prediction for every movie: the factors themselves are only known up to the sign of their axes. */
function predictions({ factors: K, users, movies }: Factorization): number[] {
  const D = K + 1;
  return Array.from({ length: users.rows * movies.rows }, (_, at) => {
    const [u, m] = [Math.floor(at / movies.rows) * D, (at % movies.rows) * D];
    let sum = users.means[u + K] + movies.means[m + K];
    for (let x = 0; x < K; x++) sum += users.means[u + x] * movies.means[m + x];
    return sum;
  });
}

/** The variance of each row in all. */
function uncertainties({ factors: K, users, movies }: Factorization): number[] {
  return [users, movies].flatMap(({ rows, variances }) =>
    Array.from({ length: rows }, (_, r) =>
      Array.from(variances.subarray(r * (K + 1), (r + 1) * (K + 1))).reduce((a, b) => a + b),
    ),
  );
}

describe.skipIf(noGpu)('a factorisation', () => {
  it.each(['never', 'always'] as const)(
    'the factorisation on webgpu agrees with the reference after three sweeps (whole covariances: %s)',
    async (covariances) => {
      const matrix = indexRatings(lowRank(150, 80, 0.5));
      const count = 2;
      const features = { count, values: seededData(5).values(matrix.byMovie.rows * count, 0, 1) };
      const options = {
        ...variationalOptions({ factors: 15, sweeps: 3 }),
        userRidge: 2,
        linkPenalty: 0.5,
        covariances,
      };
      const engine = await webgpuEngine();
      const [got, wanted] = [
        await factorize(engine, matrix, features, options),
        await factorize(jsEngine(), matrix, features, options),
      ];
      await engine.close();
      expect(got.tau / wanted.tau).toBeCloseTo(1, 5);
      expectClose(predictions(got), predictions(wanted), 1e-4);
      expectClose(uncertainties(got), uncertainties(wanted), 1e-4);
    },
  );
});

/** Runs a module that has an open `engine` in a process of its own. */
async function exitOf(body: string): Promise<[number | null, string | null]> {
  const url = pathToFileURL(`${import.meta.dirname}/../../../trainer/engines/webgpu/index.ts`).href;
  const code = `import { webgpuEngine } from '${url}'; const engine = await webgpuEngine(); ${body}`;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', code], { stdio: 'inherit' });
  return (await once(child, 'exit')) as [number | null, string | null];
}

describe.skipIf(noGpu)('a process', () => {
  it('a process ends by itself after the webgpu engine was closed, even twice', async () => {
    expect(await exitOf('await engine.read(engine.tensor(8)); await engine.close(); await engine.close();')).toEqual([
      0,
      null,
    ]);
  });

  it('a process ends at process.exit with the webgpu engine open', async () => {
    expect(await exitOf('const t = engine.tensor(8); await engine.read(t); process.exit(3);')).toEqual([3, null]);
  });

  it('the webgpu engine refuses work after close', async () => {
    const late = `await engine.close(); try { engine.tensor(8); } catch ({ message }) { process.exit(message.includes('closed') ? 4 : 5); }`;
    expect(await exitOf(late)).toEqual([4, null]);
  });
});

describe('without a GPU', () => {
  afterEach(() => {
    vi.unstubAllEnvs();
  });

  it.runIf(process.platform === 'linux')(
    'the webgpu engine without a GPU says what the loader found and what to try',
    async () => {
      for (const name of ['VK_DRIVER_FILES', 'VK_ICD_FILENAMES']) vi.stubEnv(name, '/nonexistent/icd.json');
      await expect(openEngine('webgpu')).rejects.toMatchObject({
        code: 'no-engine',
        message: expect.stringContaining('found no adapter'),
        fix: expect.stringMatching(/VK_DRIVER_FILES.*--engine wasm/),
      });
      const engine = await openEngine('auto', { threads: 1 });
      expect(engine.name).toBe('wasm');
      await engine.close();
    },
  );
});
