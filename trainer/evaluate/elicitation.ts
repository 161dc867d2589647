import type { Model, RatedMovies } from '../../shared/model/model.ts';
import { NOTHING_RATED } from '../../shared/model/posterior.ts';
import { informationOf, worthAsking } from '../../shared/model/questions.ts';
import { foldIn } from '../../shared/model/score.ts';
import { forEachUser } from '../data/by-user.ts';
import type { Ratings } from '../data/dataset.ts';
import type { UsersSplit } from '../data/split.ts';
import { type Difference, listScore, mean, pairedDifference, rmseDifference } from '../math/metrics.ts';
import { fixedOrders } from './elicitation-orders.ts';
import type { ListOrder } from './list-orders.ts';
import { UserTrial } from './user-trial.ts';

/** People are measured after so many answered questions. */
const ANSWERED = [5, 10, 15];

/** Quality after so many answered questions, by one order of asking. */
export interface ElicitPoint {
  readonly answered: number;
  /** Mean number of questions, and of answered ones: some people have rated too few of the movies. */
  readonly asked: number;
  readonly meanAnswered: number;
  readonly rmse: number;
  readonly 'ndcg@10': number;
  /** How much better Marquee's order is, with its standard error over people; absent for Marquee's own order. */
  readonly rmseGain?: Gain;
  readonly ndcgGain?: Gain;
}

export interface Gain {
  readonly value: number;
  readonly error: number;
}

export interface Elicitation {
  readonly users: number;
  /** Movies that may be asked about. */
  readonly candidates: number;
  readonly orders: readonly { readonly name: string; readonly points: readonly ElicitPoint[] }[];
}

/** Chooses the next movie to ask about; null when none is left. */
type Ask = (rated: RatedMovies, notSeen: readonly number[]) => number | null;

/** One person after some number of answers. */
interface Outcome {
  readonly asked: number;
  readonly answered: number;
  /** Sum of the squared errors of the test ratings. */
  readonly squares: number;
  /** null: the person likes none of the test movies. */
  readonly ndcg: number | null;
}

/**
 * Compares orders of asking unseen users about movies, one at a time. People rate a movie when it is among their shown
 * ratings, and else say "not seen". All orders ask the same people about the same movies. After 5, 10 and 15 answers the
 * test ratings are predicted, and every movie except the shown ones is ranked.
 *
 * @param seed of the random order
 * @param by what lists are ordered by
 */
export function elicit(
  model: Model,
  { train, shown, test }: UsersSplit,
  { seed, by }: { readonly seed: number; readonly by?: ListOrder },
): Elicitation {
  const people = peopleOf(model, shown, test);
  const ratings = people.reduce((sum, person) => sum + person.test.length, 0);
  const measure = outcomeMeasure(model, test, by);
  const orders: { name: string; outcomes: Outcome[][] }[] = [
    { name: 'Marquee', outcomes: people.map((person) => interview(person, marqueeOrder(model), measure)) },
  ];
  for (const { name, orderFor } of fixedOrders(model, train, seed)) {
    const outcomes = people.map((person) => interview(person, inOrder(orderFor(person.userId)), measure));
    orders.push({ name, outcomes });
  }
  return {
    users: people.length,
    candidates: model.seen.rows.length,
    orders: orders.map(({ name, outcomes }, index) => ({
      name,
      points: ANSWERED.map((answered, at) => {
        const these = outcomes.map((byAnswers) => byAnswers[at]);
        const marquee = index > 0 ? orders[0].outcomes.map((byAnswers) => byAnswers[at]) : undefined;
        return pointOf(answered, these, ratings, marquee);
      }),
    })),
  };
}

interface Person {
  readonly userId: number;
  /** Stars of the shown ratings by row of the movie table: what they can answer. */
  readonly answers: ReadonlyMap<number, number>;
  /** Positions of their test ratings. */
  readonly test: Int32Array;
}

