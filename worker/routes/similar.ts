import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi';
import { filterShape, type MovieFilter } from '../../shared/filters/movie-filters.ts';
import { servedVersion } from '../http/answering-version.ts';
import { itemSchema, itemsOf, modelSchema, sharedAnswers } from '../http/answers.ts';
import type { AppEnv } from '../http/app-env.ts';
import { listedRowOf } from '../http/known-movie.ts';
import { k, movieId, movieIds } from '../http/parameters.ts';
import { shareAnswer } from '../http/shared-answer.ts';
import type { ServedVersion } from '../version/served-version.ts';

/** Vectors of rarely rated movies are mostly prior, and similar to everything. */
export const SIMILAR_MIN_RATINGS = 5;

const MOST_MOVIES = 20;

const answer = sharedAnswers(
  z.object({ model: modelSchema, items: z.array(itemSchema) }).openapi('SimilarMovies'),
  'The most similar movies, best first; `score` is the cosine.',
);

/** Makes the routes with the filters registered at the time of the call. */
export function similar(): OpenAPIHono<AppEnv> {
  const filters = filterShape();
  const oneRoute = createRoute({
    method: 'get',
    path: '/similar/{movieId}',
    summary: 'Movies like one',
    description:
      `Ranked by cosine, a mean over both parts of the movie vector. \`minRatings\` is ${SIMILAR_MIN_RATINGS} unless given, or forbidden by \`maxRatings\`. ` +
      'A film that was added since the training stands where films of its genres and year do.',
    middleware: shareAnswer,
    request: { params: z.object({ movieId }), query: z.strictObject({ k, ...filters }) },
    responses: answer,
  });
  const movie = movieIds('A movie to be like.', { least: 1, most: MOST_MOVIES }).meta({ example: [1] });
  const manyRoute = createRoute({
    method: 'get',
    path: '/similar',
    summary: 'Movies like several',
    description: 'The same against the mean direction of the given movies, which are left out.',
    middleware: shareAnswer,
    request: { query: z.strictObject({ movie, k, ...filters }) },
    responses: answer,
  });
  return new OpenAPIHono<AppEnv>()
    .openapi(oneRoute, async (c) => {
      const version = await servedVersion(c);
      return c.json(await similarTo(version, [c.req.valid('param').movieId], c.req.valid('query')), 200);
    })
    .openapi(manyRoute, async (c) => {
      const { movie, ...asked } = c.req.valid('query');
      return c.json(await similarTo(await servedVersion(c), movie, asked), 200);
    });
}

async function similarTo(
  served: ServedVersion,
  movieIds: readonly number[],
  asked: MovieFilter & { readonly k: number },
) {
  const { model, recommender, version } = served;
  const rows = movieIds.map((movieId) => listedRowOf(served, movieId));
  const selection = recommender.selectRated(asked, SIMILAR_MIN_RATINGS);
  return { model: { version }, items: itemsOf(model.movies, await recommender.similar(rows, asked.k, selection)) };
}
