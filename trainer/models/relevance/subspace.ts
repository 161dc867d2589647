import type { Engine, Tensor } from '../../engines/engine.ts';
import { symmetricEigen } from '../../math/eigen.ts';

/** B (N, M) and C (M, N), whose product S = C B is symmetric without negative eigenvalues. */
export interface Operator {
  readonly rows: number; // N
  readonly columns: number; // M
  /** B Z, a new tensor (N, width), for Z (M, width). */
  apply(z: Tensor, width: number): Tensor;
  /** C W, a new tensor (M, width), for W (N, width). */
  applyTransposed(w: Tensor, width: number): Tensor;
}

/** Share of the largest squared column that is added to the Gram matrix's diagonal, above float32's rounding. */
const SHIFT = 4e-6;

/** Added as well, so that columns which all vanished stay zero. */
const LEAST = 1e-30;

/** Two passes restore directions up to 10⁶ times shorter than the longest, the last one makes them orthonormal. */
const PASSES = 3;

/** Directions weaker than this share of the strongest are float32's rounding. */
const WEAKEST = 1e-6;

/**
 * The `kept` strongest eigenvectors V (M, kept) of S = C B, and B V (N, kept), by subspace iteration. It ends with Nyström's
 * approximation from the last block, S ≈ SZ (ZᵀSZ)⁻¹ ZᵀS, that is B ≈ BZ (ZᵀSZ)⁻¹ ZᵀS, which is as good as another step:
 *   ZᵀSZ = Q D Qᵀ,  F = SZ Q D^{-½},  FᵀF = R Σ² Rᵀ   ⇒   S ≈ F Fᵀ,  V = F R Σ⁻¹,  B V = BZ Q D^{-½} R Σ
 *
 * Blocks stay on the engine. The host reads lengths of columns and two (width, width) matrices, ZᵀSZ and FᵀF, whose eigenvectors
 * are cheap there and need float64.
 *
 * Source: Golub & Van Loan, "Matrix computations", 4th ed., 2013, §8.2; Halko, Martinsson & Tropp, "Finding structure with
 * randomness", SIAM Review 53, 2011, §5.4.
 *
 * @param start the block to start from, (M, width), which is freed; width a multiple of 8
 */
export async function leadingPairs(
  engine: Engine,
  operator: Operator,
  start: Tensor,
  { width, kept, steps }: { width: number; kept: number; steps: number },
): Promise<{ vectors: Tensor; images: Tensor }> {
  const { columns: M } = operator;
  let z = await orthonormal(engine, start, M, width);
  for (let step = 0; step < steps; step++) {
    const image = operator.apply(z, width);
    const next = operator.applyTransposed(image, width);
    engine.free(z, image);
    z = await orthonormal(engine, next, M, width);
  }
  return nystrom(engine, operator, z, { width, kept });
}

/** The leading pairs by Nyström's approximation from the orthonormal block Z, which is freed. */
async function nystrom(
  engine: Engine,
  operator: Operator,
  z: Tensor,
  { width, kept }: { width: number; kept: number },
): Promise<{ vectors: Tensor; images: Tensor }> {
  const { rows: N, columns: M } = operator;
  const transformed = (block: Tensor, n: number, by: ArrayLike<number>) => timesSmall(engine, block, n, width, by);
  const image = operator.apply(z, width);
  const square = operator.applyTransposed(image, width);
  const { values, vectors: q } = symmetricEigen(await symmetricProduct(engine, z, square, M, width), width);
  const least = WEAKEST * Math.max(0, values[0]);
  const half = q.map((value, at) => (values[at % width] > least ? value / Math.sqrt(values[at % width]) : 0));
  // A column of F is as long as it is strong, so that float32 keeps products of weak ones too. Columns of SZ are not.
  const f = transformed(square, M, half);
  const { values: energies, vectors: r } = symmetricEigen(await symmetricProduct(engine, f, f, M, width), width);
  const scaled = (matrix: Float64Array, power: (energy: number) => number) =>
    Float64Array.from({ length: width * kept }, (_, at) => {
      const e = at % kept;
      return energies[e] > least ? matrix[Math.floor(at / kept) * width + e] * power(energies[e]) : 0;
    });
  const vectors = transformed(
    f,
    M,
    scaled(r, (energy) => 1 / Math.sqrt(energy)),
  );
  const images = transformed(image, N, scaled(product(half, r, width), Math.sqrt));
  engine.free(z, image, square, f);
  return { vectors, images };
}

/** A new tensor (n, c): a block (n, width) times a small matrix (width, c). */
function timesSmall(engine: Engine, block: Tensor, n: number, width: number, matrix: ArrayLike<number>): Tensor {
  const c = matrix.length / width;
  const [right, out] = [engine.tensor(matrix.length, matrix), engine.tensor(n * c)];
  engine.multiply(block, right, out, n, width, c, false);
  engine.free(right);
  return out;
}

/** AᵀB (width, width) for blocks (rows, width) that make it symmetric. */
async function symmetricProduct(engine: Engine, a: Tensor, b: Tensor, rows: number, width: number) {
  const product = engine.tensor(width * width);
  engine.multiply(a, b, product, width, rows, width, true);
  const values = symmetrical(await engine.read(product), width);
  engine.free(product);
  return values;
}

/**
 * Z with orthonormal columns: Z ← Z L⁻ᵀ for ZᵀZ + shift · I = L Lᵀ, several times. Frees Z and returns another tensor.
 *
 * Source: Fukaya, Kannan, Nakatsukasa, Yamamoto & Yanagisawa, "Shifted Cholesky QR for computing the QR factorization of
 * ill-conditioned matrices", SIAM J. Sci. Comput. 42, 2020.
 */
async function orthonormal(engine: Engine, block: Tensor, rows: number, width: number): Promise<Tensor> {
  const identity = Float32Array.from({ length: width * width }, (_, at) => Number(at % (width + 1) === 0));
  const [gram, inverse] = [engine.tensor(width * width), engine.tensor(width * width)];
  const lengths = engine.tensor(width);
  let [z, next] = [block, engine.tensor(rows * width)];
  for (let pass = 0; pass < PASSES; pass++) {
    engine.columnDots(z, z, lengths);
    engine.multiply(z, z, gram, width, rows, width, true);
    engine.write(inverse, identity);
    engine.addDiagonal(gram, width, SHIFT * Math.max(...(await engine.read(lengths))) + LEAST);
    await engine.cholesky(gram, width);
    engine.triangularSolve(gram, width, inverse, width, true);
    engine.multiply(z, inverse, next, rows, width, width, false);
    [z, next] = [next, z];
  }
  engine.free(gram, inverse, lengths, next);
  return z;
}

/** The mean of a matrix (n, n) and its transpose, float64. */
function symmetrical(matrix: ArrayLike<number>, n: number): Float64Array {
  return Float64Array.from(matrix, (value, at) => (value + matrix[(at % n) * n + Math.floor(at / n)]) / 2);
}

/** A B for square matrices (n, n). */
function product(a: Float64Array, b: Float64Array, n: number): Float64Array {
  const out = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    for (let k = 0; k < n; k++) for (let j = 0; j < n; j++) out[i * n + j] += a[i * n + k] * b[k * n + j];
  }
  return out;
}
