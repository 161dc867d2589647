import type { FitOptions } from './settings.ts';

/** Learning rate of a step, and how much of the last steps' direction it keeps. */
export interface Pace {
  readonly rate: number;
  readonly momentum: number;
}

/** When a step is made, in epochs since training began, and the cycle that it belongs to. */
export interface Position {
  readonly epoch: number;
  /** Epochs at which the cycle begins and ends. */
  readonly from: number;
  readonly to: number;
}

const MOMENTUM = 0.9;
/** Share of a cycle in which the rate rises. */
const RISING = 0.25;

/**
 * Learning rate and momentum of a step. `one-cycle` is fastai's: over the first quarter the rate rises from lr / 25 to lr and
 * momentum falls from 0.95 to 0.85; then the rate falls to lr / 100,000 and momentum rises again, all by half cosines.
 * `warm-up` rises linearly over the first epoch and stays.
 *
 * Source: Smith & Topin, "Super-convergence: very fast training of neural networks using large learning rates", 2018.
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
