import type { Manifest } from '../../shared/artifact/manifest.ts';
import { MarqueeError } from '../../shared/errors.ts';
import type { Ranked } from '../../shared/model/scorer.ts';

/** Above any score of a model: those are stars, log-odds or shares of what people liked, all below 100. */
const MOST = 1000;

/** Returns a score. Throws `bad-artifact` when it is one that damaged or diverged vectors give: not finite, or huge. */
export function saneScore(score: number, { version }: Manifest): number {
  if (Math.abs(score) <= MOST) return score; // false for NaN
  throw new MarqueeError('bad-artifact', `version ${version} gives the score ${score}, which is not served`, {
    fix: 'Publish the version again, or roll back.',
  });
}

export function saneScores<R extends Ranked>(ranked: R[], manifest: Manifest): R[] {
  for (const { score } of ranked) saneScore(score, manifest);
  return ranked;
}
