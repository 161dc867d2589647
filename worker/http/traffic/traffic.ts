import { z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import type { Metrics } from '../../observe/metrics.ts';
import type { ServedVersion } from '../../version/served-version.ts';
import { movieAt, movieSchema } from '../answers.ts';
import type { AppEnv } from '../app-env.ts';

/** Films shown most that are named. */
const MOST_NAMED = 10;

const upTo = (share: string) =>
  z
    .number()
    .nullable()
    .openapi({ description: `${share} of them took at most so many milliseconds; null: above 10,000, or none came.` });
const times = { p50: upTo('Half'), p95: upTo('95%'), p99: upTo('99%') };
const counted = z.record(z.string(), z.int());

export const trafficSchema = z
  .object({
    since: z.iso.datetime().nullable().openapi({ description: 'When this isolate got its first request.' }),
    requests: z.int(),
    errors: z.int().openapi({ description: 'Of these with status 500 or more.' }),
    milliseconds: z.object(times),
    routes: z
      .array(z.object({ route: z.string(), requests: z.int(), byStatus: counted, ...times }))
      .openapi({ description: 'The most asked first.' }),
    lists: counted.openapi({ description: 'By basis.' }),
    shown: z
      .object({
        items: z.int().openapi({ description: 'Films that lists named, each time.' }),
        films: z.int().openapi({ description: 'Different ones.' }),
        coverage: z.number().openapi({ description: 'Their share of all films.' }),
        bestKnown: z
          .number()
          .openapi({ description: 'Share of `items` that is among the tenth of films with the most ratings.' }),
        most: z.array(z.object({ ...movieSchema.shape, times: z.int() })),
      })
      .nullable()
      .openapi({ description: 'By the version in service; null without one.' }),
  })
  .openapi('Traffic');

export function trafficOf(c: Context<AppEnv>, served: ServedVersion | undefined): z.infer<typeof trafficSchema> {
  const metrics = c.get('metrics')!;
  const entries = metrics.requests.entries;
  const total = (of: typeof entries) => of.reduce((sum, { value }) => sum + value, 0);
  const routes = [...Map.groupBy(entries, ({ labels }) => labels.route)].map(([route, own]) => ({
    route,
    requests: total(own),
    byStatus: Object.fromEntries(
      [...Map.groupBy(own, ({ labels }) => labels.status)].map(([status, of]) => [status, total(of)]),
    ),
    ...timesOf(metrics, route),
  }));
  return {
    since: metrics.startedAt === null ? null : new Date(metrics.startedAt).toISOString(),
    requests: total(entries),
    errors: total(entries.filter(({ labels }) => labels.status === '5xx')),
    milliseconds: timesOf(metrics),
    routes: routes.sort((a, b) => b.requests - a.requests),
    lists: Object.fromEntries(metrics.lists.entries.map(({ labels, value }) => [labels.basis, value])),
    shown: served ? shownBy(metrics, served) : null,
  };
}

function timesOf({ durations }: Metrics, route?: string) {
  const milliseconds = (share: number) => {
    const seconds = durations.quantile(share, route);
    return seconds === null ? null : seconds * 1000;
  };
  return { p50: milliseconds(0.5), p95: milliseconds(0.95), p99: milliseconds(0.99) };
}

function shownBy({ shown }: Metrics, { model: { movies } }: ServedVersion) {
  const { shown: items, films, coverage, bestKnown, most } = shown.reach(movies, MOST_NAMED);
  return {
    items,
    films,
    coverage,
    bestKnown,
    most: most.map(({ row, times }) => ({ ...movieAt(movies, row), times })),
  };
}
