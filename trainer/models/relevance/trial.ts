import { topK } from '../../../shared/math/topk.ts';
import { weightedSum } from '../../../shared/math/weighted-sum.ts';
import { weightsOfScales } from '../../../shared/model/history.ts';
import type { RatedMovies } from '../../../shared/model/model.ts';
import type { Engine } from '../../engines/engine.ts';
import { spanAfter } from '../../engines/history-moments.ts';
import { rowDots } from '../../math/dense.ts';
import { listScore } from '../../math/metrics.ts';
import { type AnyRows, rowsBetween, SparseBuilder, type SparseRows } from '../../math/sparse.ts';
import { fitRelevance, type RelevanceOptions } from './next-watch.ts';

/** Training people who take part at most, evenly among all. */
const MOST_PEOPLE = 6000;

/** Fewest people: with fewer, chance decides. */
const FEWEST_PEOPLE = 400;

/** A fifth of the people are asked at a time, by a model of the others, until so many were, or three fifths. */
const FOLDS = 5;
const ASKED_FOLDS = 3;
const ASKED = 2000;

/** When somebody is asked: after these shares of their ratings. */
const ASKED_AFTER = [0.5, 0.65, 0.8];

/** Films of a trial at most. */
const MOST_MOVIES = 500;

/** Length of the lists that are compared. */
const LIST = 10;

type Person = Pick<RatedMovies, 'rows' | 'stars'>;

/** Settings of a trial's model, all but the share. */
export type TrialOptions = Omit<RelevanceOptions, 'nextShare'>;

/**
 * How good lists are for training people whom a trial's model does not know, for each share of the very next film in what is
 * relevant: Σ NDCG@10. After half, two thirds and four fifths of their ratings they are asked for what they liked among the
 * next ones. Zeros where there are too few people to ask.
 *
 * @param settings for so many ratings
 */
export async function gainsOfShares(
  engine: Engine,
  byUser: AnyRows,
  shares: readonly number[],
  settings: (ratings: number) => TrialOptions,
): Promise<Float64Array> {
  const people = peopleOf(byUser);
  const gains = new Float64Array(shares.length);
  if (people.length < FEWEST_PEOPLE) return gains;
  const folds = Math.min(ASKED_FOLDS, Math.ceil((FOLDS * ASKED) / people.length));
  for (let fold = 0; fold < folds; fold++) {
    const others = stacked(
      people.filter((_, k) => foldOf(k) !== fold),
      byUser.columns,
    );
    const options = trialOptions(settings(others.indices.length));
    const trial = await openTrial(engine, others, options);
    const asked = { ...options, shares };
    for (const [k, person] of people.entries()) if (foldOf(k) === fold) addGains(gains, trial, person, asked);
  }
  return gains;
}

/** A trial's model: the most rated films and one step suffice to tell one setting from another. */
export function trialOptions(options: TrialOptions): TrialOptions {
  return {
    ...options,
    relevanceMovies: Math.min(MOST_MOVIES, options.relevanceMovies),
    subspaceSteps: 1,
    nextFactors: options.relevanceFactors,
  };
}

/** Which fold somebody is in, without a period (multiples of the golden ratio), because people may alternate in the data. */
export function foldOf(k: number): number {
  return Math.floor(((Math.imul(k, 0x9e3779b1) >>> 0) / 2 ** 32) * FOLDS);
}

function peopleOf(byUser: AnyRows): Person[] {
  const step = Math.max(1, byUser.rows / MOST_PEOPLE);
  return Array.from({ length: Math.floor(byUser.rows / step) }, (_, k) => {
    const u = Math.floor(k * step);
    const { indices: rows, values: stars } = rowsBetween(byUser, u, u + 1);
    return { rows, stars };
  });
}

function stacked(people: readonly Person[], columns: number): SparseRows {
  const builder = new SparseBuilder(columns);
  for (const { rows, stars } of people) {
    rows.forEach((row, k) => {
      builder.add(row, stars[k]);
    });
    builder.endRow();
  }
  return builder.take();
}

/** A model of other people. */
interface Trial {
  /** Rows of the movies that take part, (C). */
  readonly core: Int32Array;
  /** Their scores by what is liked next and by the very next film, (C) each: a share adds so much of the second. */
  scores(known: Person): readonly [Float64Array, Float64Array];
}

async function openTrial(engine: Engine, others: SparseRows, options: TrialOptions): Promise<Trial> {
  const { relevanceFactors: E, history: scales } = options;
  const { relevance, next, unit } = await fitRelevance(engine, others, { ...options, nextShare: 0 });
  const { rows: core, factors: F } = next;
  const places = new Int32Array(others.columns).fill(-1);
  core.forEach((row, place) => {
    places[row] = place;
  });
  const S = scales.length;
  const scoresOf = (user: Float64Array) => {
    const scores = new Float64Array(core.length);
    rowDots(user, relevance.output, E, core, scores);
    return scores;
  };
  return {
    core,
    scores({ rows, stars }) {
      const own = rows.map((row) => places[row]);
      const weights = weightsOfScales(stars, scales).map((weight, k) => (own[Math.floor(k / S)] < 0 ? 0 : weight));
      const liked = weightedSum(relevance.history, E, rows, S)(weights);
      const soon = weightedSum(next.history, F, own, S)(weights);
      return [scoresOf(liked), scoresOf(soon.map((value) => unit * value))];
    },
  };
}

/** Adds the NDCG@10 of somebody's lists for each share. */
function addGains(
  gains: Float64Array,
  { core, scores }: Trial,
  { rows, stars }: Person,
  { window, windowShare, history, shares }: TrialOptions & { readonly shares: readonly number[] },
): void {
  const { likeFrom } = history[0];
  for (const after of ASKED_AFTER) {
    const known = Math.floor(after * rows.length);
    const end = Math.min(rows.length, known + spanAfter(known, { likeFrom, window, windowShare }));
    const relevant = new Set<number>();
    for (let k = known; k < end; k++) if (stars[k] >= likeFrom) relevant.add(rows[k]);
    if (known === 0 || relevant.size === 0) continue;
    const before = { rows: rows.subarray(0, known), stars: stars.subarray(0, known) };
    const seen = new Set(before.rows);
    const [liked, soon] = scores(before);
    shares.forEach((share, at) => {
      const mixed = liked.map((score, c) => score + share * soon[c]);
      const top = topK(mixed, LIST, (c) => !seen.has(core[c])).map((c) => core[c]);
      gains[at] += listScore(top, relevant).ndcg;
    });
  }
}
