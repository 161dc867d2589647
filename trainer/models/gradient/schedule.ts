import type { FitOptions } from './settings.ts';

/** What a step is told: learning rate, and how much of the last steps' direction it keeps. */
export interface Pace {
  readonly rate: number;
  readonly momentum: number;
}

/** Where a step stands, in epochs since training began, and the cycle that it belongs to. */
export interface Position {
  readonly epoch: number;
  /** Epochs at which the cycle begins and ends. */
  readonly from: number;
  readonly to: number;
}

const MOMENTUM = 0.9;
const RISING = 0.25;

/**
 * `one-cycle` is fastai's (after Smith & Topin, "Super-convergence", 2018): the rate rises from lr / 25 over the first
 * quarter and falls to lr / 100,000, momentum falls from 0.95 to 0.85 and rises again, all by half cosines. `warm-up`
 * rises in a line over the first epoch and stays.
 */
export function paceAt({ epoch, from, to }: Position, { schedule, lr }: Pick<FitOptions, 'schedule' | 'lr'>): Pace {
  if (schedule === 'constant') return { rate: lr, momentum: MOMENTUM };
  if (schedule === 'warm-up') return { rate: lr * Math.min(1, epoch), momentum: MOMENTUM };
  const done = (epoch - from) / (to - from);
  if (done < RISING) {
    const share = done / RISING;
    return { rate: cosine(lr / 25, lr, share), momentum: cosine(0.95, 0.85, share) };
  }
  const share = (done - RISING) / (1 - RISING);
  return { rate: cosine(lr, lr / 1e5, share), momentum: cosine(0.85, 0.95, share) };
}

function cosine(from: number, to: number, share: number): number {
  return to + ((from - to) * (1 + Math.cos(Math.PI * share))) / 2;
}
