import type { HistoryWeights } from '../../shared/model/model.ts';
import type { SparseRows } from '../math/sparse.ts';

/** Which training rows a user's sequence of ratings gives, and what counts as next. */
export interface NextWatchRows {
  /** Ratings before the first row of a user. */
  readonly first: number;
  /** Ratings from one row to the next. */
  readonly step: number;
  /** A row after t ratings asks for the next max(window, t · windowShare) ones. */
  readonly window: number;
  readonly windowShare: number;
}

/** Users [from, to), to whom the ratings [offsets[from], offsets[to]) belong. */
export interface UserBlock {
  readonly from: number;
  readonly to: number;
}

/** Blocks of consecutive users that engines compute at a time: at most `most` ratings and users together, or one user. */
export function userBlocks(offsets: Int32Array, most: number): UserBlock[] {
  const users = offsets.length - 1;
  const size = (from: number, to: number) => offsets[to] - offsets[from] + to - from;
  const blocks: UserBlock[] = [];
  let from = 0;
  for (let to = 1; to <= users; to++) {
    if (to < users && size(from, to + 1) <= most) continue;
    blocks.push({ from, to });
    from = to;
  }
  return blocks;
}

/**
 * Second moments of the training rows (x_t, y_t): x is the history vector of a user's first t ratings with a 1 in slot M
 * (the constant), y what the user liked among the next ones, over √count.
 */
interface MomentSums {
  readonly movies: number; // M
  rows: number;
  readonly xx: Float64Array; // (M + 1, M + 1) Σ x xᵀ, full
  readonly xy: Float64Array; // (M + 1, M) Σ x yᵀ
  readonly likes: Float64Array; // (M, M) Σ over users of l lᵀ, l = liked movies, full
}

/**
 * The reference of `Engine.historyMoments`: the moments without forming the rows, O(n²) for a user of n ratings instead of
 * O(n³ / step).
 *
 * With w_tj = f + (1 − f) e^{−(t−1−j)/h} and W_t = Σ_j w_tj, Σ_t x_tj x_tm = g_j g_m Σ_{t>m} w_tj w_tm / W_t for j ≤ m.
 * Expanding the product leaves sums over t that obey one-step recurrences in m, and e^{−(m−j)/h} in j.
 *
 * @param sequences users × M, each row oldest first; entries with column −1 are skipped but count as time passing
 */
export function historyMoments(
  sequences: SparseRows,
  weights: HistoryWeights,
  config: NextWatchRows,
): Readonly<MomentSums> {
  const M = sequences.columns;
  const moments: MomentSums = {
    movies: M,
    rows: 0,
    xx: new Float64Array((M + 1) * (M + 1)),
    xy: new Float64Array((M + 1) * M),
    likes: new Float64Array(M * M),
  };
  for (let u = 0; u < sequences.rows; u++) {
    const from = sequences.offsets[u];
    const to = sequences.offsets[u + 1];
    addUser(moments, sequences.indices.subarray(from, to), sequences.values.subarray(from, to), weights, config);
  }
  addMirrored(moments.xx, M + 1);
  addMirrored(moments.likes, M);
  return moments;
}

/** A training row at time t, which asks for the ratings [t, end). */
interface TrainingRowSpan {
  readonly t: number;
  readonly end: number;
  readonly inverseNorm: number; // 1/√W_t
  readonly target: number; // 1/√count
}

function addUser(
  moments: MomentSums,
  movies: Int32Array,
  stars: Float32Array,
  weights: HistoryWeights,
  config: NextWatchRows,
): void {
  const n = movies.length;
  const liked = new Uint8Array(n);
  const taste = new Float64Array(n); // g_j
  for (let j = 0; j < n; j++) {
    liked[j] = movies[j] >= 0 && stars[j] >= weights.likeFrom ? 1 : 0;
    taste[j] = movies[j] < 0 ? 0 : liked[j] ? 1 : stars[j] < weights.dislikeBelow ? weights.dislikeWeight : 0;
  }
  const rows = trainingRows(liked, weights, config);
  moments.rows += rows.length;
  addLikes(moments, movies, liked);
  addInputs(moments, movies, taste, rows, weights);
  addTargets(moments, movies, taste, liked, rows, weights);
}

