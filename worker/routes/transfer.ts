import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi';
import { exportEverybody, writeExport } from '../../shared/exchange/write-file.ts';
import { writeRated } from '../../shared/exchange/write-titled.ts';
import { versionFor } from '../http/answering-version.ts';
import type { AppEnv } from '../http/app-env.ts';
import { bodyOf, fileAnswers, fileHeaders } from '../http/file.ts';
import { readerOf, requireAdmin } from '../http/identity/auth.ts';
import { NEEDS_OPERATOR, NEEDS_SOMEBODY, OPERATOR, SOMEBODY } from '../http/identity/needs.ts';
import { userId } from '../http/parameters.ts';
import { ratingsOf } from '../http/stored-ratings.ts';

const layout = z.enum(['csv', 'dat']).default('csv');
const format = z
  .enum(['csv', 'dat', 'letterboxd', 'imdb'])
  .default('csv')
  .openapi({
    description:
      '`csv`, `dat`: MovieLens’ layouts, with its ids and exact times. `letterboxd`, `imdb`: with titles, years, days and ' +
      'the columns that these sites write and read; films that the model does not know are left out.',
  });

const exportRoute = createRoute({
  method: 'get',
  path: '/export',
  summary: 'Take my ratings along',
  description:
    'Every rating of a user; importing the file gives the same ratings again. The time is 0, or the day missing, for ' +
    'a rating that is known from training only, if the data set has no time of it (or one after 2106), or an earlier ' +
    `release trained the model. ${NEEDS_SOMEBODY}`,
  security: SOMEBODY,
  request: { query: z.strictObject({ user: userId.optional(), format }) },
  responses: fileAnswers,
});

const everybodyRoute = createRoute({
  method: 'get',
  path: '/export/all',
  summary: 'Everybody’s ratings',
  description: `All current ratings that came in over this API; not those of the data set. ${NEEDS_OPERATOR}`,
  security: OPERATOR,
  request: { query: z.strictObject({ format: layout }) },
  responses: fileAnswers,
});

export const transfer = new OpenAPIHono<AppEnv>()
  .openapi(exportRoute, async (c) => {
    const { user: asked, format } = c.req.valid('query');
    const version = await versionFor(c, await readerOf(c, asked));
    const { user, ratings } = await ratingsOf(c, version, asked);
    if (format === 'letterboxd' || format === 'imdb') {
      const text = writeRated(ratings, format, version.model.movies);
      return c.body(text, 200, fileHeaders(`${format}-ratings.csv`));
    }
    const rows = ratings.map(({ timestamp, ...rating }) => ({ userId: user, ...rating, timestamp: timestamp ?? 0 }));
    return c.body(writeExport(rows, format), 200, fileHeaders(`ratings.${format}`));
  })
  .openapi(everybodyRoute, async (c) => {
    await requireAdmin(c);
    const { format } = c.req.valid('query');
    const body = await bodyOf(exportEverybody(c.env.DB, format));
    return c.body(body, 200, fileHeaders(`all-ratings.${format}`));
  });
