import type { HistoryWeights } from '../../../shared/model/model.ts';
import type { Engine } from '../../engines/engine.ts';
import { inverseNorm } from '../../engines/history-moments.ts';
import { type AnyRows, entriesOf, longestRow, rowsBetween, type SparseRows } from '../../math/sparse.ts';

/** What people watch right after a film, beyond what the vectors say. */
export interface Successors {
  readonly starts: Int32Array; // (C + 1)
  readonly successors: Int32Array; // (L) columns of the core
  readonly weights: Float32Array; // (L, Q)
}

export interface SuccessorSettings {
  /** Scales of the histories, (S). */
  readonly history: readonly HistoryWeights[];
  /** Scales in which successors count, (Q), without floors. */
  readonly scales: readonly HistoryWeights[];
  /** Ratings before a user's first training row. */
  readonly first: number;
  /** Added to a film's energy, so that few rows say little. */
  readonly ridge: number;
  /** Successors of a film in each scale, at most. */
  readonly most: number;
}

/** What the vectors say of the next film: y ≈ V Hᵀx. */
export interface NextVectors {
  readonly factors: number; // F
  readonly output: Float32Array; // V (C, F)
  readonly history: Float32Array; // H (C, S · F)
}

/** Share of a least-squares step that is taken: all columns of x explain y together, so a whole one goes too far. */
const STEP = 0.5;

/** A fade below this counts as nothing. */
const FADED = 1e-3;

/** Ratings from which successors are counted. More change little; users are then taken at equal distances. */
const MOST_RATINGS = 4e6;

/**
 * The films that people rate right after a film and that the vectors miss. A reduced regression of rank F keeps what films
 * have in common and loses most pairs. One step of Jacobi's method from its solution towards that of the whole regression
 * brings them back, without a matrix of its size. In each scale q of a history, over training rows (x, y), y the very next
 * film:
 *   W_ji = max(0, ½ (Σ x_j (y − V Hᵀx)_i) / (Σ x_j² + ridge)),   of each film j the largest
 * Only positive weights are kept: so the best of a list are among the best without them, and their films.
 *
 * @param sequences users × core, stars, oldest first; an entry with column −1 is only time that passes
 */
export async function fitSuccessors(
  engine: Engine,
  sequences: AnyRows,
  vectors: NextVectors,
  settings: SuccessorSettings,
): Promise<Successors> {
  const sums = sumRows(sequences, vectors, settings);
  const found: Float32Array[] = [];
  for (const sum of sums) found.push(await weightsOf(engine, sum, vectors, settings));
  return merged(found, sequences.columns);
}

/** Sums over the training rows in one scale. */
interface ScaleSums {
  readonly pairs: Float32Array; // (C, C) Σ x_j y_i
  readonly states: Float64Array; // (C, F) Σ x_j Hᵀx
  readonly energy: Float64Array; // (C) Σ x_j²
}

function sumRows(all: AnyRows, { factors: F, history }: NextVectors, settings: SuccessorSettings): ScaleSums[] {
  const sequences = everyUser(all, Math.max(1, Math.ceil(entriesOf(all) / MOST_RATINGS)));
  const { columns: C, offsets, indices, values } = sequences;
  const visits = visitsOf(sequences);
  const longest = longestRow(offsets);
  const scales = settings.scales.map((scale) => {
    const norms = Float64Array.from({ length: longest }, (_, t) => (t < settings.first ? 0 : inverseNorm(t, scale)));
    const pairs = pairsOf(sequences, visits, scale, norms);
    return { scale, norms, sums: { pairs, states: new Float64Array(C * F), energy: new Float64Array(C) } };
  });
  for (let u = 0; u < sequences.rows; u++) {
    const films = indices.subarray(offsets[u], offsets[u + 1]);
    const stars = values.subarray(offsets[u], offsets[u + 1]);
    if (films.length <= settings.first) continue;
    const states = statesOf(films, stars, F, history, settings);
    for (const { sums, norms, scale } of scales) addUser(sums, { films, stars, states, norms, factors: F }, scale);
  }
  return scales.map(({ sums }) => sums);
}

