import type { HistoryWeights } from '../../shared/model/model.ts';
import type { SparseRows } from '../math/sparse.ts';

/** Which training rows a user's sequence of n ratings gives: after t = first, first + step, … ratings, while t < n. */
export interface TrainingRows {
  /** Ratings before the first row of a user, at least 1. */
  readonly first: number;
  /** Ratings from one row to the next. */
  readonly step: number;
  /** Stars from which a movie counts in `HistoryMoments.likes`. */
  readonly likeFrom: number;
}

/** What a row asks for: of the next max(window, t · windowShare) ratings after t, those of at least `likeFrom` stars. */
export interface NextTarget {
  readonly likeFrom: number;
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

/** Second moments of the training rows, as `HistoryMoments` describes them. */
interface MomentSums {
  readonly movies: number; // M
  readonly xx: Float64Array; // (P, P)
  readonly xy: readonly Float64Array[]; // (P, M) each
  readonly likes: Float64Array; // (M, M)
}

/**
 * The reference of `Engine.historyMoments`: the moments without forming the rows, O(n²) for a user of n ratings instead of
 * O(n³ / step).
 *
 * With w_tj = f + (1 − f) e^{−(t−1−j)/h}, W_t = Σ_j w_tj and q_t = 1/√W_t, each scale with its own f, h and g, a pair (a, b) of
 * scales has Σ_t x_tm x_tj = g_am g_bj Σ_{t>m} q_at q_bt w_atm w_btj for j ≤ m. Expanding the product leaves sums over t that
 * obey one-step recurrences in m, and e^{−(m−j)/h_b} in j.
 *
 * @param sequences users × M, each row oldest first; entries with column −1 are skipped but count as time passing
 */
export function historyMoments(
  sequences: SparseRows,
  scales: readonly HistoryWeights[],
  targets: readonly NextTarget[],
  rows: TrainingRows,
): MomentSums {
  const M = sequences.columns;
  const P = scales.length * M;
  const moments: MomentSums = {
    movies: M,
    xx: new Float64Array(P * P),
    xy: targets.map(() => new Float64Array(P * M)),
    likes: new Float64Array(M * M),
  };
  for (let u = 0; u < sequences.rows; u++) {
    const [from, to] = [sequences.offsets[u], sequences.offsets[u + 1]];
    const [movies, stars] = [sequences.indices.subarray(from, to), sequences.values.subarray(from, to)];
    const inputs = scales.map((weights, s) => scaleInput(movies, stars, weights, s * M));
    addLikes(moments, movies, likedFrom(movies, stars, rows.likeFrom));
    for (const a of inputs) for (const b of inputs) addInputs(moments, movies, a, b, rows);
    targets.forEach((target, at) => {
      const asked = likedFrom(movies, stars, target.likeFrom);
      const asking = askingRows(asked, target, rows);
      for (const input of inputs) addTargets(moments.xy[at], M, movies, input, asked, asking);
    });
  }
  addMirrored(moments.xx, P);
  addMirrored(moments.likes, M);
  return moments;
}

/** A user's history in one scale, whose movies' slots begin at `first`. */
interface ScaleInput {
  readonly weights: HistoryWeights;
  readonly first: number;
  readonly taste: Float64Array; // (n) g_j, 0 for a movie outside
  readonly fade: number; // e^{−1/h}
}

function scaleInput(movies: Int32Array, stars: Float32Array, weights: HistoryWeights, first: number): ScaleInput {
  const { likeFrom, dislikeBelow, dislikeWeight } = weights;
  const taste = Float64Array.from(movies, (movie, j) =>
    movie < 0 ? 0 : stars[j] >= likeFrom ? 1 : stars[j] < dislikeBelow ? dislikeWeight : 0,
  );
  return { weights, first, taste, fade: Math.exp(-1 / weights.decay) };
}

function likedFrom(movies: Int32Array, stars: Float32Array, likeFrom: number): Uint8Array {
  return Uint8Array.from(movies, (movie, j) => Number(movie >= 0 && stars[j] >= likeFrom));
}

/** Whether a row stands after t ratings of a user's n. */
function isRow(t: number, n: number, { first, step }: TrainingRows): boolean {
  return t >= first && t < n && (t - first) % step === 0;
}

/** A training row after t ratings, which asks for the ratings [t, end), each by `share` = 1/√count. */
interface AskingRow {
  readonly t: number;
  readonly end: number;
  readonly share: number;
}

/** The rows that ask for anything liked. */
function askingRows(liked: Uint8Array, target: NextTarget, { first, step }: TrainingRows): AskingRow[] {
  const rows: AskingRow[] = [];
  for (let t = first; t < liked.length; t += step) {
    const end = Math.min(liked.length, t + spanAfter(t, target));
    let count = 0;
    for (let k = t; k < end; k++) count += liked[k];
    if (count > 0) rows.push({ t, end, share: 1 / Math.sqrt(count) });
  }
  return rows;
}

/** How many ratings a row after t ratings asks for. */
export function spanAfter(t: number, { window, windowShare }: NextTarget): number {
  return Math.max(window, Math.floor(t * windowShare));
}

/** 1/√W_t for W_t = Σ_{j<t} f + (1 − f) e^{−(t−1−j)/h}, a geometric sum. */
export function inverseNorm(t: number, { floor, decay }: HistoryWeights): number {
  return 1 / Math.sqrt(floor * t + ((1 - floor) * (1 - Math.exp(-t / decay))) / (1 - Math.exp(-1 / decay)));
}

/** A fade below this adds nothing that float32 would keep: half of the step from 1 to the next number. */
const NEGLIGIBLE = 2 ** -24;

/** Ratings of age after which a rating weighs nothing beside newer ones, for engines that need not look further back. */
export function fadingReach({ floor, decay }: HistoryWeights): number {
  return floor === 0 ? Math.ceil(-decay * Math.log(NEGLIGIBLE)) : Number.POSITIVE_INFINITY;
}

/** likes += half of Σ l lᵀ: pairs with earlier entries, and half of each entry with itself. */
function addLikes({ likes, movies: M }: MomentSums, movies: Int32Array, liked: Uint8Array): void {
  for (let a = 0; a < movies.length; a++) {
    if (!liked[a]) continue;
    for (let b = 0; b < a; b++) if (liked[b]) likes[movies[a] * M + movies[b]]++;
    likes[movies[a] * (M + 1)] += 0.5;
  }
}

/** xx += half of Σ x xᵀ: entries in scale a with earlier ones in scale b, and half of each entry with itself. */
function addInputs({ xx }: MomentSums, movies: Int32Array, a: ScaleInput, b: ScaleInput, rows: TrainingRows): void {
  const n = movies.length;
  const P = Math.sqrt(xx.length);
  const [fa, fb] = [a.weights.floor, b.weights.floor];
  let [s0, s1a, s1b, s12] = [0, 0, 0, 0]; // Σ_{t>m} q_a q_b times 1, e_a, e_b, e_a e_b
  for (let m = n - 1; m >= 0; m--) {
    s1a *= a.fade;
    s1b *= b.fade;
    s12 *= a.fade * b.fade;
    if (isRow(m + 1, n, rows)) {
      const q = inverseNorm(m + 1, a.weights) * inverseNorm(m + 1, b.weights);
      s0 += q;
      s1a += q;
      s1b += q;
      s12 += q;
    }
    const g = a.taste[m];
    if (g === 0 || s0 === 0) continue;
    const flat = g * (fa * fb * s0 + (1 - fa) * fb * s1a);
    const fading = g * (fa * (1 - fb) * s1b + (1 - fa) * (1 - fb) * s12);
    const line = (a.first + movies[m]) * P + b.first;
    xx[line + movies[m]] += (b.taste[m] * (flat + fading)) / 2;
    for (let j = m - 1, e = b.fade; j >= 0; j--, e *= b.fade) {
      if (b.taste[j] !== 0) xx[line + movies[j]] += b.taste[j] * (flat + fading * e);
    }
  }
}

/** xy += Σ x yᵀ in one scale. */
function addTargets(
  xy: Float64Array,
  M: number,
  movies: Int32Array,
  { weights, first, taste, fade }: ScaleInput,
  liked: Uint8Array,
  rows: readonly AskingRow[],
): void {
  const f = weights.floor;
  for (let k = 0; k < movies.length; k++) {
    if (!liked[k]) continue;
    const asking = rows.filter((row) => row.t <= k && k < row.end);
    let next = asking.length - 1;
    let [flat, fading] = [0, 0];
    for (let j = k - 1; j >= 0; j--) {
      fading *= fade;
      for (; next >= 0 && asking[next].t === j + 1; next--) {
        const q = asking[next].share * inverseNorm(j + 1, weights);
        flat += q;
        fading += q;
      }
      if (taste[j] !== 0 && flat !== 0) {
        xy[(first + movies[j]) * M + movies[k]] += taste[j] * (f * flat + (1 - f) * fading);
      }
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
