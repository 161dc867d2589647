import { createRoute, OpenAPIHono } from '@hono/zod-openapi';
import { exportEventsOfAll, exportMarksOfAll } from '../../shared/exchange/write-everybody.ts';
import type { AppEnv } from '../http/app-env.ts';
import { bodyOf, fileAnswers, fileHeaders } from '../http/file.ts';
import { requireAdmin } from '../http/identity/auth.ts';
import { NEEDS_OPERATOR, OPERATOR } from '../http/identity/needs.ts';

const marksRoute = createRoute({
  method: 'get',
  path: '/export/all/marks',
  summary: 'Everybody’s watchlists and what they have done with',
  description: `A CSV file: userId, movieId, mark, timestamp. ${NEEDS_OPERATOR}`,
  security: OPERATOR,
  responses: fileAnswers,
});

const eventsRoute = createRoute({
  method: 'get',
  path: '/export/all/events',
  summary: 'Everybody’s events',
  description: `A CSV file: userId, movieId, kind, request, timestamp. ${NEEDS_OPERATOR}`,
  security: OPERATOR,
  responses: fileAnswers,
});

export const exportAll = new OpenAPIHono<AppEnv>()
  .openapi(marksRoute, async (c) => {
    await requireAdmin(c);
    return c.body(await bodyOf(exportMarksOfAll(c.env.DB)), 200, fileHeaders('all-marks.csv'));
  })
  .openapi(eventsRoute, async (c) => {
    await requireAdmin(c);
    return c.body(await bodyOf(exportEventsOfAll(c.env.DB)), 200, fileHeaders('all-events.csv'));
  });