/** One of so many users. */
function everyUser(sequences: AnyRows, every: number): SparseRows {
  if (every === 1) return rowsBetween(sequences, 0, sequences.rows);
  const users = Array.from({ length: Math.ceil(sequences.rows / every) }, (_, k) =>
    rowsBetween(sequences, k * every, k * every + 1),
  );
  const offsets = new Int32Array(users.length + 1);
  users.forEach(({ indices }, u) => {
    offsets[u + 1] = offsets[u] + indices.length;
  });
  const indices = new Int32Array(offsets[users.length]);
  const values = new Float32Array(offsets[users.length]);
  users.forEach((user, u) => {
    indices.set(user.indices, offsets[u]);
    values.set(user.values, offsets[u]);
  });
  return { rows: users.length, columns: sequences.columns, offsets, indices, values };
}

/** Where each film stands in the sequences, and which user's they are. */
interface Visits {
  readonly starts: Int32Array; // (C + 1)
  readonly entries: Int32Array; // (N)
  readonly users: Int32Array; // (N)
}

function visitsOf({ rows, columns: C, offsets, indices }: SparseRows): Visits {
  const starts = new Int32Array(C + 1);
  for (let e = 0; e < indices.length; e++) if (indices[e] >= 0) starts[indices[e] + 1]++;
  for (let c = 0; c < C; c++) starts[c + 1] += starts[c];
  const next = starts.slice();
  const [entries, users] = [new Int32Array(starts[C]), new Int32Array(starts[C])];
  for (let u = 0; u < rows; u++) {
    for (let e = offsets[u]; e < offsets[u + 1]; e++) {
      if (indices[e] < 0) continue;
      const at = next[indices[e]]++;
      entries[at] = e;
      users[at] = u;
    }
  }
  return { starts, entries, users };
}

/** Σ x_j y_i, (C, C), film by film, so that additions stay in one row of the matrix. */
function pairsOf(
  { offsets, indices, values }: SparseRows,
  visits: Visits,
  scale: HistoryWeights,
  norms: Float64Array,
): Float32Array {
  const C = visits.starts.length - 1;
  const pairs = new Float32Array(C * C);
  const reach = Math.ceil(-scale.decay * Math.log(FADED));
  const fades = Float64Array.from({ length: reach }, (_, age) => Math.exp(-age / scale.decay));
  for (let film = 0; film < C; film++) {
    const row = pairs.subarray(film * C, (film + 1) * C);
    for (let v = visits.starts[film]; v < visits.starts[film + 1]; v++) {
      const e = visits.entries[v];
      const g = tasteOf(values[e], scale);
      if (g === 0) continue;
      const begin = offsets[visits.users[v]];
      const end = Math.min(offsets[visits.users[v] + 1], e + 1 + reach);
      for (let k = e + 1; k < end; k++) {
        if (indices[k] >= 0) row[indices[k]] += g * fades[k - 1 - e] * norms[k - begin];
      }
    }
  }
  return pairs;
}

/** Hᵀx of the row at each time t of a history, (n, F); zeros before the first row. */
function statesOf(
  films: Int32Array,
  stars: Float32Array,
  F: number,
  history: Float32Array,
  { history: scales, first }: SuccessorSettings,
): Float64Array {
  const n = films.length;
  const S = scales.length;
  const states = new Float64Array(n * F);
  const [flat, fading] = [new Float64Array(F), new Float64Array(F)];
  scales.forEach((scale, s) => {
    const fade = Math.exp(-1 / scale.decay);
    const { floor } = scale;
    flat.fill(0);
    fading.fill(0);
    for (let t = 0; t < n; t++) {
      if (t >= first) {
        const norm = inverseNorm(t, scale);
        for (let f = 0; f < F; f++) states[t * F + f] += norm * (floor * flat[f] + (1 - floor) * fading[f]);
      }
      const g = films[t] < 0 ? 0 : tasteOf(stars[t], scale);
      const at = (Math.max(0, films[t]) * S + s) * F;
      for (let f = 0; f < F; f++) {
        const added = g * history[at + f];
        flat[f] += added;
        fading[f] = fade * fading[f] + added;
      }
    }
  });
  return states;
}

