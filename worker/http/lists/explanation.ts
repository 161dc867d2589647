import { z } from '@hono/zod-openapi';
import { filtersAgainst } from '../../../shared/filters/select.ts';
import { topK } from '../../../shared/math/topk.ts';
import type { Ordering } from '../../../shared/model/ordering.ts';
import { type AskedStanding, placesAbove } from '../../recommend/standing.ts';
import { leftOut, type Taste, vectorsFor } from '../../recommend/taste.ts';
import type { ServedVersion } from '../../version/served-version.ts';
import { foldInRated } from '../../version/taste-of.ts';
import type { ServedModel } from '../../wasm/served-model.ts';
import { itemSchema, itemsOf, modelSchema, movieAt, partsSchema, reasonSchema, rounded } from '../answers.ts';
import { type AskedChoice, choiceOf } from './choice.ts';
import { type AskedOrdering, orderingOf } from './ordering.ts';
import { explainMovies } from './reasons.ts';
import { aboutTaste, tasteSchema } from './recommendations.ts';

/** How many movies right above are named. */
const ABOVE = 3;

const placedSchema = z.object({ ...itemSchema.shape, rank: z.int() }).openapi('PlacedItem');

const removableSchema = z
  .object({
    ...reasonSchema.shape,
    rankWithout: z.int().openapi({ description: 'The movie’s rank if the user had never given this rating.' }),
  })
  .openapi('RemovableReason');

export const explanationSchema = z
  .object({
    user: z.int().nullable(),
    model: modelSchema,
    ...tasteSchema.shape,
    ...itemSchema.shape,
    predictedRating: z.number().openapi({ description: 'Stars, 0.5 to 5.' }),
    uncertainty: z.number().openapi({ description: 'Its standard deviation, stars.' }),
    parts: z.object(partsSchema.shape).openapi({
      description: 'They add up to `score`. All 0: relevance does not know the movie, `by=rating` does.',
    }),
    rank: z.int().openapi({
      description:
        'Its place in the list without `diversity`, 1 the first; where the list leaves it out, the place that it would have.',
    }),
    outOf: z.int().openapi({ description: 'How many movies the list has.' }),
    rated: z.boolean().openapi({ description: 'The user rated it.' }),
    rating: z
      .number()
      .nullable()
      .openapi({ description: 'The stars they gave; null where that rating does not count.' }),
    excludedBy: z.array(z.string()).openapi({
      description:
        'Why the list leaves it out: names of filters, `rated`, `seen`, `dismissed`, `candidates`. Empty: it does not.',
    }),
    above: z.array(placedSchema).openapi({ description: 'The first of the list and the three right above it.' }),
    because: z.array(removableSchema).openapi({ description: 'The ratings that raise it, the most first.' }),
    against: z.array(removableSchema).openapi({ description: 'The ratings that hold it down, the most first.' }),
  })
  .openapi('Explanation');

interface AskedExplanation extends AskedOrdering, AskedChoice {
  readonly explain: number;
}

/**
 * Says where a movie stands for one person, and why. Costs one scoring of all movies, and one more with a fold-in for
 * each rating that it names, so eleven at most.
 */
export async function explanation(served: ServedVersion, taste: Taste, row: number, asked: AskedExplanation) {
  const { model, version } = served;
  const { rated, hidden = rated.rows } = taste;
  const ordering = orderingOf(asked, model.manifest.blend);
  const near = await served.near([...rated.rows, row]);
  const movie = explainMovies(near, { taste, ordering, ranked: [{ row }] });
  const explained = movie.explain(row);
  const largest = (sign: 1 | -1) => {
    const strength = explained.contributions.map((value) => sign * value);
    return [...topK(strength, asked.explain, (j) => strength[j] > 0)];
  };
  const [because, against] = [largest(1), largest(-1)];
  const [standing, ...others] = await standingsOf(served, { taste, ordering, row }, asked, [
    { user: vectorsFor(model, taste, ordering), shown: [] },
    ...[...because, ...against].map((j) => withoutRating(near, taste, ordering, j)),
  ]);
  const reason = (j: number, at: number) => ({ ...movie.reason(j, explained), rankWithout: others[at].before + 1 });
  const ranked = { row, score: standing.score };
  const above = placesAbove(standing);
  const place = rated.rows.indexOf(row);
  return {
    model: { version },
    ...aboutTaste(taste),
    ...movieAt(model.movies, row),
    score: rounded(ranked.score),
    predictedRating: movie.predictedRating(row),
    uncertainty: movie.uncertainty(row),
    parts: movie.parts(ranked, explained),
    rank: standing.before + 1,
    outOf: standing.outOf,
    rated: hidden.includes(row),
    rating: place < 0 ? null : rated.stars[place],
    excludedBy: excludedBy(served, taste, row, asked),
    above: itemsOf(model.movies, above).map((item, i) => ({ ...item, rank: above[i].rank })),
    because: because.map(reason),
    against: against.map((j, at) => reason(j, because.length + at)),
  };
}

interface ExplainedMovie {
  readonly taste: Taste;
  readonly ordering: Ordering;
  readonly row: number;
}

/** Where a movie stands in each of some lists. */
async function standingsOf(
  served: ServedVersion,
  { taste, ordering, row }: ExplainedMovie,
  asked: AskedExplanation,
  lists: readonly AskedStanding[],
) {
  const { rated, hidden: ratedRows = rated.rows } = taste;
  const { selection } = choiceOf(served, asked, leftOut(taste));
  const hidden = asked.rated === 'hide' ? ratedRows : [];
  return served.recommender.standings(row, { lists, blend: ordering.blend, most: ABOVE, selection, hidden });
}

/** The list as it were had the user never given rating j, whose movie it may then have. */
function withoutRating(near: ServedModel, taste: Taste, ordering: Ordering, j: number): AskedStanding {
  return { user: vectorsFor(near, tasteWithout(near, taste, j), ordering), shown: [taste.rated.rows[j]] };
}

function excludedBy(
  { model: { movies } }: ServedVersion,
  { rated, hidden = rated.rows, marked }: Taste,
  row: number,
  asked: AskedExplanation,
): string[] {
  const movieId = movies.movieIds[row];
  return [
    ...filtersAgainst(movies, asked, row),
    ...(asked.rated === 'hide' && hidden.includes(row) ? ['rated'] : []),
    ...(asked.seen?.includes(movieId) || marked?.seen.includes(row) ? ['seen'] : []),
    ...(marked?.dismissed.includes(row) ? ['dismissed'] : []),
    ...(asked.candidates && !asked.candidates.includes(movieId) ? ['candidates'] : []),
  ];
}

/** The taste of a user who never gave one of their ratings. */
function tasteWithout(model: ServedModel, taste: Taste, j: number): Taste {
  const { rows, stars, days } = taste.rated;
  const rated = { days, rows: rows.filter((_, i) => i !== j), stars: stars.filter((_, i) => i !== j) };
  return { ...taste, rated, vectors: foldInRated(model, rated), posterior: undefined };
}
