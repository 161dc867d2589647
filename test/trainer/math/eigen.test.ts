import { expect, it } from 'vitest';
import { symmetricEigen } from '../../../trainer/math/eigen.ts';
import { random } from '../../../trainer/math/random.ts';
import {
  principalAxes,
  rotateRows,
  rotateSquare,
  secondMoment,
} from '../../../trainer/models/variational/principal-axes.ts';

it('symmetricEigen finds orthonormal eigenvectors with A v = λ v, values descending', () => {
  const n = 12;
  const source = random(3, 1);
  const a = new Float64Array(n * n);
  for (let i = 0; i < n; i++) for (let j = 0; j <= i; j++) a[i * n + j] = a[j * n + i] = source.normal();
  const { values, vectors } = symmetricEigen(a, n);
  for (let e = 0; e < n; e++) {
    if (e > 0) expect(values[e]).toBeLessThanOrEqual(values[e - 1]);
    for (let i = 0; i < n; i++) {
      let image = 0;
      for (let j = 0; j < n; j++) image += a[i * n + j] * vectors[j * n + e];
      expect(image).toBeCloseTo(values[e] * vectors[i * n + e], 10);
    }
    for (let other = 0; other < n; other++) {
      let dot = 0;
      for (let i = 0; i < n; i++) dot += vectors[i * n + e] * vectors[i * n + other];
      expect(dot).toBeCloseTo(e === other ? 1 : 0, 10);
    }
  }
});

it('principal axes rotate factors to falling energy and keep every dot product and the bias', () => {
  const [K, S, rows] = [5, 8, 40];
  const source = random(4, 1);
  const side = () =>
    Float64Array.from({ length: rows * S }, (_, at) =>
      at % S < K ? source.normal() * (1 + (at % S)) : at % S === S - 1 ? 9 : 0,
    );
  const [users, movies] = [side(), side()];
  const axes = principalAxes([secondMoment(users, K, S), secondMoment(movies, K, S)], K);
  const [u, m] = [rotateRows(users, axes, K, S), rotateRows(movies, axes, K, S)];
  const energy = (x: number) =>
    Array.from({ length: rows }, (_, r) => u[r * S + x] ** 2 + m[r * S + x] ** 2).reduce((a, b) => a + b);
  for (let x = 1; x < K; x++) expect(energy(x)).toBeLessThan(energy(x - 1));
  const dot = (a: Float64Array, b: Float64Array) =>
    Array.from({ length: K }, (_, x) => a[x] * b[S + x]).reduce((x, y) => x + y);
  expect(dot(u, m)).toBeCloseTo(dot(users, movies), 9);
  expect(u[S - 1]).toBe(9);
});

it('rotateSquare keeps xᵀAx when x is rotated too', () => {
  const [K, S] = [3, 8];
  const source = random(5, 1);
  const x = Float64Array.from({ length: S }, () => source.normal());
  const a = Float64Array.from({ length: S * S }, () => source.normal());
  const axes = principalAxes(
    [
      secondMoment(
        Float64Array.from({ length: 4 * S }, () => source.normal()),
        K,
        S,
      ),
    ],
    K,
  );
  const form = (v: Float64Array, m: Float64Array) =>
    m.reduce((sum, value, at) => sum + value * v[Math.floor(at / S)] * v[at % S], 0);
  expect(form(rotateRows(x, axes, K, S), rotateSquare(a, axes, K, S))).toBeCloseTo(form(x, a), 9);
});
