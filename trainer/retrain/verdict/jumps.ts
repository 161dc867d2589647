import type { Manifest } from '../../../shared/artifact/manifest.ts';

/** Share by which the learned precision of a rating may differ from that of the model in service. */
const MOST_PRECISION = 0.25;
/** Share by which the number of films may differ. */
const MOST_FILMS = 0.1;

/**
 * Figures of a new model that changed by more than a night of ratings can explain. Precisions are compared only where both
 * models are of one kind and size.
 */
export function jumpsOf(served: Manifest, trained: Manifest): string[] {
  const jumps: string[] = [];
  const alike = served.config.model === trained.config.model && served.factors === trained.factors;
  if (alike && changeOf(served.tau, trained.tau) > MOST_PRECISION) {
    jumps.push(`rating precision ${served.tau.toFixed(3)} → ${trained.tau.toFixed(3)}${beyond(MOST_PRECISION)}`);
  }
  const [before, after] = [served.dataset.movies, trained.dataset.movies];
  if (changeOf(before, after) > MOST_FILMS) jumps.push(`catalogue ${before} → ${after} films${beyond(MOST_FILMS)}`);
  return jumps;
}

function changeOf(before: number, after: number): number {
  return Math.abs(after / before - 1);
}

function beyond(share: number): string {
  return `, more than ${100 * share}%`;
}
