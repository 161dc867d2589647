import { setImmediate as turn } from 'node:timers/promises';
import type { Lease } from './lease.ts';

/** The steps of a night, in order. Without a model in service nothing is compared; without new ratings nothing is trained. */
export type RetrainStep = 'pull' | 'join' | 'newest' | 'hold-out' | 'train' | 'publish' | 'prune';

/** Begins a step. Throws when another run has taken over the lease. */
export type EnterStep = (step: RetrainStep) => Promise<void>;

/** Renews the lease at every step, reports the step, and measures its seconds. */
export function stepping(
  lease: Lease,
  onStep: (step: RetrainStep) => void,
): { enter: EnterStep; seconds: () => Record<string, number> } {
  const started = performance.now();
  const ended: Record<string, number> = {};
  let current: { step: RetrainStep; since: number } | null = null;
  const since = (time: number) => Math.round(performance.now() - time) / 1000;
  const seconds = () => ({
    ...ended,
    ...(current && { [current.step]: since(current.since) }),
    total: since(started),
  });
  return {
    async enter(step) {
      if (current) ended[current.step] = since(current.since);
      await noticeClosed();
      await lease.renew();
      current = { step, since: performance.now() };
      onStep(step);
    },
    seconds,
  };
}

/**
 * Lets the event loop turn after long synchronous work. Only then does this process notice which connections the other
 * side has closed. A call over one of these would fail.
 */
export async function noticeClosed(): Promise<void> {
  await turn();
}
