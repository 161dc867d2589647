import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi';
import { servedVersion } from '../http/answering-version.ts';
import { type Movie, modelSchema, movieAt, movieSchema, sharedAnswers } from '../http/answers.ts';
import type { AppEnv } from '../http/app-env.ts';
import { shareAnswer } from '../http/shared-answer.ts';

const profileSchema = z
  .object({
    profile: z.string().openapi({ description: 'What `profile` of `GET /recommend` takes.', example: 'sci-fi-action' }),
    name: z.string().openapi({ description: 'Its typical genres and films.' }),
    users: z.int().openapi({ description: 'Training users with this taste.' }),
    genres: z.array(z.string()),
    movies: z.array(movieSchema).openapi({ description: 'Liked more often than by others, the most first.' }),
  })
  .openapi('Profile');

const route = createRoute({
  method: 'get',
  path: '/profiles',
  middleware: shareAnswer,
  summary: 'Ready-made tastes to start from',
  responses: sharedAnswers(
    z.object({ model: modelSchema, items: z.array(profileSchema) }).openapi('Profiles'),
    'The most frequent taste first; none where the model has no profiles.',
  ),
});

/** The name of a profile of which not all films are shown: training's may name one of those. */
function nameOf(genres: readonly string[], movies: readonly Movie[]): string {
  const titles = movies.slice(0, 2).map(({ title }) => title);
  return [genres.join(' and '), titles.join(', ')].filter((part) => part !== '').join(': ') || 'Everything';
}

export const profiles = new OpenAPIHono<AppEnv>().openapi(route, async (c) => {
  const { model, version, hidden } = await servedVersion(c);
  const shown = (movieIds: ArrayLike<number>) =>
    Array.from(movieIds, (movieId) => model.movies.rowOf(movieId)).filter((row) => row >= 0 && !hidden.has(row));
  const items = model.profiles.map(({ profile, name, users, genres, movieIds }) => {
    const movies = shown(movieIds).map((row) => movieAt(model.movies, row));
    const isNamed = movies.length === movieIds.length;
    return { profile, name: isNamed ? name : nameOf(genres, movies), users, genres: [...genres], movies };
  });
  return c.json({ model: { version }, items }, 200);
});
