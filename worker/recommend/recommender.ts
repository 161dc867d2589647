import { type MovieFilter, withMinRatings } from '../../shared/filters/movie-filters.ts';
import { selectionOf } from '../../shared/filters/select.ts';
import type { PartialSums } from '../../shared/math/reproducible-sums.ts';
import { topK } from '../../shared/math/topk.ts';
import { POOL, spread } from '../../shared/model/diversity.ts';
import type { UserVectors } from '../../shared/model/model.ts';
import { passes, type Ranked, type Selection } from '../../shared/model/scorer.ts';
import { type Directions, Similarity } from '../../shared/model/similarity.ts';
import { Lru } from '../lru.ts';
import type { MovieVectors } from '../wasm/movie-vectors.ts';
import { directionsOf, WasmScorer } from '../wasm/scorer.ts';
import type { OwnModel, ServedModel } from '../wasm/served-model.ts';
import type { AddedModel } from './added-model.ts';
import { rankedWith, scoresOfAdded } from './added-scores.ts';
import { saneScore, saneScores } from './sane.ts';
import { type AskedStandings, openIn, type ScoredStanding, standingOf } from './standing.ts';
import { type JointLists, type JointlyRanked, jointlyBest, scaledRelevance, sumsOfSquares } from './together.ts';

/** Masks that a version keeps, a byte a movie each. */
const MOST_MASKS = 8;
/** Stands for the mask of a filter that came once. */
const NOT_YET = new Uint8Array(0);

function newMasks(): Lru<string, Uint8Array> {
  return new Lru(MOST_MASKS, (mask) => (mask === NOT_YET ? 1 / 16 : 1));
}

/** A selection narrowed to some rows. */
function among(rows: Iterable<number>, selection: Selection, M: number): Selection {
  const refused = new Uint8Array(M).fill(1);
  for (const row of rows) refused[row] = selection.refused?.[row] ?? 0;
  return { ...selection, refused };
}

/** The best `POOL` re-ranked (`shared/model/diversity.ts`), then the others. @param vectors of these movies at least */
export function spreadOut<R extends Ranked>(
  vectors: Pick<MovieVectors, 'take'>,
  pooled: readonly R[],
  count: number,
  diversity: number,
): R[] {
  const pool = pooled.slice(0, POOL);
  const likeness = new Similarity(vectors.take(pool.map(({ row }) => row)));
  const places = spread(
    Int32Array.from(pool.keys()),
    pool.map(({ score }) => score),
    Math.min(count, pool.length),
    diversity,
    (a, b) => likeness.between(a, b),
  );
  return [...Array.from(places, (at) => pool[at]), ...pooled.slice(POOL)].slice(0, count);
}

export type TopOrder = 'bias' | 'count' | 'mean';

/** What of a version ranks its movies. */
export type RankedModel = Pick<OwnModel, 'manifest' | 'movies' | 'vectors' | 'userPrior'>;

/** Ranks the movies of a version, and films beside it. */
export class Recommender {
  readonly #own: RankedModel;
  #model: Pick<ServedModel, 'manifest' | 'movies' | 'vectors'>;
  #added: AddedModel | undefined;
  readonly #scorer: WasmScorer;
  #masks = newMasks();
  /** Rows that nobody is shown. */
  #hidden: readonly number[] = [];

  constructor(model: RankedModel) {
    this.#own = model;
    this.#model = model;
    this.#scorer = new WasmScorer(model.vectors, model.userPrior);
  }

  /** Ranks these films too, instead of those before. */
  add(added: AddedModel | undefined): void {
    this.#added = added;
    this.#model = added?.model ?? this.#own;
    this.#masks = newMasks();
  }

  /** Leaves these rows, instead of those before, out of every selection. */
  hide(rows: Iterable<number>): void {
    this.#hidden = [...rows];
  }

  /**
   * The movies that a filter lets through. To make a mask takes longer than to scan, so a filter gets one when it comes
   * for the second time. Throws `bad-parameter`.
   *
   * @param hidden further rows to leave out
   * @param candidates the only rows to choose from
   */
  select(filter: MovieFilter, hidden: Selection['hidden'] = [], candidates?: Iterable<number>): Selection {
    const out = this.#hidden.length > 0 ? [...hidden, ...this.#hidden] : hidden;
    const selection = selectionOf(this.#model.movies, filter, out, (key, make) => {
      const kept = this.#masks.get(key);
      const mask = kept === NOT_YET ? make() : (kept ?? NOT_YET);
      if (mask !== kept) this.#masks.set(key, mask);
      return mask === NOT_YET ? null : mask;
    });
    return candidates === undefined ? selection : among(candidates, selection, this.#model.movies.count);
  }

