import { z } from '@hono/zod-openapi';
import type { Catalogue, Model, UserVectors } from '../../shared/model/model.ts';
import { WHY } from '../../shared/model/reasons.ts';
import { predictRating } from '../../shared/model/score.ts';
import type { Ranked } from '../../shared/model/scorer.ts';
import { naturalTitle } from '../../shared/title.ts';
import { saneScore } from '../recommend/sane.ts';
import { Excerpt, type ServedModel } from '../wasm/served-model.ts';

/** A movie in every answer. */
export const movieSchema = z
  .object({
    movieId: z.int(),
    title: z.string().openapi({ example: 'The Matrix' }),
    year: z.int().nullable(),
    genres: z.array(z.string()),
    ratingCount: z.int().openapi({ description: 'Training ratings.' }),
    id: z.string().optional().openapi({ description: 'Its id in a catalogue of one’s own.' }),
    language: z.string().optional().openapi({ description: 'As that catalogue names it.' }),
    url: z.string().optional().openapi({ description: 'Its address there.' }),
  })
  .openapi('Movie');

/** A movie of a list, with the score that it was ranked by. */
// Not `extend`, which the document would describe by `allOf`: Scalar warns of it.
export const itemSchema = z.object({ ...movieSchema.shape, score: z.number() }).openapi('Item');

export const reasonSchema = z
  .object({
    movieId: z.int(),
    title: z.string(),
    rating: z.number().openapi({ description: 'What the user gave it, stars.' }),
    contribution: z.number().openapi({
      description:
        'Its part of `score`. Those of all ratings add up to `parts.ratings` (for basis `trained` within 0.001, the ' +
        'rounding of what training stored).',
    }),
    why: z
      .enum(WHY)
      .optional()
      .openapi({
        description:
          'What does most of its part in relevance: that the user `liked` the movie, or that it was `just-watched`, ' +
          'whatever they thought of it. Absent where relevance has no part in it, as with `by=rating`.',
      }),
  })
  .openapi('Reason');

export const partsSchema = z
  .object({
    ratings: z.number().openapi({ description: 'What the ratings of the user, or of the people of a profile, add.' }),
    popularity: z.number().openapi({
      description: 'Its relevance to everybody with as many ratings, and what `popularity` adds. 0 for `by=rating`.',
    }),
    base: z.number().openapi({
      description:
        'What the rating model says without ratings: the mean rating, biases, priors, less `certainty`. 0 for `blend=0`.',
    }),
  })
  .openapi('Parts');

/** The fields that `explain` adds to a recommendation. */
const reasonsShape = {
  uncertainty: z.number().openapi({
    description: 'Standard deviation, in stars, of the rating that the user would give; with `explain` above 0.',
  }),
  parts: z.object(partsSchema.shape).openapi({ description: 'They add up to `score`; with `explain` above 0.' }),
  because: z.array(reasonSchema).openapi({
    description:
      'The ratings that put the movie here, the most first; with `explain` above 0. Each makes at least 5% of the ' +
      'score (of |ratings| + |popularity| + |base|, base without the mean rating) and adds more to this movie than to ' +
      'the next one of the list.',
  }),
  popular: z.literal(true).optional().openapi({
    description:
      'No rating of the user matters so much (`because` is empty): people like the movie anyway. Not for profiles.',
  }),
};

/** What several people may think of a movie, one of them. */
const opinionSchema = z
  .object({
    predictedRating: z.number().openapi({ description: 'Stars, 0.5 to 5.' }),
    uncertainty: z.number().openapi({ description: 'Its standard deviation, stars.' }),
    score: z.number().openapi({ description: 'On one scale for all: `score` of the movie is the least or the mean.' }),
  })
  .openapi('Opinion');

export const recommendationSchema = z
  .object({
    ...itemSchema.shape,
    predictedRating: z.number().openapi({ description: 'Stars, 0.5 to 5; for `people` the least or the mean.' }),
    pinned: z.literal(true).optional().openapi({ description: 'The operator put it first; the model did not.' }),
    watchlist: z.literal(true).optional().openapi({ description: 'It is on the user’s watchlist.' }),
    people: z.array(opinionSchema).optional().openapi({ description: 'What each of `people` may think, in order.' }),
    ...z.object(reasonsShape).partial().shape,
  })
  .openapi('Recommendation');

