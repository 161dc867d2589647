import { BLOCK } from '../../shared/artifact/serving-layout.ts';
import type { RowScores, UserPrior, UserVectors } from '../../shared/model/model.ts';
import { addScores, type ScoreWeights, scoreWeights } from '../../shared/model/score.ts';
import { type Ranked, type Scorer, type Selection, withGains } from '../../shared/model/scorer.ts';
import { type Directions, Similarity } from '../../shared/model/similarity.ts';
import { standardError } from '../../shared/model/standard-error.ts';
import { type Codes, cutFor, fours } from './codes.ts';
import type { Kernel } from './kernel.ts';
import { LIST_ALIGNMENT, type MovieVectors, scratchBytes } from './movie-vectors.ts';

/** Unit roundoff of float32. */
const ROUNDOFF = 2 ** -24;

/**
 * `Scorer` in WASM. Where a version has codes, lists come from the scan that reads them first; they are the same lists,
 * to the bit, as those of the scan of every vector: both end in the same sums of the same float32 numbers.
 */
export class WasmScorer implements Scorer {
  readonly #vectors: MovieVectors;
  readonly #kernel: Kernel;
  readonly #prior: Pick<UserPrior, 'response' | 'tau'>;
  /** The largest standard error, once they are in the kernel's memory. */
  #largestError: number | undefined;
  /** The user's vector: rating columns, then relevance columns, f32; the same in whole numbers, i8; two queries. */
  readonly #user: number;
  readonly #whole: number;
  readonly #queries: number;

  constructor(vectors: MovieVectors, prior: Pick<UserPrior, 'response' | 'tau'>) {
    this.#vectors = vectors;
    this.#kernel = vectors.kernel;
    this.#prior = prior;
    const { rating, relevance } = vectors.places;
    const columns = rating.columns + relevance.columns;
    this.#user = this.#kernel.allocate(4 * columns);
    this.#whole = this.#kernel.allocate(fours(columns));
    this.#queries = this.#kernel.allocate(2 * this.#kernel.sizes.QUERY);
  }

  /** @param everything scores every movie, codes or not */
  best(user: UserVectors, blend: number, k: number, selection: Selection, everything = false): Ranked[] {
    const gaining = user.added && blend < 1 ? this.#scoresOf(user.added, user, blend) : undefined;
    const plain = this.#plainBest(user, blend, k, selection, everything);
    return gaining ? withGains(plain, gaining, k, selection) : plain;
  }

