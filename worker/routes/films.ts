import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { parseCurrent } from '../../shared/artifact/manifest.ts';
import { CURRENT_KEY } from '../../shared/artifact/schema.ts';
import { MarqueeError } from '../../shared/errors.ts';
import { freeNumberOf } from '../../shared/own-id.ts';
import { type FilmAbout, filmSchema, readFilm, type StoredFilm, writeFilm } from '../../shared/ratings/tables/film.ts';
import { naturalTitle } from '../../shared/title.ts';
import { servedVersion } from '../http/answering-version.ts';
import { answers } from '../http/answers.ts';
import type { AppEnv } from '../http/app-env.ts';
import { limitJson } from '../http/body.ts';
import { requireKeeper } from '../http/identity/auth.ts';
import { ownId, rowOfOwnId } from '../http/own-id.ts';
import { withDeadline } from '../ratings/deadline.ts';
import { MOST_ADDED } from '../recommend/added-model.ts';
import { answerOfR2 } from '../version/bucket.ts';
import type { ServedVersion } from '../version/served-version.ts';

/** Attempts to change current.json while others do, too. */
const ATTEMPTS = 3;

const available = z.boolean().openapi({ description: 'false: nobody is shown it; what people rated stays theirs.' });

const { year, genres, ...texts } = filmSchema.shape;
const bodySchema = z
  .strictObject({
    ...z.object(texts).partial().shape,
    year: year.unwrap().optional(),
    genres: genres.unwrap().optional(),
    available: available.default(true).openapi({ default: true }),
  })
  .openapi('NewFilm');

const route = createRoute({
  method: 'put',
  path: '/movies/by-id/{id}',
  summary: 'Add a film, or take one out of the lists',
  description:
    'Needs API_TOKEN or ADMIN_TOKEN. What is left out stays as it is known; a film that nobody knows needs a title. It ' +
    'is found, rated and recommended at once where this request went, elsewhere within MODEL_TTL seconds: as the ' +
    'average film of its genres and year, until a retrain takes it up. It keeps its number.',
  security: [{ token: [] }],
  middleware: limitJson,
  request: {
    params: z.object({ id: ownId }),
    body: {
      required: true,
      content: {
        'application/json': {
          schema: bodySchema,
          example: { title: 'The Brown Sequel', year: 2026, genres: ['Comedy'] },
        },
      },
    },
  },
  responses: answers(
    z.object({ movieId: z.int(), id: z.string(), ...filmSchema.shape, available }).openapi('StoredFilm'),
    'Stored.',
  ),
});

export const films = new OpenAPIHono<AppEnv>().openapi(route, async (c) => {
  await requireKeeper(c);
  const served = await servedVersion(c);
  const { available, ...given } = c.req.valid('json');
  const film = await withDeadline(
    filmFor(c, served, { id: c.req.valid('param').id, given, available }),
    c.var.ratingTimeout,
  );
  await withDeadline(writeFilm(c.env.DB, film), c.var.ratingTimeout);
  await announce(c.env.MODELS);
  await withDeadline(c.var.films.told(c.env.DB), c.var.ratingTimeout);
  return c.json({ movieId: film.movieId, id: film.id, ...film.about, available }, 200);
});

interface Given {
  readonly id: string;
  readonly given: Partial<FilmAbout>;
  readonly available: boolean;
}

/** The film as it is to be stored: what is given over what is known. Throws `bad-body`, `too-many-films`. */
async function filmFor(
  c: Context<AppEnv>,
  served: ServedVersion,
  { id, given, available }: Given,
): Promise<StoredFilm> {
  await c.var.films.told(c.env.DB);
  const before = await readFilm(c.env.DB, id);
  const row = rowOfOwnId(served.own.movies, id);
  const about = { year: null, genres: [], ...aboutRow(served, row), ...before?.about, ...given };
  if (about.title === undefined) {
    throw new MarqueeError('bad-body', 'title: got nothing, expected the title of a film that is not known yet', {
      details: { parameter: 'title', expected: 'a title' },
    });
  }
  if (!before && row < 0) requireRoom(c, served);
  return {
    id,
    movieId: before?.movieId ?? numberFor(c, served, { id, row }),
    about: { ...about, title: about.title },
    available,
  };
}

/** What the version knows of a film. */
function aboutRow({ own: { movies } }: ServedVersion, row: number): Partial<FilmAbout> {
  if (row < 0) return {};
  const { own } = movies;
  const texts = { language: own?.language(row), poster: own?.poster(row), url: own?.url(row) };
  const known = Object.fromEntries(Object.entries(texts).filter(([, text]) => text));
  return {
    title: naturalTitle(movies.title(row)),
    year: movies.years[row] || null,
    genres: movies.genres(row),
    ...known,
  };
}

function numberFor(
  c: Context<AppEnv>,
  { own: { movies } }: ServedVersion,
  { id, row }: { id: string; row: number },
): number {
  if (row >= 0) return movies.movieIds[row];
  const given = new Set(c.var.films.all.map(({ movieId }) => movieId));
  return freeNumberOf(id, (number) => given.has(number) || movies.rowOf(number) >= 0);
}

function requireRoom(c: Context<AppEnv>, { own: { movies } }: ServedVersion): void {
  const waiting = c.var.films.all.filter(({ movieId }) => movies.rowOf(movieId) < 0).length;
  if (waiting < MOST_ADDED) return;
  throw new MarqueeError('too-many-films', `${waiting} films wait for a training, at most ${MOST_ADDED} may`, {
    fix: 'npm run retrain takes them up. Many films at once belong into the film file: --catalogue.',
    details: { waiting, most: MOST_ADDED },
  });
}

/** Says in current.json that D1 knows of films, unless it says so. Throws `store-unavailable`, `no-model`. */
async function announce(bucket: R2Bucket): Promise<void> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const object = await answerOfR2(bucket.get(CURRENT_KEY));
    if (!object) break;
    const current = parseCurrent(await answerOfR2(object.text()));
    if (current.films) return;
    const onlyIf = { etagMatches: object.etag };
    const changed = JSON.stringify({ ...current, films: true });
    if (await answerOfR2(bucket.put(CURRENT_KEY, changed, { onlyIf }))) return;
  }
  throw new MarqueeError(
    'store-unavailable',
    `${CURRENT_KEY} could not be changed, so that other isolates do not know`,
    {
      fix: 'Send the film again.',
    },
  );
}