export const modelSchema = z.object({ version: z.string() }).openapi('ModelVersion');

export const problemSchema = z
  .looseObject({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    code: z.string(),
    detail: z.string(),
    fix: z.string().optional(),
    requestId: z.string().optional().openapi({ description: 'As `X-Request-Id`: the line of the log has it.' }),
  })
  .openapi('Problem');

export type Movie = z.infer<typeof movieSchema>;
export type Item = z.infer<typeof itemSchema>;
export type Recommendation = z.infer<typeof recommendationSchema>;
export type Reason = z.infer<typeof reasonSchema>;
export type Reasons = z.infer<z.ZodObject<typeof reasonsShape>>;

/** The responses of a route: its schema with status 200, problem details with every other. */
export function answers<T extends z.ZodType>(schema: T, description: string) {
  return {
    200: { description, content: { 'application/json': { schema } } },
    default: {
      description: 'What went wrong; `code` is stable.',
      content: { 'application/problem+json': { schema: problemSchema } },
    },
  };
}

/** The response without a body to a caller that has the answer already. */
export const unchanged = { 304: { description: 'What the caller has, by `If-None-Match`, is still so.' } };

/** The responses of a route whose answer is the same for everybody (`shareAnswer`). */
export function sharedAnswers<T extends z.ZodType>(schema: T, description: string) {
  return { ...answers(schema, description), ...unchanged };
}

/** The responses of a route that writes: also 202, when D1 does not answer and the change waits on the queue. */
export function writeAnswers<T extends z.ZodType>(schema: T, description: string) {
  const { 200: stored, default: problem } = answers(schema, description);
  const queued = 'Accepted: it is on a queue until the rating store answers again. Until then answers do not know it.';
  return { 200: stored, 202: { ...stored, description: queued }, default: problem };
}

/** Movies that answers described lately, by version: the same ones come again and again. */
const described = new WeakMap<Catalogue, Map<number, Movie>>();
const MOST_DESCRIBED = 4096;

export function movieAt(movies: Catalogue, row: number): Movie {
  const before = described.get(movies);
  const known = before && before.size < MOST_DESCRIBED ? before : new Map<number, Movie>();
  if (known !== before) described.set(movies, known);
  const movie = known.get(row) ?? describe(movies, row);
  known.set(row, movie);
  return movie;
}

function describe(movies: Catalogue, row: number): Movie {
  return {
    movieId: movies.movieIds[row],
    title: naturalTitle(movies.title(row)),
    year: movies.years[row] || null,
    genres: movies.genres(row).sort(),
    ratingCount: movies.ratingCounts[row],
    ...ownFields(movies, row),
  };
}

function ownFields({ own }: Catalogue, row: number): Pick<Movie, 'id' | 'language' | 'url'> {
  if (!own?.id(row)) return {};
  const [language, url] = [own.language(row), own.url(row)];
  return { id: own.id(row), ...(language && { language }), ...(url && { url }) };
}

export function itemsOf(movies: Catalogue, ranked: readonly Ranked[]): Item[] {
  return ranked.map(({ row, score }) => ({ ...movieAt(movies, row), score: rounded(score) }));
}

export function recommendationsOf(
  model: ServedModel,
  user: UserVectors,
  ranked: readonly Ranked[],
  reasons?: (row: number) => Reasons,
): Recommendation[] {
  const excerpt = new Excerpt(
    model,
    ranked.map(({ row }) => row),
  );
  return ranked.map(({ row, score }, place) => ({
    ...movieAt(model.movies, row),
    predictedRating: predictedRating(excerpt.model, user, place),
    score: rounded(score),
    ...reasons?.(row),
  }));
}

/** `predictRating` as answers have it. Throws `bad-artifact` when it is not sane. */
export function predictedRating(model: Model, user: UserVectors, row: number): number {
  return rounded(saneScore(predictRating(model, user, row), model.manifest));
}

/** 1, 10, 100, … */
const POWERS = Array.from({ length: 16 }, (_, power) => Number(`1e${power}`));

/** Seven digits: the precision of float32. A list rounds forty numbers, and `toPrecision` takes seven times as long. */
export function rounded(value: number): number {
  const size = Math.abs(value);
  const unit = POWERS[6 - Math.floor(Math.log10(size))];
  if (unit === undefined) return Number(value.toPrecision(7));
  return (Math.sign(value) * Math.round(size * unit)) / unit;
}
