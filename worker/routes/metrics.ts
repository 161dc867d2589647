import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi';
import type { RetrainOutcome } from '../../shared/artifact/retrain-outcomes.ts';
import { answers } from '../http/answers.ts';
import type { AppEnv } from '../http/app-env.ts';
import { secondsOf } from '../http/components.ts';
import { requireAdmin } from '../http/identity/auth.ts';
import { NEEDS_OPERATOR, OPERATOR } from '../http/identity/needs.ts';
import type { Family } from '../observe/instruments.ts';
import { PROMETHEUS_TEXT, writePrometheus } from '../observe/prometheus.ts';
import type { ServedVersion } from '../version/served-version.ts';

const route = createRoute({
  method: 'get',
  path: '/metrics',
  summary: 'Counters of this isolate, for Prometheus',
  description:
    'Text format 0.0.4. Counters are those of the isolate that answers: under `npm start` that is all there is, on ' +
    `Cloudflare one of many, so take Analytics Engine there. ${NEEDS_OPERATOR}`,
  security: OPERATOR,
  responses: {
    200: { description: 'The metrics.', content: { 'text/plain': { schema: z.string() } } },
    default: answers(z.never(), '').default,
  },
});

export const metrics = new OpenAPIHono<AppEnv>().openapi(route, async (c) => {
  await requireAdmin(c);
  const { metrics, models, now } = c.var;
  const nights = await c.var.nights.read(c.env.MODELS);
  const last = nights.find(({ state }) => state !== 'running');
  const families = [
    gauge('marquee_isolate_start_seconds', 'When this isolate got its first request.', {}, seconds(metrics?.startedAt)),
    ...(metrics?.families() ?? []),
    ...modelGauges(models.state().version, now()),
    ...(last ? retrainGauges(last) : []),
  ];
  return c.text(writePrometheus(families), 200, { 'Content-Type': PROMETHEUS_TEXT });
});

function modelGauges(served: ServedVersion | undefined, now: number): Family[] {
  if (!served) return [];
  const trained = Date.parse(served.model.manifest.createdAt);
  return [
    gauge('marquee_model_info', 'The version in service here.', { version: served.version }, 1),
    gauge('marquee_model_age_seconds', 'Since the version in service was trained.', {}, (now - trained) / 1000),
  ];
}

function retrainGauges(last: RetrainOutcome): Family[] {
  const { state, startedAt, endedAt } = last;
  const took = secondsOf(last);
  return [
    gauge('marquee_retrain_success', '1 unless the last retrain failed.', { state }, state === 'failed' ? 0 : 1),
    gauge('marquee_retrain_end_seconds', 'When it ended.', {}, seconds(Date.parse(endedAt ?? startedAt))),
    ...(took === null ? [] : [gauge('marquee_retrain_duration_seconds', 'What it took.', {}, took)]),
  ];
}

function gauge(name: string, help: string, labels: Readonly<Record<string, string>>, value: number): Family {
  return { name, help, type: 'gauge', samples: [{ labels, value }] };
}

/** @param milliseconds since the epoch */
function seconds(milliseconds: number | null | undefined): number {
  return (milliseconds ?? 0) / 1000;
}
