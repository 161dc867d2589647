import { z } from '@hono/zod-openapi';
import { POOL } from '../../../shared/model/diversity.ts';
import type { Ranked } from '../../../shared/model/scorer.ts';
import { drawnOrder } from '../../recommend/drawn-order.ts';
import { jointLists } from '../../recommend/joint-lists.ts';
import { leftOut, type Taste, vectorsFor } from '../../recommend/taste.ts';
import { combine, type JointlyRanked, type Together } from '../../recommend/together.ts';
import type { ServedVersion } from '../../version/served-version.ts';
import type { ServedModel } from '../../wasm/served-model.ts';
import {
  modelSchema,
  movieAt,
  type Recommendation,
  recommendationSchema,
  recommendationsOf,
  rounded,
} from '../answers.ts';
import { type AskedChoice, choiceOf } from './choice.ts';
import { type AskedOrdering, orderingOf } from './ordering.ts';
import { explainMovies, reasonsFor } from './reasons.ts';

/** What an answer says of the taste that it was made for. */
export const tasteSchema = z.object({
  basis: z.enum(['trained', 'folded-in', 'popular', 'profile', 'together']).openapi({
    description:
      'Training’s own vector, that of all ratings up to now, what people like on average, a profile, or several people.',
  }),
  ratings: z.int().openapi({ description: 'How many ratings of the user went into the answer.' }),
  degraded: z
    .array(z.enum(['ratings', 'model-users']))
    .optional()
    .openapi({
      description: 'What the answer had to do without: newer ratings, or the training’s ratings.',
    }),
});

export const recommendationsSchema = z
  .object({
    user: z.int().nullable(),
    model: modelSchema,
    ...tasteSchema.shape,
    unknown: z.array(z.int()).optional().openapi({ description: 'Candidates that the model lacks.' }),
    explored: z.literal(true).optional().openapi({
      description:
        'The best 200 are in the order of a draw from the user’s posterior (`explore`): scores do not descend.',
    }),
    arm: z.string().optional().openapi({ description: 'The user’s arm of the experiment that is on.' }),
    requestId: z.string().optional().openapi({
      description:
        'Where the list was logged: the request’s id, to be named with what `POST /events` says of its films.',
    }),
    items: z.array(recommendationSchema),
  })
  .openapi('Recommendations');

interface AskedList extends AskedOrdering, AskedChoice {
  readonly k: number;
  readonly offset: number;
  readonly diversity: number;
  readonly explain: number;
  /** What a draw depends on that puts the list in order; absent: the usual order. */
  readonly drawnBy?: string;
}

/** What an answer says of a taste. */
export function aboutTaste({ basis, rated, degraded }: Taste) {
  return { basis, ratings: rated.rows.length, ...(degraded.length > 0 && { degraded: [...degraded] }) };
}

/** The answer for one person. */
export async function recommendations(served: ServedVersion, taste: Taste, asked: AskedList) {
  const { model, recommender, version } = served;
  const { rated, hidden = rated.rows } = taste;
  const { k, offset, diversity, explain, drawnBy } = asked;
  const ordering = orderingOf(asked, model.manifest.blend);
  const vectors = vectorsFor(model, taste, ordering);
  const out = [...(asked.rated === 'hide' ? hidden : []), ...leftOut(taste)];
  const { selection, unknown } = choiceOf(served, asked, out);
  const wanted = offset + k + Math.sign(explain); // reasons compare a movie with the next
  const best = (most: number) => recommender.recommend(vectors, ordering.blend, most, selection, diversity);
  const ordered =
    drawnBy === undefined
      ? await best(wanted)
      : await drawnFrom(served, taste, await best(Math.max(wanted, POOL)), drawnBy);
  const ahead = ordered.slice(offset, wanted);
  const ranked = ordered.slice(offset, offset + k);
  await served.untilPredictable(ranked);
  const near = await served.near([...(explain > 0 ? rated.rows : []), ...ahead.map(({ row }) => row)]);
  const reasons = explain > 0 ? reasonsFor(near, { taste, ordering, ranked: ahead }, explain) : undefined;
  return {
    model: { version },
    ...aboutTaste(taste),
    unknown,
    ...(drawnBy !== undefined && { explored: true as const }),
    items: pointedOut(recommendationsOf(near, vectors, ranked, reasons), ranked, taste),
  };
}

async function drawnFrom(served: ServedVersion, taste: Taste, ranked: Ranked[], seed: string): Promise<Ranked[]> {
  const pool = ranked.slice(0, POOL);
  await served.untilPredictable(pool);
  const near = await served.near([...taste.rated.rows, ...pool.map(({ row }) => row)]);
  return drawnOrder(near, taste, ranked, seed);
}

/** The same items, with a word at those of the watchlist. */
function pointedOut(items: Recommendation[], ranked: readonly Ranked[], { marked }: Taste): Recommendation[] {
  if (!marked?.watchlist.length) return items;
  const wanted = new Set(marked.watchlist);
  return items.map((item, at) => (wanted.has(ranked[at].row) ? { ...item, watchlist: true } : item));
}

/** The answer for several people. */
export async function recommendationsTogether(
  served: ServedVersion,
  tastes: readonly Taste[],
  asked: AskedList & { readonly together: Together },
) {
  const { model, version } = served;
  const { k, offset, diversity, together } = asked;
  const ordering = orderingOf(asked, model.manifest.blend);
  const rows = tastes.flatMap(({ rated, hidden = rated.rows }) => [...hidden]);
  const out = [...(asked.rated === 'hide' ? rows : []), ...tastes.flatMap(leftOut)];
  const { selection, unknown } = choiceOf(served, asked, out);
  const users = tastes.map((taste) => vectorsFor(model, taste, ordering));
  const lists = [{ people: [...users.keys()], without: [] }];
  const { blend } = ordering;
  const [all] = await jointLists(served, { users, lists, blend, together, count: offset + k, diversity, selection });
  const ranked = all.slice(offset);
  const near = await served.near([...tastes.flatMap(({ rated }) => [...rated.rows]), ...ranked.map(({ row }) => row)]);
  const degraded = [...new Set(tastes.flatMap(({ degraded }) => degraded))];
  return {
    model: { version },
    basis: 'together' as const,
    ratings: tastes.reduce((sum, { rated }) => sum + rated.rows.length, 0),
    ...(degraded.length > 0 && { degraded }),
    unknown,
    items: jointItems(near, tastes, ranked, together),
  };
}

function jointItems(
  near: ServedModel,
  tastes: readonly Taste[],
  ranked: readonly JointlyRanked[],
  together: Together,
): Recommendation[] {
  const views = tastes.map((taste) => explainMovies(near, { taste, ordering: { blend: 0 }, ranked }));
  return ranked.map(({ row, score, each }) => {
    const people = views.map((of, p) => ({
      predictedRating: of.predictedRating(row),
      uncertainty: of.uncertainty(row),
      score: rounded(each[p]),
    }));
    const predicted = people.map(({ predictedRating }) => predictedRating);
    return {
      ...movieAt(near.movies, row),
      predictedRating: rounded(combine(predicted, together)),
      score: rounded(score),
      people,
    };
  });
}