  /**
   * The same with a least number of ratings where the filter names none. It holds for movies of the version alone: those
   * beside it have none, and vectors that are no accident of a few ratings but the mean of many films.
   */
  selectRated(filter: MovieFilter, least: number): Selection {
    const rated = this.select(withMinRatings(filter, least));
    if (!this.#added || filter.minRatings !== undefined) return rated;
    const [mayPass, mayPassBeside] = [passes(rated), passes(this.select(filter))];
    const accept = (row: number) => (row < this.#own.movies.count ? mayPass(row) : mayPassBeside(row));
    return { refused: null, hidden: rated.hidden, accept };
  }

  /**
   * The best movies for a user; `blend` 0 ranks by relevance, 1 by predicted rating. With `diversity` above 0 the best
   * 200 are re-ranked (`shared/model/diversity.ts`), so that scores no longer descend.
   */
  recommend(user: UserVectors, blend: number, count: number, selection: Selection, diversity = 0): Ranked[] {
    this.#requireFinite(user);
    const added = this.#added && scoresOfAdded(this.#added, user, blend);
    const best = (most: number) =>
      this.#withAdded(added, most, selection, (own) => this.#scorer.best(user, blend, most, own));
    return this.#spread(best, count, diversity);
  }

  /** The best of the version and of the films beside it. @param added scores of the latter, (A) */
  #withAdded(
    added: Float32Array | undefined,
    most: number,
    selection: Selection,
    ownBest: (own: Selection) => Ranked[],
  ): Ranked[] {
    const { count: M } = this.#own.movies;
    const isWhole = added === undefined || selection.refused === null;
    const own = ownBest(isWhole ? selection : { ...selection, refused: selection.refused!.subarray(0, M) });
    return this.#sane(added === undefined ? own : rankedWith(own, { added, first: M, selection, most }));
  }

  /** The scores that a user's list is ordered by, (M). */
  scores(user: UserVectors, blend: number): Float32Array {
    this.#requireFinite(user);
    const own = this.#scorer.scoresByRow(user, blend);
    if (!this.#added) return own;
    const scores = new Float32Array(this.#model.movies.count);
    scores.set(own);
    scores.set(scoresOfAdded(this.#added, user, blend), own.length);
    return scores;
  }

  /** Σ score² of each by relevance over all movies, by which people come to one scale (`factorsOf`). */
  squares(users: readonly UserVectors[]): PartialSums & { readonly totals: Float64Array } {
    return sumsOfSquares(users.length, (p) => this.scores(users[p], 0));
  }

  /** The best movies for several people together. */
  joint({ users, lists, blend, ...asked }: JointLists, selection: Selection): JointlyRanked[][] {
    return lists.map(({ people, factors, without }) => {
      const scaled = people.map((u, p) => scaledRelevance(users[u], factors[p]));
      const each = scaled.map((user) => this.scores(user, blend));
      const hidden = without.length > 0 ? [...selection.hidden, ...without] : selection.hidden;
      return this.#sane(jointlyBest(each, asked, passes({ ...selection, hidden })));
    });
  }

  /** A movie's score in the lists of some users. */
  scoresOf(row: number, users: readonly UserVectors[], blend: number): Float32Array {
    return Float32Array.from(users, (user) => this.scores(user, blend)[row]);
  }

  /** Where a movie stands in each list, and its score there. */
  standings(row: number, asked: AskedStandings): ScoredStanding[] {
    return this.#standings(asked, (scores) => ({ row, score: scores[row] }));
  }

  /** The same of one that is none of these movies. @param scores of it in each list */
  standingsBeside(row: number, scores: ArrayLike<number>, asked: AskedStandings): ScoredStanding[] {
    return this.#standings(asked, (_, list) => ({ row, score: scores[list] }));
  }

  #standings(
    { lists, blend, most, ...choice }: AskedStandings,
    movieIn: (scores: Float32Array, list: number) => Ranked,
  ): ScoredStanding[] {
    const openTo = openIn(choice, this.#model.movies.count);
    return lists.map((list, at) => {
      const scores = this.scores(list.user, blend);
      const movie = movieIn(scores, at);
      return { score: movie.score, ...standingOf(movie, most, { scores, open: openTo(list) }) };
    });
  }

  #spread(best: (most: number) => Ranked[], count: number, diversity: number): Ranked[] {
    if (diversity === 0) return best(count);
    const pooled = best(Math.max(count, POOL));
    return spreadOut(this.#model.vectors, pooled, count, diversity);
  }

  /** The movies most like the given ones (`shared/model/similarity.ts`), which are left out. */
  similar(rows: readonly number[], count: number, selection: Selection): Ranked[] {
    const given = [...new Set(rows)];
    const directions = directionsOf(this.#model.vectors, given);
    const others = { ...selection, hidden: [...selection.hidden, ...given] };
    const added = this.#added && new Similarity(this.#added.films).along(directions);
    return this.#withAdded(added, count, others, (own) => this.#scorer.along(directions, count, own));
  }

  /** The movies of the version most like these directions (`Similarity.directions`). */
  along(directions: Directions, count: number, selection: Selection): Ranked[] {
    return this.#sane(this.#scorer.along(directions, count, selection));
  }

  /** The movies that rank highest over all users. Where nobody rated one, its kind does not put it above the mean. */
  top(by: TopOrder, count: number, selection: Selection): Ranked[] {
    const { biases, ratingCounts, ratingMeans } = this.#model.movies;
    const bias = () => biases.map((value, row) => (ratingCounts[row] > 0 ? value : Math.min(value, 0)));
    const scores = by === 'bias' ? bias() : by === 'count' ? ratingCounts : ratingMeans;
    return Array.from(topK(scores, count, passes(selection)), (row) => ({ row, score: scores[row] }));
  }

  /** Scores every movie for a user, by both kinds of vectors. Throws `bad-artifact` when one is not sane. */
  requireSane(user: UserVectors): void {
    for (const blend of [0, 1]) {
      for (const score of this.#scorer.scores(user, blend)) saneScore(score, this.#model.manifest);
    }
  }

  /** A list leaves out what has no score: for a vector that is not finite it would be empty. Throws `bad-artifact`. */
  #requireFinite({ bias, deviation, factors, relevance }: UserVectors): void {
    let sum = bias + deviation;
    for (const values of [factors, relevance]) for (let x = 0; x < values.length; x++) sum += values[x];
    if (!Number.isFinite(sum)) saneScore(sum, this.#model.manifest);
  }

  #sane<R extends Ranked>(ranked: R[]): R[] {
    return saneScores(ranked, this.#model.manifest);
  }
}
