import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi';
import type { Catalogue } from '../../shared/model/model.ts';
import type { Ranked } from '../../shared/model/scorer.ts';
import { type FilmPlace, placeOf, placeOfOwnId } from '../http/added-films.ts';
import { itemSchema, itemsOf, modelSchema, movieAt, movieSchema, rounded, sharedAnswers } from '../http/answers.ts';
import type { AppEnv } from '../http/app-env.ts';
import { ownId, unknownOwnId } from '../http/own-id.ts';
import { k, movieId, search } from '../http/parameters.ts';
import { listedRowOf, servedVersion } from '../http/request.ts';
import { shareAnswer } from '../http/shared-answer.ts';
import type { AddedModel } from '../recommend/added-model.ts';
import { FOUND_BY } from '../recommend/title-index.ts';
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
    'may stand beside them. Only titles are looked in: people are not in the data.',
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
    const { movieId } = c.req.valid('param');
    const place = placeOf(served, movieId);
    return c.json(await detailsAt(served, place?.beside ? place : listed(served, movieId)), 200);
  })
  .openapi(ownRoute, async (c) => {
    const served = await servedVersion(c);
    const { id } = c.req.valid('param');
    const place = placeOfOwnId(served, id);
    if (!place || (!place.beside && served.hidden.has(place.row))) throw unknownOwnId(id);
    return c.json(await detailsAt(served, place), 200);
  });

/** The place of a movie of the version that may be shown. Throws `unknown-movie`. */
function listed(served: ServedVersion, movieId: number): FilmPlace {
  return { movies: served.model.movies, row: listedRowOf(served, movieId) };
}

function detailsAt(served: ServedVersion, { beside, row }: FilmPlace) {
  return beside ? detailsBeside(served, beside, row) : detailsOf(served, row);
}

/** What a search finds in the version and beside it. */
function found({ model, titles, hidden, added }: ServedVersion, q: string, k: number) {
  const { by, readAs, ranked } = titles.search(q, k, hidden);
  const described = (movies: Catalogue, list: readonly Ranked[]) =>
    list.map(({ row, score }) => ({ movie: movieAt(movies, row), score }));
  const own = { foundBy: by, readAs, items: described(model.movies, ranked) };
  if (!added) return { ...own, items: own.items.map(({ movie }) => movie) };
  const others = added.titles.search(q, k);
  const beside = { foundBy: others.by, readAs: others.readAs, items: described(added.model.movies, others.ranked) };
  const [first, second] = [own, beside].sort((a, b) => rankOf(a) - rankOf(b));
  const isSame = first.foundBy === second.foundBy;
  const items = isSame ? [...first.items, ...second.items].sort((a, b) => b.score - a.score) : first.items;
  const unique = new Map(items.map(({ movie }) => [movie.movieId, movie]));
  return { ...first, items: [...unique.values()].slice(0, k) };
}

/** How well a search went: by all words, by similar ones, by some, not at all. */
function rankOf({ foundBy, items }: { foundBy: (typeof FOUND_BY)[number]; items: readonly unknown[] }): number {
  return items.length > 0 ? FOUND_BY.indexOf(foundBy) : FOUND_BY.length;
}

/** Of a film that nobody rated as far as the version knows. */
function detailsBeside({ model, hidden }: ServedVersion, { model: { movies }, kinds }: AddedModel, row: number) {
  const kind = { genres: movies.genres(row), year: movies.years[row] || null };
  const similar = kinds.nearest(kind, SIMILAR + hidden.size).filter((film) => !hidden.has(film.row));
  const [x = 0, y = 0] = movies.factors.subarray(row * movies.factorCount);
  const poster = movies.own?.poster(row);
  return {
    ...movieAt(movies, row),
    ratingMean: null,
    bias: rounded(movies.biases[row]),
    position: [rounded(x), rounded(y)] as [number, number],
    similar: itemsOf(model.movies, similar.slice(0, SIMILAR)),
    imdbId: null,
    tmdbId: null,
    ...(poster && { poster }),
  };
}

async function detailsOf(served: ServedVersion, row: number) {
  const { recommender } = served;
  const { movies, vectors } = await served.near([row]);
  const { factors } = vectors.take([row]);
  const factor = (x: number) => rounded(factors[x] ?? 0);
  const selection = recommender.select({ minRatings: SIMILAR_MIN_RATINGS });
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
