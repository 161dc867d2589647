import type { Context } from 'hono';
import type { Phase } from '../../observe/trace.ts';
import type { AppEnv } from '../app-env.ts';

/** Does some of a request's work, and adds the time that it took to its phase. */
export function during<T>(c: Context<AppEnv>, phase: Phase, work: () => T): T {
  const trace = c.get('trace');
  return trace ? trace.during(phase, work) : work();
}

/** Notes a list that a request made: what it was made from, and what it showed. */
export function noteList(c: Context<AppEnv>, { model, basis, degraded, items }: Listed): void {
  const [trace, metrics] = [c.get('trace'), c.get('metrics')];
  if (trace) trace.basis = basis;
  metrics?.lists.add([basis]);
  for (const without of degraded ?? []) metrics?.degraded.add([without]);
  metrics?.shown.add(model.version, items);
}

interface Listed {
  readonly model: { readonly version: string };
  readonly basis: string;
  readonly degraded?: readonly string[];
  readonly items: readonly { readonly movieId: number }[];
}
