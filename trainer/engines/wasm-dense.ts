import type { Engine, Tensor } from './engine.ts';
import { jsEngine } from './js.ts';
import type { WasmMemory } from './wasm-memory.ts';
import { addressOf } from './wasm-tensors.ts';

type DenseAlgebra = Pick<Engine, 'cholesky' | 'triangularSolve' | 'multiply' | 'inverseDiagonal'>;

/** Dense algebra in the reference's float64, on copies. */
export function denseAlgebra(memory: WasmMemory): DenseAlgebra {
  const js = jsEngine();
  const view = (tensor: Tensor) => memory.floats(addressOf(tensor, tensor.length), tensor.length);
  const lift = (tensor: Tensor) => js.tensor(tensor.length, view(tensor));
  const store = (tensor: Tensor, values: Tensor) =>
    view(tensor).set((values as unknown as { data: Float64Array }).data);
  return {
    async cholesky(a, n) {
      const A = lift(a);
      await js.cholesky(A, n);
      store(a, A);
    },
    triangularSolve(l, n, b, c, transposed) {
      const B = lift(b);
      js.triangularSolve(lift(l), n, B, c, transposed);
      store(b, B);
    },
    multiply(a, b, out, n, m, c, transposedA) {
      const O = js.tensor(out.length);
      js.multiply(lift(a), lift(b), O, n, m, c, transposedA);
      store(out, O);
    },
    inverseDiagonal(l, n, out) {
      const O = js.tensor(n);
      js.inverseDiagonal(lift(l), n, O);
      store(out, O);
    },
  };
}
