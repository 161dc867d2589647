import { z } from '@hono/zod-openapi';
import { filtersAgainst } from '../../shared/filters/select.ts';
import { topK } from '../../shared/math/topk.ts';
import { passes } from '../../shared/model/scorer.ts';
import { rankOf, standAbove } from '../recommend/standing.ts';
import { type Taste, vectorsFor } from '../recommend/taste.ts';
import type { ServedVersion } from '../version/served-version.ts';
import { foldInRated } from '../version/taste-of.ts';
import { itemSchema, itemsOf, modelSchema, movieAt, partsSchema, reasonSchema, rounded } from './answers.ts';
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
    parts: partsSchema.openapi({
      description: 'They add up to `score`. All 0: relevance does not know the movie, `by=rating` does.',
    }),
    rank: z.int().openapi({
      description: 'Its place in the list, 1 the first; where the list leaves it out, the place that it would have.',
    }),
    outOf: z.int().openapi({ description: 'How many movies the list has.' }),
    rated: z.boolean().openapi({ description: 'The user rated it.' }),
    rating: z
      .number()
      .nullable()
      .openapi({ description: 'The stars they gave; null where that rating does not count.' }),
    excludedBy: z.array(z.string()).openapi({
      description: 'Why the list leaves it out: names of filters, `rated`, `seen`, `candidates`. Empty: it does not.',
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
export function explanation(served: ServedVersion, taste: Taste, row: number, asked: AskedExplanation) {
  const { model, recommender, version } = served;
  const { rated, hidden = rated.rows } = taste;
  const ordering = orderingOf(asked, model.manifest.blend);
  const scoresFor = (of: Taste) => recommender.scores(vectorsFor(model, of, ordering), ordering.blend);
  const open = openRows(served, asked);
  const isOpen = open.slice();
  if (asked.rated === 'hide') for (const other of hidden) isOpen[other] = 0;
  const scores = scoresFor(taste);
  const self = { row, score: scores[row] };
  const movie = explainMovies(model, { taste, ordering, ranked: [self] });
  const explained = movie.explain(row);
  const rankWithout = (j: number) => {
    const list = isOpen.slice();
    list[rated.rows[j]] = open[rated.rows[j]];
    return rankOf(row, scoresFor(tasteWithout(served, taste, j)), list);
  };
  const reasons = (sign: 1 | -1) => {
    const strength = explained.contributions.map((value) => sign * value);
    const largest = topK(strength, asked.explain, (j) => strength[j] > 0);
    return Array.from(largest, (j) => ({ ...movie.reason(j, explained), rankWithout: rankWithout(j) }));
  };
  const above = standAbove(row, ABOVE, scores, isOpen);
  const place = rated.rows.indexOf(row);
  return {
    model: { version },
    ...aboutTaste(taste),
    ...movieAt(model.movies, row),
    score: rounded(self.score),
    predictedRating: movie.predictedRating(row),
    uncertainty: movie.uncertainty(row),
    parts: movie.parts(self, explained),
    rank: rankOf(row, scores, isOpen),
    outOf: isOpen.reduce((sum, shown) => sum + shown, 0),
    rated: hidden.includes(row),
    rating: place < 0 ? null : rated.stars[place],
    excludedBy: excludedBy(served, taste, row, asked),
    above: itemsOf(model.movies, above).map((item, i) => ({ ...item, rank: above[i].rank })),
    because: reasons(1),
    against: reasons(-1),
  };
}

/** (M), 1 for the movies that the list may have, rated or not. */
function openRows(served: ServedVersion, asked: AskedExplanation): Uint8Array {
  const mayPass = passes(choiceOf(served, asked, []).selection);
  return Uint8Array.from({ length: served.model.movies.count }, (_, row) => (mayPass(row) ? 1 : 0));
}

function excludedBy(
  { model: { movies } }: ServedVersion,
  { rated, hidden = rated.rows }: Taste,
  row: number,
  asked: AskedExplanation,
): string[] {
  const movieId = movies.movieIds[row];
  return [
    ...filtersAgainst(movies, asked, row),
    ...(asked.rated === 'hide' && hidden.includes(row) ? ['rated'] : []),
    ...(asked.seen?.includes(movieId) ? ['seen'] : []),
    ...(asked.candidates && !asked.candidates.includes(movieId) ? ['candidates'] : []),
  ];
}

/** The taste of a user who never gave one of their ratings. */
function tasteWithout({ model }: ServedVersion, taste: Taste, j: number): Taste {
  const { rows, stars } = taste.rated;
  const rated = { rows: rows.filter((_, i) => i !== j), stars: stars.filter((_, i) => i !== j) };
  return { ...taste, rated, vectors: foldInRated(model, rated), posterior: undefined };
}