/** What a rating counts in a history: 1 for a liked film, 0 for one that is neither liked nor disliked. */
function tasteOf(stars: number, { likeFrom, dislikeBelow, dislikeWeight }: HistoryWeights): number {
  if (stars >= likeFrom) return 1;
  return stars < dislikeBelow ? dislikeWeight : 0;
}

interface UserRows {
  readonly films: Int32Array; // (n)
  readonly stars: Float32Array; // (n)
  readonly states: Float64Array; // (n, F)
  readonly norms: Float64Array; // 1/√W_t of each row
  readonly factors: number; // F
}

/** Adds a user's rows. Sums over later rows fade from the end back, so that each rating is visited once. */
function addUser({ states: sums, energy }: ScaleSums, user: UserRows, scale: HistoryWeights): void {
  const { films, stars, states, norms, factors: F } = user;
  const fade = Math.exp(-1 / scale.decay);
  const later = new Float64Array(F);
  let squares = 0;
  for (let j = films.length - 2; j >= 0; j--) {
    const norm = norms[j + 1];
    for (let f = 0, at = (j + 1) * F; f < F; f++, at++) later[f] = fade * later[f] + norm * states[at];
    squares = fade * fade * squares + norm * norm;
    const film = films[j];
    const g = tasteOf(stars[j], scale);
    if (film < 0 || g === 0) continue;
    energy[film] += g * g * squares;
    for (let f = 0, at = film * F; f < F; f++, at++) sums[at] += g * later[f];
  }
}

/** W of one scale, (C, C): 0 but for each film's largest. */
async function weightsOf(
  engine: Engine,
  { pairs, states, energy }: ScaleSums,
  { factors: F, output }: NextVectors,
  { ridge, most }: SuccessorSettings,
): Promise<Float32Array> {
  const C = energy.length;
  const [left, right] = [engine.tensor(C * F, states), engine.tensor(C * F, transposed(output, F))];
  const product = engine.tensor(C * C);
  engine.multiply(left, right, product, C, F, C, false);
  const explained = await engine.read(product);
  engine.free(left, right, product);
  const sorted = new Float32Array(C);
  for (let film = 0, at = 0; film < C; film++, at += C) {
    const row = pairs.subarray(at, at + C);
    const step = STEP / (energy[film] + ridge);
    for (let i = 0; i < C; i++) row[i] = Math.max(0, step * (row[i] - explained[at + i]));
    row[film] = 0;
    let positive = 0;
    for (let i = 0; i < C; i++) if (row[i] > 0) sorted[positive++] = row[i];
    if (positive <= most) continue;
    const least = sorted.subarray(0, positive).sort()[positive - most];
    for (let i = 0; i < C; i++) if (row[i] < least) row[i] = 0;
  }
  return pairs;
}

/** The films that have a weight in any scale, with all of their weights. */
function merged(found: readonly Float32Array[], C: number): Successors {
  const starts = new Int32Array(C + 1);
  const successors: number[] = [];
  const weights: number[] = [];
  for (let film = 0; film < C; film++) {
    for (let i = 0, at = film * C; i < C; i++, at++) {
      if (!found.some((row) => row[at] > 0)) continue;
      successors.push(i);
      for (const row of found) weights.push(row[at]);
    }
    starts[film + 1] = successors.length;
  }
  return { starts, successors: Int32Array.from(successors), weights: Float32Array.from(weights) };
}

/** A matrix (·, width) as its transpose. */
function transposed(matrix: Float32Array, width: number): Float32Array {
  const rows = matrix.length / width;
  return Float32Array.from(matrix, (_, at) => matrix[(at % rows) * width + Math.floor(at / rows)]);
}
