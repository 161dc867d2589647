import { OpenAPIHono, z } from '@hono/zod-openapi';
import { pinMovies, pinnedMovies } from '../../shared/artifact/pinned-movies.ts';
import { servedVersion } from '../http/answering-version.ts';
import { answers } from '../http/answers.ts';
import type { AppEnv } from '../http/app-env.ts';
import { rowOf } from '../http/known-movie.ts';
import { listedFilm, listedFilms, operators } from '../http/operators.ts';
import { movieId } from '../http/parameters.ts';
import { answerOfR2 } from '../version/bucket.ts';

const pinnedAnswers = answers(
  z.object({ items: z.array(listedFilm) }).openapi('PinnedFilms'),
  'All pinned films, as lists show them; the title is null where the model in service lacks the film.',
);
const film = { request: { params: z.object({ movieId }) }, responses: pinnedAnswers };

const pinnedRoute = operators('get', '/admin/pinned', 'Films that stand first in lists', { responses: pinnedAnswers });
const pinRoute = operators('put', '/admin/pinned/{movieId}', 'Pin a film', {
  ...film,
  description:
    'It then stands first in the list of everybody who has not rated or marked it and whose filters admit it, after the ' +
    'films that were pinned before; three are the most (400).',
});
const unpinRoute = operators('delete', '/admin/pinned/{movieId}', 'Take a pinned film down', film);

export const adminPinned = new OpenAPIHono<AppEnv>()
  .openapi(pinnedRoute, async (c) => {
    return c.json(await listedFilms(c, await answerOfR2(pinnedMovies(c.env.MODELS))), 200);
  })
  .openapi(pinRoute, async (c) => {
    const { movieId } = c.req.valid('param');
    rowOf((await servedVersion(c)).model.movies, movieId); // a number that is no film is a slip
    return c.json(await listedFilms(c, await answerOfR2(pinMovies(c.env.MODELS, { pin: [movieId], unpin: [] }))), 200);
  })
  .openapi(unpinRoute, async (c) => {
    const { movieId } = c.req.valid('param');
    return c.json(await listedFilms(c, await answerOfR2(pinMovies(c.env.MODELS, { pin: [], unpin: [movieId] }))), 200);
  });