function trainingRows(liked: Uint8Array, weights: HistoryWeights, config: NextWatchRows): TrainingRowSpan[] {
  const n = liked.length;
  const rows: TrainingRowSpan[] = [];
  for (let t = config.first; t < n - 2; t += config.step) {
    const end = Math.min(n, t + spanAfter(t, config));
    let count = 0;
    for (let k = t; k < end; k++) count += liked[k];
    if (count === 0) continue;
    const inverseNorm = 1 / Math.sqrt(totalWeight(t, weights));
    rows.push({ t, end, inverseNorm, target: 1 / Math.sqrt(count) });
  }
  return rows;
}

/** How many ratings a row after t ratings asks for. */
export function spanAfter(t: number, { window, windowShare }: NextWatchRows): number {
  return Math.max(window, Math.floor(t * windowShare));
}

/** W_t = Σ_{j<t} f + (1 − f) e^{−(t−1−j)/h}, a geometric sum. */
export function totalWeight(t: number, { floor, decay }: HistoryWeights): number {
  return floor * t + ((1 - floor) * (1 - Math.exp(-t / decay))) / (1 - Math.exp(-1 / decay));
}

/** likes += half of Σ l lᵀ: pairs with earlier entries, and half of each entry with itself. */
function addLikes({ likes, movies: M }: MomentSums, movies: Int32Array, liked: Uint8Array): void {
  for (let a = 0; a < movies.length; a++) {
    if (!liked[a]) continue;
    for (let b = 0; b < a; b++) if (liked[b]) likes[movies[a] * M + movies[b]]++;
    likes[movies[a] * (M + 1)] += 0.5;
  }
}

/** xx += half of Σ x xᵀ: pairs with earlier entries and the constant, and half of each entry with itself. */
function addInputs(
  { xx, movies: M }: MomentSums,
  movies: Int32Array,
  taste: Float64Array,
  rows: readonly TrainingRowSpan[],
  { floor: f, decay }: HistoryWeights,
): void {
  const fade = Math.exp(-1 / decay);
  const width = M + 1;
  xx[M * width + M] += rows.length / 2;
  let next = rows.length - 1;
  let [s0, s1, s2, c0, c1] = [0, 0, 0, 0, 0]; // Σ_{t>m} of 1, e, e² over W_t; of 1, e over √W_t
  for (let m = movies.length - 1; m >= 0; m--) {
    s1 *= fade;
    s2 *= fade * fade;
    c1 *= fade;
    for (; next >= 0 && rows[next].t === m + 1; next--) {
      const q = rows[next].inverseNorm;
      s0 += q * q;
      s1 += q * q;
      s2 += q * q;
      c0 += q;
      c1 += q;
    }
    const g = taste[m];
    if (g === 0 || c0 === 0) continue;
    const line = movies[m] * width;
    xx[line + M] += g * (f * c0 + (1 - f) * c1);
    const flat = g * (f * f * s0 + f * (1 - f) * s1);
    const fading = g * (f * (1 - f) * s1 + (1 - f) * (1 - f) * s2);
    xx[line + movies[m]] += (g * (flat + fading)) / 2;
    for (let j = m - 1, d = fade; j >= 0; j--, d *= fade) {
      if (taste[j] !== 0) xx[line + movies[j]] += taste[j] * (flat + fading * d);
    }
  }
}

/** xy += Σ x yᵀ. */
function addTargets(
  { xy, movies: M }: MomentSums,
  movies: Int32Array,
  taste: Float64Array,
  liked: Uint8Array,
  rows: readonly TrainingRowSpan[],
  { floor: f, decay }: HistoryWeights,
): void {
  const fade = Math.exp(-1 / decay);
  for (let k = 0; k < movies.length; k++) {
    if (!liked[k]) continue;
    const target = movies[k];
    const asking = rows.filter((row) => row.t <= k && k < row.end);
    let next = asking.length - 1;
    let [flat, fading] = [0, 0];
    for (const row of asking) xy[M * M + target] += row.target;
    for (let j = k - 1; j >= 0; j--) {
      fading *= fade;
      for (; next >= 0 && asking[next].t === j + 1; next--) {
        const q = asking[next].target * asking[next].inverseNorm;
        flat += q;
        fading += q;
      }
      if (taste[j] !== 0 && flat !== 0) xy[movies[j] * M + target] += taste[j] * (f * flat + (1 - f) * fading);
    }
  }
}

/** A (n, n) ← A + Aᵀ. */
function addMirrored(matrix: Float64Array, n: number): void {
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      matrix[i * n + j] += matrix[j * n + i];
      matrix[j * n + i] = matrix[i * n + j];
    }
  }
}
