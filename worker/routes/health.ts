import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi';
import { outcomeSchema } from '../../shared/artifact/retrain-outcomes.ts';
import type { AppEnv } from '../http/app-env.ts';
import {
  d1Component,
  experimentComponent,
  modelComponent,
  queueComponent,
  retrainComponent,
  secondsOf,
} from '../http/components.ts';

const status = z.enum(['ok', 'stale', 'down', 'unknown']);

const componentsSchema = z
  .object({
    model: z.object({
      status,
      version: z.string().nullable(),
      ageHours: z.number().nullable().openapi({ description: 'Since its training.' }),
    }),
    d1: z.object({ status }),
    queue: z.object({
      status,
      backlog: z.int().nullable().openapi({ description: 'Writes that wait; null where the runtime does not tell.' }),
      givenUp: z.int().nullable().openapi({
        description:
          'Accepted writes that the queue gave up on, which `npm run replay` brings to D1; null where R2 does not tell.',
      }),
    }),
    retrain: z.object({
      status,
      running: z.boolean(),
      last: outcomeSchema
        .pick({ state: true, startedAt: true, endedAt: true, reason: true, version: true })
        .extend({ seconds: z.number().nullable() })
        .nullable()
        .openapi({ description: 'The newest that has ended; null before the first one.' }),
    }),
    experiment: z
      .object({
        name: z.string(),
        state: z.enum(['on', 'ended']).openapi({ description: 'ended: everybody gets the version in service.' }),
        startedAt: z.iso.datetime(),
        ends: z.iso.datetime(),
        arms: z.array(
          z.object({
            name: z.string(),
            version: z.string().nullable().openapi({ description: 'null: the one in service.' }),
            stopped: z.boolean(),
            share: z.number().openapi({ description: 'Of people, 0 to 1.' }),
          }),
        ),
      })
      .nullable()
      .openapi({ description: 'null where there is none.' }),
  })
  .openapi('Components');

const healthSchema = z
  .object({
    status: z.enum(['ok', 'stale', 'degraded', 'unavailable']).openapi({
      description:
        'stale: see `warnings`; degraded: see `lastError`, or `warnings` when the rating store is down; unavailable: no ' +
        'model is in service.',
    }),
    version: z.string().nullable(),
    loadedAt: z.iso.datetime().nullable(),
    lastError: z
      .object({
        code: z.string(),
        detail: z.string(),
        version: z.string().nullable().openapi({ description: 'The version that was refused.' }),
        at: z.iso.datetime(),
      })
      .nullable()
      .openapi({ description: 'Why the newest version is not the one in service.' }),
    warnings: z.array(z.string()).openapi({ description: 'What somebody should look after, though all is well.' }),
    components: componentsSchema,
  })
  .openapi('Health');

/** A route that answers with the same body whatever the status. */
function healthAnswers<T extends z.ZodType>(schema: T, ok: string, otherwise: string) {
  const content = { 'application/json': { schema } };
  return { 200: { description: ok, content }, 503: { description: otherwise, content } };
}

const healthRoute = createRoute({
  method: 'get',
  path: '/health',
  summary: 'Whether this answers, and with what',
  description: 'By component: the model, D1, the queue, the last retrain, the experiment. For people and alerts.',
  responses: healthAnswers(healthSchema, 'A model is in service.', 'None is.'),
});

const liveRoute = createRoute({
  method: 'get',
  path: '/health/live',
  summary: 'Whether the Worker runs',
  description: 'Asks nothing else: for whoever would start it anew.',
  responses: {
    200: {
      description: 'It does.',
      content: { 'application/json': { schema: z.object({ status: z.literal('ok') }).openapi('Live') } },
    },
  },
});

const readySchema = z
  .object({ status: z.enum(['ok', 'unavailable']), version: z.string().nullable() })
  .openapi('Ready');

const readyRoute = createRoute({
  method: 'get',
  path: '/health/ready',
  summary: 'Whether this may be sent requests',
  description: 'For load balancers. While D1 is down it may: lists then come from the model alone.',
  responses: healthAnswers(readySchema, 'A model is in service.', 'None is.'),
});

export const health = new OpenAPIHono<AppEnv>()
  .openapi(healthRoute, async (c) => {
    const [d1, model, queue, retrain] = await Promise.all([
      d1Component(c),
      modelComponent(c),
      queueComponent(c),
      retrainComponent(c),
    ]);
    const { served, trouble } = model;
    const warnings = [model, d1, queue, retrain].flatMap(({ warning }) => warning ?? []);
    const degraded = trouble || d1.status === 'down';
    const answer: z.infer<typeof healthSchema> = {
      status: !served ? 'unavailable' : degraded ? 'degraded' : warnings.length > 0 ? 'stale' : 'ok',
      version: served?.version ?? null,
      loadedAt: served?.loadedAt.toISOString() ?? null,
      lastError: trouble
        ? {
            code: trouble.error.code,
            detail: trouble.error.message,
            version: trouble.version,
            at: trouble.at.toISOString(),
          }
        : null,
      warnings,
      components: {
        model: model.component,
        d1: { status: d1.status },
        queue: { status: queue.status, backlog: queue.backlog, givenUp: queue.givenUp },
        retrain: { status: retrain.status, running: retrain.running, last: retrain.last && shortened(retrain.last) },
        experiment: experimentComponent(c),
      },
    };
    return c.json(answer, served ? 200 : 503);
  })
  .openapi(liveRoute, (c) => c.json({ status: 'ok' as const }, 200))
  .openapi(readyRoute, async (c) => {
    const { served } = await modelComponent(c);
    return c.json(
      { status: served ? ('ok' as const) : ('unavailable' as const), version: served?.version ?? null },
      served ? 200 : 503,
    );
  });

function shortened(night: z.infer<typeof outcomeSchema>) {
  const { state, startedAt, endedAt, reason, version } = night;
  const told = state === 'failed' ? null : reason; // it may name files of the machine that trains
  return { state, startedAt, endedAt, reason: told, version, seconds: secondsOf(night) };
}
