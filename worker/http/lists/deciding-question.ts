import { z } from '@hono/zod-openapi';
import { chanceOfSeen } from '../../../shared/model/seen-movies.ts';
import { missingIn, type Outcome, outcomesOf, TOP } from '../../recommend/deciding.ts';
import { questionsFor } from '../../recommend/questions.ts';
import { leftOut, type Taste, vectorsFor } from '../../recommend/taste.ts';
import type { Together } from '../../recommend/together.ts';
import type { ServedVersion } from '../../version/served-version.ts';
import { foldInRated } from '../../version/taste-of.ts';
import { movieAt, movieSchema, rounded } from '../answers.ts';
import { type AskedChoice, choiceOf } from './choice.ts';
import { type AskedOrdering, orderingOf } from './ordering.ts';
import { explainMovies } from './reasons.ts';

/** Movies that are tried, of all people together. Each costs the joint list three times. */
const TRIED = 16;

const outcomeSchema = z
  .object({
    rating: z.number().openapi({ description: 'What they may give it, stars.' }),
    chance: z.number(),
    first: movieSchema.optional(),
    brings: z.array(movieSchema).openapi({ description: 'What then comes into the first ten.' }),
    drops: z.array(movieSchema).openapi({ description: 'What then leaves them.' }),
  })
  .openapi('Outcome');

export const questionSchema = z
  .object({
    person: z.int().openapi({ description: 'Whom to ask: an index of the people.' }),
    movie: movieSchema,
    seen: z.number().openapi({ description: 'The chance that they have seen it.' }),
    change: z.number().openapi({
      description:
        'Movies of the joint top ten that asking is expected to replace: seen · Σ chance(rating) · movies that this ' +
        'rating brings in. The movie itself does not count.',
    }),
    outcomes: z
      .array(outcomeSchema)
      .openapi({ description: 'What they may answer, best first, and what then is the `first` of the list.' }),
  })
  .openapi('DecidingQuestion');

export type DecidingQuestion = z.infer<typeof questionSchema>;

/** Somebody whom a list is for. */
interface Person {
  readonly taste: Taste;
  /** Rows of movies that they have not seen; −1 stands for movies that the model lacks. */
  readonly notSeen: readonly number[];
}

interface AskedJointly extends AskedOrdering, AskedChoice {
  readonly diversity: number;
  readonly together: Together;
}

/** A question with the rows of what each answer would put first. */
interface Weighed {
  readonly person: number;
  readonly row: number;
  readonly seen: number;
  readonly change: number;
  readonly outcomes: readonly (Outcome & { readonly top: readonly number[] })[];
  readonly before: readonly number[];
}

/**
 * The one question that would decide a list for several people: the movie i and the person p whose rating changes its
 * first ten the most,
 *   P_p(seen i) · Σ_r P_p(r | i) · |top(p rates i with r) \ top|,
 * r over three points of the Gaussian of that rating under p's posterior, movie i itself left out of both lists. Tried
 * are the movies most worth asking each person about (`worthAsking`). Null where no answer would change anything.
 */
export function decidingQuestion(
  served: ServedVersion,
  people: readonly Person[],
  asked: AskedJointly,
): DecidingQuestion | null {
  const joint = jointTop(served, people, asked);
  const each = Math.max(1, Math.floor(TRIED / people.length));
  const weighed = people.flatMap((person, p) => weigh(served, person, { p, most: each, joint }));
  const best = weighed.reduce<Weighed | null>((best, one) => (best && best.change >= one.change ? best : one), null);
  return best && best.change > 0 ? described(served, best) : null;
}

/** Makes the joint top ten, should person p have the taste given, without one row. */
type JointTop = (p: number, taste: Taste | null, without: number) => number[];

function jointTop(served: ServedVersion, people: readonly Person[], asked: AskedJointly): JointTop {
  const { model, recommender } = served;
  const ordering = orderingOf(asked, model.manifest.blend);
  const vectors = people.map(({ taste }) => vectorsFor(model, taste, ordering));
  const rated = people.flatMap(({ taste: { rated, hidden = rated.rows } }) => [...hidden]);
  const { selection } = choiceOf(served, asked, [...rated, ...people.flatMap(({ taste }) => leftOut(taste))]);
  const scores = (p: number, taste: Taste | null) => {
    const supposed = taste ? vectors.with(p, vectorsFor(model, taste, ordering)) : vectors;
    return recommender.jointScores(supposed, ordering.blend, asked.together).joint;
  };
  const now = scores(0, null);
  return (p, taste, without) =>
    recommender
      .best(
        taste ? scores(p, taste) : now,
        TOP,
        { ...selection, hidden: [...selection.hidden, without] },
        asked.diversity,
      )
      .map(({ row }) => row);
}

interface Trial {
  /** The person's index. */
  readonly p: number;
  readonly most: number;
  readonly joint: JointTop;
}

/** What asking one person about each of a few movies would change. */
function weigh(served: ServedVersion, { taste, notSeen }: Person, { p, most, joint }: Trial): Weighed[] {
  const { model, hidden } = served;
  const questions = questionsFor(model, taste.rated, notSeen, most, new Set([...hidden, ...leftOut(taste)]));
  const of = explainMovies(model, { taste, ordering: { blend: 0 }, ranked: questions });
  const chances = chanceOfSeen(model.seen, taste.rated.rows, notSeen);
  return questions.map(({ row }) => {
    const before = joint(p, null, row);
    const outcomes = outcomesOf(of.predictedRating(row), of.uncertainty(row)).map((outcome) => ({
      ...outcome,
      top: joint(p, tasteWith(served, taste, row, outcome.rating), row),
    }));
    const seen = chances[model.seen.rows.indexOf(row)];
    const replaced = outcomes.reduce((sum, { chance, top }) => sum + chance * missingIn(before, top).length, 0);
    return { person: p, row, seen, change: seen * replaced, outcomes, before };
  });
}

/** The taste of somebody who gave one more rating. */
function tasteWith({ model }: ServedVersion, taste: Taste, row: number, stars: number): Taste {
  const rated = {
    rows: Int32Array.from([...taste.rated.rows, row]),
    stars: Float32Array.from([...taste.rated.stars, stars]),
  };
  return { ...taste, basis: 'folded-in', rated, vectors: foldInRated(model, rated), posterior: undefined };
}

function described({ model: { movies } }: ServedVersion, best: Weighed): DecidingQuestion {
  const named = (rows: readonly number[]) => rows.map((row) => movieAt(movies, row));
  return {
    person: best.person,
    movie: movieAt(movies, best.row),
    seen: rounded(best.seen),
    change: rounded(best.change),
    outcomes: best.outcomes.map(({ rating, chance, top }) => ({
      rating,
      chance: rounded(chance),
      first: named(top.slice(0, 1)).at(0),
      brings: named(missingIn(best.before, top)),
      drops: named(missingIn(top, best.before)),
    })),
  };
}
