import type { Lease } from './lease.ts';

/** What a night consists of, in order. Comparing takes a model in service; nothing new, no training. */
export type RetrainStep = 'pull' | 'join' | 'newest' | 'hold-out' | 'train' | 'publish' | 'prune';

/** Begins a step. Throws when the lease is somebody else's by now. */
export type EnterStep = (step: RetrainStep) => Promise<void>;

/** Renews the lease at every step, tells of it, and keeps the seconds of those that ended. */
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
      await lease.renew();
      current = { step, since: performance.now() };
      onStep(step);
    },
    seconds,
  };
}
