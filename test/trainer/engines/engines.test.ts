import { describe, expect, it } from 'vitest';
import type { Engine } from '../../../trainer/engines/engine.ts';
import { openEngine } from '../../../trainer/engines/index.ts';
import { jsEngine } from '../../../trainer/engines/js.ts';
import { wasmEngine } from '../../../trainer/engines/wasm.ts';
import { transpose } from '../../../trainer/matrix.ts';
import { engineCases, makeSide, source } from './cases.ts';

describe('js', () => engineCases(async () => jsEngine(), { tolerance: 1e-9 }));
describe.each([1, 2, 3])('wasm, %i threads', (threads) =>
  engineCases(() => wasmEngine({ threads }), { tolerance: 1e-5 }),
);

/** Some of every operation, as one array. */
async function everything(engine: Engine): Promise<number[]> {
  const [R, C, S, n, c] = [3000, 401, 24, 200, 19];
  const { sparse, values, positive } = source(20);
  const pattern = sparse(
    Array.from({ length: R }, (_, r) => (r * r) % 97),
    C,
  );
  const [ratings, byColumn] = [engine.sparse(pattern), engine.sparse(transpose(pattern))];
  const [{ side }, { side: other }] = [makeSide(engine, R, S, 21), makeSide(engine, C, S, 22)];
  const link = {
    ...{ pattern: ratings, transposed: byColumn, featureCount: 3, width: S },
    scale: engine.tensor(R, values(R, 0, 1)),
    features: engine.tensor(R * 3, values(R * 3, -1, 1)),
  };
  const v = engine.tensor((C + 3) * S, values((C + 3) * S, -1, 1));
  const [down, dots] = [engine.tensor(R * S), engine.tensor(S)];
  engine.solveRows({ ratings, side, other, tau: 1.3 });
  engine.project(link, v, down);
  engine.backproject(link, down, 0.5, v, v);
  engine.columnDots(down, side.means, dots);
  engine.columnStep(down, side.means, 1, dots, dots);
  engine.columnTurn(down, side.means, dots, dots);
  engine.priorPrecision(side, side.precision);
  const errors = [
    await engine.expectedSquaredError(ratings, side, other),
    await engine.squaredError(ratings, side, other, -1, 1),
  ];
  const A = engine.tensor(n * n, positive(n));
  const B = engine.tensor(n * c, values(n * c, -1, 1));
  const [product, diagonal] = [engine.tensor(n * c), engine.tensor(n)];
  engine.multiply(A, B, product, n, n, c, true);
  await engine.cholesky(A, n);
  engine.triangularSolve(A, n, B, c, false);
  engine.inverseDiagonal(A, n, diagonal);
  const tensors = [side.means, side.variances, side.precision, down, v, dots, product, A, B, diagonal];
  const read = await Promise.all(tensors.map((tensor) => engine.read(tensor)));
  return [...errors, ...read.flatMap((part) => [...part])];
}

it('gives the same bytes on one, two, three and five threads', async () => {
  const results: number[][] = [];
  for (const threads of [1, 2, 3, 5]) {
    const engine = await wasmEngine({ threads });
    results.push(await everything(engine));
    await engine.close();
  }
  expect(results[0].every(Number.isFinite)).toBe(true);
  for (const result of results.slice(1)) expect(result).toEqual(results[0]);
});

describe('openEngine', () => {
  it('opens the wasm engine when left to choose, with the threads asked for', async () => {
    const engine = await openEngine('auto', { threads: 2 });
    expect([engine.name, engine.device]).toEqual(['wasm', '2 threads, float32']);
    await engine.close();
  });

  it.each(['tpu', 'constructor', 'webgpu'])('refuses "%s" and lists what there is', async (name) => {
    await expect(openEngine(name)).rejects.toMatchObject({ code: 'no-engine', fix: 'Use auto or one of: wasm, js.' });
  });
});
