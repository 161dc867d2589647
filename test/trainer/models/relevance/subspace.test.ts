import { expect, it } from 'vitest';
import type { Engine, Tensor } from '../../../../trainer/engines/engine.ts';
import { jsEngine } from '../../../../trainer/engines/js.ts';
import { wasmEngine } from '../../../../trainer/engines/wasm/index.ts';
import { leadingPairs } from '../../../../trainer/models/relevance/subspace.ts';
import { mulberry } from '../../../fixtures/random.ts';

const engines: [string, () => Promise<Engine>][] = [
  ['js', async () => jsEngine()],
  ['wasm', () => wasmEngine({ threads: 1 })],
];
const shape = { rows: 50, width: 16, kept: 6, steps: 12 };

/** Leading vectors of (diag(values) · `scale`)², from a random block whose columns from `independent` on are zero. */
async function leadingOf(engine: Engine, values: number[], scale: number, independent = shape.width) {
  const { rows, width, kept } = shape;
  const uniform = mulberry(3);
  const start = Float32Array.from({ length: rows * width }, (_, at) =>
    at % width < independent ? uniform() - 0.5 : 0,
  );
  const diagonal = engine.tensor(rows * rows);
  engine.write(
    diagonal,
    Float32Array.from({ length: rows * rows }, (_, at) => (at % (rows + 1) === 0 ? scale * values[at % rows] : 0)),
  );
  const multiplied = (z: Tensor) => {
    const image = engine.tensor(rows * width);
    engine.multiply(diagonal, z, image, rows, rows, width, false);
    return image;
  };
  const operator = { rows, columns: rows, apply: multiplied, applyTransposed: multiplied };
  const pairs = await leadingPairs(engine, operator, engine.tensor(rows * width, start), shape);
  const [vectors, images] = [await engine.read(pairs.vectors), await engine.read(pairs.images)];
  const largest = Math.max(...images.map(Math.abs));
  images.forEach((value, at) => {
    const row = Math.floor(at / kept);
    expect(Math.abs(value - scale * values[row] * vectors[at])).toBeLessThanOrEqual(1e-4 * largest);
  });
  await engine.close();
  return vectors;
}

/** |v_e| of column e, and its length. */
function expectAxes(vectors: ArrayLike<number>, axes: readonly number[], digits: number): void {
  const { rows, kept } = shape;
  axes.forEach((axis, e) => {
    const column = Array.from({ length: rows }, (_, r) => vectors[r * kept + e]);
    expect(Math.abs(column[axis])).toBeCloseTo(1, digits);
    expect(column.reduce((sum, value) => sum + value * value, 0)).toBeCloseTo(1, digits);
  });
}

it.each(engines)('the leading vectors of a diagonal matrix are its axes, the largest first (%s)', async (_, open) => {
  const values = Array.from({ length: shape.rows }, (_, r) => 2 ** -((r * 7) % shape.rows));
  const order = values.map((_, r) => r).sort((a, b) => values[b] - values[a]);
  for (const scale of [1e-6, 1, 1e6]) {
    expectAxes(await leadingOf(await open(), values, scale), order.slice(0, shape.kept), 4);
  }
});

it.each(engines)('leading vectors beyond the rank do not change the others (%s)', async (_, open) => {
  const values = Array.from({ length: shape.rows }, (_, r) => (r < 3 ? 3 - r : 0));
  expectAxes(await leadingOf(await open(), values, 1), [0, 1, 2], 4);
  expectAxes(await leadingOf(await open(), values, 1, 10), [0, 1, 2], 4);
});

it.each(engines)('the leading vectors of a zero matrix are zero (%s)', async (_, open) => {
  const vectors = await leadingOf(await open(), new Array(shape.rows).fill(0), 1);
  expect(vectors.every((value) => value === 0)).toBe(true);
});