  /** The best movies without what single ones gain. */
  #plainBest(user: UserVectors, blend: number, k: number, selection: Selection, everything: boolean): Ranked[] {
    const { rating, relevance } = this.#vectors.places;
    const weights = this.#setUser(user, blend);
    const used = [
      { area: rating, at: 0, counts: blend > 0 },
      { area: relevance, at: rating.columns, counts: blend < 1 },
    ]
      .filter(({ area, counts }) => counts && area.blocks > 0)
      .map((use) => ({ ...use, codes: everything ? null : use.area.codes() })); // before the scan: memory may grow
    return this.#list(k, selection, (wanted, heap, scratch, bytes) => {
      const { QUERY, GROUP, GROUP_SCRATCH, SCAN_SCRATCH } = this.#kernel.sizes;
      const groups = Math.ceil(this.#vectors.catalogue.count / (GROUP * BLOCK));
      const needed = GROUP_SCRATCH * groups + SCAN_SCRATCH;
      let size = Math.abs(weights.constant) + this.#mostDoubt(weights);
      if (needed > bytes) size = Number.NaN;
      used.forEach(({ at, codes }, kind) => {
        size += codes === null ? Number.NaN : this.#writeQuery(codes, at, this.#queries + kind * QUERY);
      });
      if (!Number.isFinite(size)) return this.#kernel.run.topOfAll(wanted, heap, scratch);
      const slack = size * this.#rounding();
      return this.#kernel.run.topByCodes(wanted, heap, this.#queries, used.length, weights.constant, slack, scratch);
    });
  }

  /**
   * Scores of every movie, (M), without what single ones gain, in the order of positions (`MovieVectors`). A view: good
   * until the next call.
   */
  scores(user: UserVectors, blend: number): Float32Array {
    this.#setUser(user, blend);
    this.#kernel.run.scoreAll(this.#vectors.places.scratch);
    return this.#kernel.floats(this.#vectors.places.scratch, this.#vectors.catalogue.count);
  }

  /** The scores that lists are ordered by, (M), in the order of rows, as a copy. */
  scoresByRow(user: UserVectors, blend: number): Float32Array {
    const scores = this.scores(user, blend);
    const positions = this.#kernel.integers(this.#vectors.places.positions, scores.length);
    const byRow = new Float32Array(scores.length);
    for (let row = 0; row < byRow.length; row++) byRow[row] = scores[positions[row]];
    if (user.added && blend < 1) addScores(user.added, blend, byRow);
    return byRow;
  }

  /** The same scores of the movies that gain something. */
  #scoresOf({ rows, scores: gains }: RowScores, user: UserVectors, blend: number) {
    const scores = this.scores(user, blend);
    const positions = this.#kernel.integers(this.#vectors.places.positions, scores.length);
    const whole = new Float32Array(rows.length);
    for (let i = 0; i < whole.length; i++) {
      whole[i] = scores[positions[rows[i]]];
      whole[i] += (1 - blend) * gains[i];
    }
    return { rows, scores: whole };
  }

  similar(rows: readonly number[], k: number, selection: Selection): Ranked[] {
    return this.along(directionsOf(this.#vectors, rows), k, selection);
  }

  /** The movies most like these directions (`Similarity.directions`). */
  along({ rating, relevance }: Directions, k: number, selection: Selection): Ranked[] {
    this.#write({ constant: 0, standardError: 0, bias: 0, deviation: 0, factors: rating, relevance });
    for (const area of [this.#vectors.places.rating, this.#vectors.places.relevance]) area.norms();
    this.#kernel.run.setUser(this.#user, 0, 0, true, true, true);
    return this.#list(k, selection, (wanted, heap, scratch) => this.#kernel.run.topOfAll(wanted, heap, scratch));
  }

  #setUser(user: UserVectors, blend: number): ScoreWeights {
    const weights = scoreWeights(user, this.#prior.response, blend);
    this.#mostDoubt(weights); // before the scan: memory may grow
    this.#write(weights);
    const { constant, standardError } = weights;
    this.#kernel.run.setUser(this.#user, constant, standardError, false, blend > 0, blend < 1);
    return weights;
  }

  /** The most that standard errors take from a score. Puts them into memory when they first count. */
  #mostDoubt(weights: ScoreWeights): number {
    if (weights.standardError === 0) return 0;
    this.#largestError ??= this.#placeStandardErrors();
    return Math.abs(weights.standardError) * this.#largestError;
  }

  /** Standard errors by position, with the least and the largest of each group. Returns the largest of all. */
  #placeStandardErrors(): number {
    const { kernel, catalogue, places } = this.#vectors;
    const { count: M, ratingCounts } = catalogue;
    const { GROUP } = kernel.sizes;
    const groups = Math.ceil(M / (GROUP * BLOCK));
    const at = kernel.allocate(4 * GROUP * BLOCK * groups);
    const heads = kernel.allocate(2 * 4 * fours(groups));
    const positions = kernel.integers(places.positions, M);
    const errors = kernel.floats(at, M);
    for (let row = 0; row < M; row++) errors[positions[row]] = standardError(ratingCounts[row], this.#prior);
    const [least, largest] = [0, 1].map((row) => kernel.floats(heads + 4 * fours(groups) * row, groups));
    for (let group = 0; group < groups; group++) {
      const own = errors.subarray(group * GROUP * BLOCK, (group + 1) * GROUP * BLOCK);
      least[group] = own.reduce((a, b) => Math.min(a, b));
      largest[group] = own.reduce((a, b) => Math.max(a, b));
    }
    kernel.run.setStandardErrors(at, heads);
    return largest.reduce((a, b) => Math.max(a, b), 0);
  }

  #write({ bias, deviation, factors, relevance }: ScoreWeights): void {
    const { rating } = this.#vectors.places;
    const user = this.#kernel.floats(this.#user, this.#columns);
    user[0] = bias;
    user[1] = deviation;
    user.set(factors, 2);
    user.set(relevance, rating.columns);
  }

  /**
   * Writes the query for one kind of vectors: the user's numbers from `first` on as integers, and what bounds need of
   * them. Returns the most that bias and deviation add to a score; NaN where codes are of no use, because the user's
   * numbers are too large or small, or too much of them stands behind the last cut.
   */
  #writeQuery(codes: Codes, first: number, query: number): number {
    const { at, heads, plain, groups, columns, length, plainPeaks, cuts } = codes;
    const plainColumns = plainPeaks.length;
    const weights = this.#kernel.floats(this.#user + 4 * first, plainColumns);
    const u = this.#kernel.floats(this.#user + 4 * (first + plainColumns), columns);
    const cut = cutFor(u, cuts);
    if (cut === undefined) return Number.NaN;
    let [norm, peak, behind] = [0, 0, 0];
    for (let x = 0; x < cut.columns; x++) {
      norm += u[x] * u[x];
      peak = Math.max(peak, Math.abs(u[x]));
    }
    for (let x = cut.columns; x < columns; x++) behind += u[x] * u[x];
    norm = Math.sqrt(norm);
    behind = Math.sqrt(behind);
    if (![norm, ...weights].every(isModerate) || !(behind < 1e15)) return Number.NaN;
    // No number beyond 127, and |d·c| ≤ ‖d‖ ‖c‖ within 16 bits.
    const t = Math.max(peak / 127, (norm * length) / (32767 - (length * Math.sqrt(cut.columns)) / 2));
    const whole = this.#whole + first;
    const d = new Int8Array(this.#kernel.run.memory.buffer, whole, cut.columns);
    let [sum, inside, outside] = [0, 0, 0];
    for (let x = 0; x < cut.columns; x++) {
      d[x] = t > 0 ? Math.round(u[x] / t) : 0;
      sum += d[x];
      inside += (t * d[x]) ** 2;
      outside += (u[x] - t * d[x]) ** 2;
    }
    this.#kernel.integers(query, 8).set([at, heads, plain, groups, fours(cut.columns), whole, -64 * sum, cut.heads]);
    const rounding = this.#rounding();
    const error = Math.sqrt(outside) + norm * rounding;
    const up = 1.00001; // what must not be too small, after rounding to float32
    this.#kernel
      .floats(query + 32, 7)
      .set([t, Math.sqrt(inside) * up, error * up, norm * up, behind * (1 + rounding) * up, ...weights]);
    return plainPeaks.reduce((size, largest, column) => size + Math.abs(weights[column]) * largest, 0);
  }

  /**
   * Bound of the relative error of a score and of its bound, both computed in float32: one rounding a column and some
   * more (Higham, Accuracy and Stability of Numerical Algorithms, §3.1), twice.
   */
  #rounding(): number {
    return 2 * (this.#columns + 16) * ROUNDOFF;
  }

  get #columns(): number {
    const { rating, relevance } = this.#vectors.places;
    return rating.columns + relevance.columns;
  }

  /** Hands the selection to the kernel, lets `scan` fill a list of at most k, and brings it into order. */
  #list(
    k: number,
    selection: Selection,
    scan: (k: number, heap: number, scratch: number, bytes: number) => number,
  ): Ranked[] {
    const kernel = this.#kernel;
    const { catalogue, places } = this.#vectors;
    const wanted = Math.min(k, catalogue.count);
    const scratch = LIST_ALIGNMENT * Math.ceil((places.scratch + 8 * wanted) / LIST_ALIGNMENT);
    const room = places.scratch + scratchBytes(kernel, catalogue) - scratch;
    kernel.accept = selection.accept ?? EVERY_ROW;
    kernel.run.askHost(selection.accept !== undefined);
    const kept = this.#vectors.marks.during(selection, () => scan(wanted, places.scratch, scratch, room));
    const scores = kernel.floats(places.scratch, kept);
    const rows = kernel.integers(places.scratch + 4 * wanted, kept);
    return Array.from(rows, (row, i) => ({ row, score: scores[i] })).sort((a, b) => b.score - a.score || a.row - b.row);
  }
}

/** The directions that movies like some others have. */
export function directionsOf(vectors: Pick<MovieVectors, 'take'>, rows: readonly number[]): Directions {
  const given = [...new Set(rows)];
  return new Similarity(vectors.take(given)).directions([...given.keys()]);
}

const EVERY_ROW = () => true;

/** Whether products with it neither vanish nor overflow in float32. */
function isModerate(value: number): boolean {
  return value === 0 || (Math.abs(value) > 1e-15 && Math.abs(value) < 1e15);
}
