import { z } from '@hono/zod-openapi';
import { chanceOfSeen } from '../../../shared/model/seen-movies.ts';
import { missingIn, type Outcome, outcomesOf, TOP } from '../../recommend/deciding.ts';
import { jointLists } from '../../recommend/joint-lists.ts';
import { questionsFor } from '../../recommend/questions.ts';
import { leftOut, type Taste, vectorsFor } from '../../recommend/taste.ts';
import type { Together } from '../../recommend/together.ts';
import type { ServedVersion } from '../../version/served-version.ts';
import { foldInRated } from '../../version/taste-of.ts';
import type { ServedModel } from '../../wasm/served-model.ts';
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
export async function decidingQuestion(
  served: ServedVersion,
  people: readonly Person[],
  asked: AskedJointly,
): Promise<DecidingQuestion | null> {
  const near = await served.near([...people.flatMap(({ taste }) => [...taste.rated.rows]), ...served.model.seen.rows]);
  const each = Math.max(1, Math.floor(TRIED / people.length));
  const tried = people.flatMap((person, p) => questionsTo(served, near, person, { p, most: each }));
  const weighed = weigh(tried, await topsOf(served, near, { people, tried }, asked));
  const best = weighed.reduce<Weighed | null>((best, one) => (best && best.change >= one.change ? best : one), null);
  return best && best.change > 0 ? described(served, best) : null;
}

/** A question that one of the people may be asked. */
interface Tried {
  readonly person: number;
  readonly row: number;
  readonly seen: number;
  readonly outcomes: readonly Outcome[];
}

interface Asking {
  /** The person's index. */
  readonly p: number;
  readonly most: number;
}

/** The movies most worth asking one person about, and what they may answer. */
function questionsTo(
  { hidden }: ServedVersion,
  near: ServedModel,
  { taste, notSeen }: Person,
  { p, most }: Asking,
): Tried[] {
  const questions = questionsFor(near, taste.rated, notSeen, most, new Set([...hidden, ...leftOut(taste)]));
  const of = explainMovies(near, { taste, ordering: { blend: 0 }, ranked: questions });
  const chances = chanceOfSeen(near.seen, taste.rated.rows, notSeen);
  return questions.map(({ row }) => ({
    person: p,
    row,
    seen: chances[near.seen.rows.indexOf(row)],
    outcomes: outcomesOf(of.predictedRating(row), of.uncertainty(row)),
  }));
}

interface Trials {
  readonly people: readonly Person[];
  readonly tried: readonly Tried[];
}

/** For each question the joint top ten as it is and as it would be after each answer, without the movie itself. */
async function topsOf(served: ServedVersion, near: ServedModel, { people, tried }: Trials, asked: AskedJointly) {
  const ordering = orderingOf(asked, near.manifest.blend);
  const users = people.map(({ taste }) => vectorsFor(near, taste, ordering));
  const lists: { people: number[]; without: number[] }[] = [];
  for (const { person, row, outcomes } of tried) {
    lists.push({ people: [...people.keys()], without: [row] });
    for (const { rating } of outcomes) {
      const supposed = users.push(vectorsFor(near, tasteWith(near, people[person].taste, row, rating), ordering)) - 1;
      lists.push({ people: [...people.keys()].with(person, supposed), without: [row] });
    }
  }
  const rated = people.flatMap(({ taste: { rated, hidden = rated.rows } }) => [...hidden]);
  const { selection } = choiceOf(served, asked, [...rated, ...people.flatMap(({ taste }) => leftOut(taste))]);
  const { together, diversity } = asked;
  const { blend } = ordering;
  const ranked = await jointLists(served, { users, lists, blend, together, count: TOP, diversity, selection });
  return ranked.map((list) => list.map(({ row }) => row));
}

/** @param tops `topsOf` these questions, in their order */
function weigh(tried: readonly Tried[], tops: readonly (readonly number[])[]): Weighed[] {
  let at = 0;
  return tried.map(({ outcomes, ...question }) => {
    const before = tops[at++];
    const answers = outcomes.map((outcome) => ({ ...outcome, top: tops[at++] }));
    const replaced = answers.reduce((sum, { chance, top }) => sum + chance * missingIn(before, top).length, 0);
    return { ...question, change: question.seen * replaced, outcomes: answers, before };
  });
}

/** The taste of somebody who gave one more rating. */
function tasteWith(model: ServedModel, taste: Taste, row: number, stars: number): Taste {
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
