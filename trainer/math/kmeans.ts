import { type Random, random, STREAMS } from './random.ts';

export interface Clusters {
  readonly centers: Float64Array; // (C, W)
  /** Cluster of each row. */
  readonly labels: Int32Array; // (R)
  /** Sum of the rows' squared distances to their centers. */
  readonly inertia: number;
}

export interface ClusterSettings {
  readonly clusters: number; // C
  readonly seed: number;
}

/** Runs from different starts, of which the best counts. */
const RUNS = 5;
const MOST_STEPS = 100;

/**
 * Lloyd's k-means from k-means++ starts (Arthur & Vassilvitskii, "k-means++: the advantages of careful seeding", SODA
 * 2007). A cluster that loses all its rows gets the row that is farthest from its center. With fewer distinct rows than
 * clusters, some stay empty. Written here instead of taken from a library so that a seed gives the same bytes everywhere.
 *
 * @param rows (R, W), R ≥ 1
 */
export function kmeans(rows: Float64Array, W: number, { clusters, seed }: ClusterSettings): Clusters {
  let best: Clusters | undefined;
  const source = random(seed, STREAMS.clusters);
  for (let run = 0; run < RUNS; run++) {
    const found = lloyd(rows, W, spreadStarts(rows, W, clusters, source));
    if (!best || found.inertia < best.inertia) best = found;
  }
  return best!;
}

/** Centers (C, W) that are rows: the first drawn evenly, each other one by its squared distance to those before. */
function spreadStarts(rows: Float64Array, W: number, C: number, source: Random): Float64Array {
  const R = rows.length / W;
  const centers = new Float64Array(C * W);
  const nearest = new Float64Array(R).fill(Infinity);
  let row = source.below(R);
  for (let c = 0; c < C; c++) {
    centers.set(rows.subarray(row * W, (row + 1) * W), c * W);
    let total = 0;
    for (let r = 0; r < R; r++) {
      nearest[r] = Math.min(nearest[r], squaredDistance(rows, r * W, centers, c * W, W));
      total += nearest[r];
    }
    let left = source.uniform() * total;
    for (row = 0; row < R - 1 && left >= nearest[row]; row++) left -= nearest[row];
  }
  return centers;
}

function lloyd(rows: Float64Array, W: number, centers: Float64Array): Clusters {
  const R = rows.length / W;
  const labels = new Int32Array(R).fill(-1);
  const distances = new Float64Array(R);
  let moved = true;
  for (let step = 0; moved && step < MOST_STEPS; step++) {
    moved = assign(rows, W, centers, labels, distances);
    if (moved) recenter(rows, W, centers, labels, distances);
  }
  assign(rows, W, centers, labels, distances);
  return { centers, labels, inertia: distances.reduce((sum, d) => sum + d, 0) };
}

/** Labels every row by its nearest center; returns whether any label changed. */
function assign(
  rows: Float64Array,
  W: number,
  centers: Float64Array,
  labels: Int32Array,
  distances: Float64Array,
): boolean {
  let moved = false;
  for (let r = 0; r < labels.length; r++) {
    let [nearest, least] = [0, Infinity];
    for (let at = 0; at < centers.length; at += W) {
      const d = squaredDistance(rows, r * W, centers, at, W);
      if (d < least) [nearest, least] = [at / W, d];
    }
    if (labels[r] !== nearest) moved = true;
    labels[r] = nearest;
    distances[r] = least;
  }
  return moved;
}

/** Moves every center to the mean of its rows. */
function recenter(
  rows: Float64Array,
  W: number,
  centers: Float64Array,
  labels: Int32Array,
  distances: Float64Array,
): void {
  const counts = new Int32Array(centers.length / W);
  for (const label of labels) counts[label]++;
  for (let c = 0; c < counts.length; c++) {
    if (counts[c] > 0) continue;
    const farthest = distances.indexOf(Math.max(...distances));
    if (counts[labels[farthest]] < 2) continue; // fewer distinct rows than clusters
    counts[labels[farthest]]--;
    labels[farthest] = c;
    distances[farthest] = 0;
    counts[c] = 1;
  }
  for (let c = 0; c < counts.length; c++) if (counts[c] > 0) centers.fill(0, c * W, (c + 1) * W);
  for (let r = 0; r < labels.length; r++) {
    const to = labels[r] * W;
    for (let x = 0; x < W; x++) centers[to + x] += rows[r * W + x] / counts[labels[r]];
  }
}

function squaredDistance(a: Float64Array, p: number, b: Float64Array, q: number, W: number): number {
  let sum = 0;
  for (let x = 0; x < W; x++) sum += (a[p + x] - b[q + x]) ** 2;
  return sum;
}
