import type { Engine } from '../../../../trainer/engines/engine.ts';
import { transpose } from '../../../../trainer/math/sparse.ts';
import { makeSide, seededData } from './data.ts';

/** Some of every operation, as one array. */
export async function resultsOfEveryOperation(engine: Engine): Promise<number[]> {
  const [R, C, S, n, c] = [3000, 401, 24, 200, 19];
  const { sparse, values, positive } = seededData(20);
  const pattern = sparse(
    Array.from({ length: R }, (_, r) => (r * r) % 97),
    C,
  );
  const [ratings, byColumn] = [engine.sparse(pattern), engine.sparse(transpose(pattern))];
  const [{ tensors: side }, { tensors: other }] = [makeSide(engine, R, S, 21), makeSide(engine, C, S, 22)];
  const prior = {
    pattern: ratings,
    transposed: byColumn,
    featureCount: 3,
    width: S,
    scale: engine.tensor(R, values(R, 0, 1)),
    features: engine.tensor(R * 3, values(R * 3, -1, 1)),
  };
  const v = engine.tensor((C + 3) * S, values((C + 3) * S, -1, 1));
  const [down, dots, sums] = [engine.tensor(R * S), engine.tensor(S), engine.tensor(4 * S)];
  engine.solveRows({ ratings, side, other, tau: 1.3 });
  engine.project(prior, v, down);
  engine.backproject(prior, down, 0.5, v, v);
  engine.multiplySparse(sparse([0, 7, C, 30], C), other.means, sums, S);
  engine.columnDots(down, side.means, dots);
  engine.columnStep(down, side.means, 1, dots, dots);
  engine.columnRedirect(down, side.means, dots, dots);
  engine.priorPrecision(side, v, 0.5, side.precision);
  const errors = [
    await engine.expectedSquaredError(ratings, side, other),
    ...Object.values(await engine.errors(ratings, side, other, -1, 1)),
  ];
  const A = engine.tensor(n * n, positive(n));
  const B = engine.tensor(n * c, values(n * c, -1, 1));
  const [product, diagonal] = [engine.tensor(n * c), engine.tensor(n)];
  engine.multiply(A, B, product, n, n, c, true);
  await engine.cholesky(A, n);
  engine.triangularSolve(A, n, B, c, false);
  engine.inverseDiagonal(A, n, diagonal);
  const rated = sparse(
    Array.from({ length: 300 }, (_, r) => (r * r) % 97),
    C,
  );
  const sequences = { ...rated, indices: rated.indices.map((column) => (column % 7 === 3 ? -1 : column)) };
  const history = { decay: 10, floor: 0.1, likeFrom: 0.5, dislikeBelow: -0.5, dislikeWeight: -0.2 };
  const short = { ...history, decay: 3, floor: 0, likeFrom: -2 };
  const targets = [
    { likeFrom: 0.5, window: 20, windowShare: 0.25 },
    { likeFrom: -2, window: 1, windowShare: 0 },
  ];
  const nextRows = { first: 5, step: 3, likeFrom: 0.5 };
  const { xx, xy, likes } = await engine.historyMoments(sequences, [history, short], targets, nextRows);
  const tensors = [
    xx,
    ...xy,
    likes,
    side.means,
    side.variances,
    side.precision,
    down,
    v,
    dots,
    sums,
    product,
    A,
    B,
    diagonal,
  ];
  const read = await Promise.all(tensors.map((tensor) => engine.read(tensor)));
  return [...errors, ...read.flatMap((part) => [...part])];
}
