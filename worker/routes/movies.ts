import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi';
import { servedVersion } from '../http/answering-version.ts';
import { itemSchema, itemsOf, modelSchema, movieAt, movieSchema, rounded, sharedAnswers } from '../http/answers.ts';
import type { AppEnv } from '../http/app-env.ts';
import { listedRowOf } from '../http/known-movie.ts';
import { ownId, rowOfOwnId, unknownOwnId } from '../http/own-id.ts';
import { k, movieId, search } from '../http/parameters.ts';
import { shareAnswer } from '../http/shared-answer.ts';
import { FOUND_BY, type FoundTitles } from '../recommend/title-index.ts';
import type { ServedVersion } from '../version/served-version.ts';
import { SIMILAR_MIN_RATINGS } from './similar.ts';

const SIMILAR = 10;

const searchRoute = createRoute({
  method: 'get',
  path: '/movies',
  summary: 'Find movies by title',
  middleware: shareAnswer,
  request: { query: z.strictObject({ q: search, k }) },
  description:
    'Words in any order, the last one perhaps only begun; articles may be missing, numbers stand in any spelling, a year ' +
    'may stand beside them. Initials will do where no better known title has the word: “lotr”, “t2”, “hp 3” (the third). Only titles are looked in: people are not in the data.',
  responses: sharedAnswers(
    z
      .object({
        model: modelSchema,
        foundBy: z.enum(FOUND_BY).openapi({
          description:
            '`words`: each title has them all. `near`: none has, these have words that are spelled much like them. ' +
            '`some`: these have some of them.',
        }),
        readAs: z.string().nullable().openapi({
          description: 'What the first title was found by, where that is not what was asked for.',
          example: 'the matrix',
        }),
        items: z.array(movieSchema),
      })
      .openapi('FoundMovies'),
    'The best matches first, among equals the most rated.',
  ),
});

const details = sharedAnswers(
  z
    .object({
      ...movieSchema.shape,
      ratingMean: z.number().nullable().openapi({ description: 'Mean training rating, stars.' }),
      bias: z.number().openapi({ description: 'Stars above or below the mean, other things equal.' }),
      position: z.tuple([z.number(), z.number()]).openapi({ description: 'On the map: the first two factors.' }),
      similar: z.array(itemSchema),
      imdbId: z.int().nullable().openapi({ description: 'Its number at IMDb, where the data set names it.' }),
      tmdbId: z.int().nullable().openapi({ description: 'Its number at TMDB, likewise.' }),
      poster: z.string().optional().openapi({ description: 'Its poster’s address in a catalogue of one’s own.' }),
    })
    .openapi('MovieDetails'),
  'The movie, its place on the map and its neighbours.',
);

const detailRoute = createRoute({
  method: 'get',
  path: '/movies/{movieId}',
  summary: 'One movie',
  middleware: shareAnswer,
  request: { params: z.object({ movieId }) },
  responses: details,
});

const ownRoute = createRoute({
  method: 'get',
  path: '/movies/by-id/{id}',
  middleware: shareAnswer,
  summary: 'One movie, by its id in a catalogue of one’s own',
  request: { params: z.object({ id: ownId }) },
  responses: details,
});

export const movies = new OpenAPIHono<AppEnv>()
  .openapi(searchRoute, async (c) => {
    const { q, k } = c.req.valid('query');
    const served = await servedVersion(c);
    return c.json({ model: { version: served.version }, ...found(served, q, k) }, 200);
  })
  .openapi(detailRoute, async (c) => {
    const served = await servedVersion(c);
    return c.json(await detailsOf(served, listedRowOf(served, c.req.valid('param').movieId)), 200);
  })
  .openapi(ownRoute, async (c) => {
    const served = await servedVersion(c);
    const { id } = c.req.valid('param');
    const row = rowOfOwnId(served.model.movies, id);
    if (row < 0 || served.hidden.has(row)) throw unknownOwnId(id);
    return c.json(await detailsOf(served, row), 200);
  });

/** What a search finds in the version and beside it. */
function found(
  { model: { movies }, own: { movies: own }, titles, hidden, added }: ServedVersion,
  q: string,
  k: number,
) {
  const answer = ({ by, readAs, ranked }: FoundTitles) => ({
    foundBy: by,
    readAs,
    items: ranked.map(({ row }) => movieAt(movies, row)),
  });
  const inVersion = titles.search(q, k, hidden);
  if (!added) return answer(inVersion);
  const beside = added.titles.searchBehind(own.count, q, k, hidden);
  const [first, second] = [inVersion, beside].sort((a, b) => rankOf(a) - rankOf(b));
  const ranked = first.by === second.by ? [...first.ranked, ...second.ranked] : [...first.ranked];
  return answer({ ...first, ranked: ranked.sort((a, b) => b.score - a.score).slice(0, k) });
}

/** How well a search went: by all words, by similar ones, by some, not at all. */
function rankOf({ by, ranked }: FoundTitles): number {
  return ranked.length > 0 ? FOUND_BY.indexOf(by) : FOUND_BY.length;
}

async function detailsOf(served: ServedVersion, row: number) {
  const { recommender } = served;
  const { movies, vectors } = await served.near([row]);
  const { factors } = vectors.take([row]);
  const factor = (x: number) => rounded(factors[x] ?? 0);
  const selection = recommender.selectRated({}, SIMILAR_MIN_RATINGS);
  const poster = movies.own?.poster(row);
  return {
    ...movieAt(movies, row),
    ratingMean: movies.ratingCounts[row] > 0 ? rounded(movies.ratingMeans[row]) : null,
    bias: rounded(movies.biases[row]),
    position: [factor(0), factor(1)] as [number, number],
    similar: itemsOf(movies, await recommender.similar([row], SIMILAR, selection)),
    imdbId: movies.links?.imdbIds[row] || null,
    tmdbId: movies.links?.tmdbIds[row] || null,
    ...(poster && { poster }),
  };
}