function peopleOf({ movies }: Model, shown: Ratings, test: Ratings): Person[] {
  const tests = new Map<number, Int32Array>();
  forEachUser(test, (userId, positions) => tests.set(userId, positions));
  const people: Person[] = [];
  forEachUser(shown, (userId, positions) => {
    const positionsInTest = tests.get(userId);
    if (!positionsInTest) return;
    const rows = Array.from(positions, (i) => [movies.rowOf(shown.movieIds[i]), shown.stars[i]] as const);
    people.push({ userId, answers: new Map(rows.filter(([row]) => row >= 0)), test: positionsInTest });
  });
  return people;
}

/** The question that the Worker would ask next. */
function marqueeOrder(model: Model): Ask {
  let known: { answers: number; information: Float64Array } | undefined;
  return (rated, notSeen) => {
    // Only answers change the information, not movies that were not seen.
    if (known?.answers !== rated.rows.length) {
      known = { answers: rated.rows.length, information: informationOf(model, rated) };
    }
    return worthAsking(model, rated, notSeen, 1, known.information)[0]?.row ?? null;
  };
}

function inOrder(rows: ArrayLike<number>): Ask {
  let next = 0;
  return () => (next < rows.length ? rows[next++] : null);
}

type Measure = (person: Person, rated: RatedMovies) => Pick<Outcome, 'squares' | 'ndcg'>;

/** Interviews one person, and measures after each number of answers. */
function interview(person: Person, ask: Ask, measure: Measure): Outcome[] {
  let rated: RatedMovies = NOTHING_RATED;
  const notSeen: number[] = [];
  let over = false;
  return ANSWERED.map((answers) => {
    while (!over && rated.rows.length < answers) {
      const row = ask(rated, notSeen);
      const stars = row === null ? undefined : person.answers.get(row);
      if (row === null) over = true;
      else if (stars === undefined) notSeen.push(row);
      else rated = { rows: Int32Array.of(...rated.rows, row), stars: Float32Array.of(...rated.stars, stars) };
    }
    const answered = rated.rows.length;
    return { asked: answered + notSeen.length, answered, ...measure(person, rated) };
  });
}

function outcomeMeasure(model: Model, test: Ratings, by?: ListOrder): Measure {
  const scores = new Float32Array(model.movies.count);
  return (person, rated) => {
    const user = { vectors: foldIn(model, rated), rated, asked: person.test, seen: person.answers };
    const trial = new UserTrial(model, test, user);
    return {
      squares: trial.squares.reduce((sum, square) => sum + square, 0),
      ndcg: trial.relevant.size > 0 ? listScore(trial.rank(scores, by), trial.relevant).ndcg : null,
    };
  };
}

/** @param marquee outcomes of Marquee's order to compare with; undefined for Marquee itself */
function pointOf(
  answered: number,
  outcomes: readonly Outcome[],
  ratings: number,
  marquee: readonly Outcome[] | undefined,
): ElicitPoint {
  const [squares, ndcg] = [squaresOf(outcomes), ndcgOf(outcomes)];
  const point = {
    answered,
    asked: mean(outcomes.map(({ asked }) => asked)),
    meanAnswered: mean(outcomes.map((outcome) => outcome.answered)),
    rmse: Math.sqrt(squares.reduce((sum, square) => sum + square, 0) / ratings),
    'ndcg@10': mean(ndcg),
  };
  if (!marquee) return point;
  return {
    ...point,
    rmseGain: gainOf(rmseDifference(squares, squaresOf(marquee), ratings)),
    ndcgGain: gainOf(pairedDifference(ndcgOf(marquee), ndcg)),
  };
}

function squaresOf(outcomes: readonly Outcome[]): number[] {
  return outcomes.map(({ squares }) => squares);
}

/** Of the people who have something relevant: the same ones in every order. */
function ndcgOf(outcomes: readonly Outcome[]): number[] {
  return outcomes.flatMap(({ ndcg }) => (ndcg === null ? [] : [ndcg]));
}

function gainOf({ value, error }: Difference): Gain {
  return { value, error: error ?? 0 };
}
