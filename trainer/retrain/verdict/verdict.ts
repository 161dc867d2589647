import type { Difference } from '../../math/metrics.ts';
import type { Comparison } from './compare.ts';

/** How much worse a challenger may be and still go into service. */
export interface Margins {
  /** In stars. */
  readonly maxRmseIncrease: number;
  /** As a share of the champion's NDCG@10. */
  readonly maxNdcgDrop: number;
}

export const DEFAULT_MARGINS: Margins = { maxRmseIncrease: 0.005, maxNdcgDrop: 0.01 };

/** A difference within two standard errors may be chance, which matters most in a night of few ratings. */
const STANDARD_ERRORS = 2;

/**
 * Reasons why the challenger may not go into service: each figure that is worse by more than its margin and by more than
 * chance. Empty when there is none.
 */
export function objections(comparisons: Readonly<Record<string, Comparison | null>>, margins: Margins): string[] {
  const found: string[] = [];
  for (const [name, comparison] of Object.entries(comparisons)) {
    if (!comparison) continue;
    const { champion, challenger, rmseIncrease, ndcgDrop } = comparison;
    if (isWorse(rmseIncrease, margins.maxRmseIncrease)) {
      found.push(`${name}: RMSE ${challenger.rmse.toFixed(4)} against ${champion.rmse.toFixed(4)}`);
    }
    if (isWorse(ndcgDrop, margins.maxNdcgDrop)) {
      found.push(`${name}: NDCG@10 ${challenger['ndcg@10'].toFixed(4)} against ${champion['ndcg@10'].toFixed(4)}`);
    }
  }
  return found;
}

function isWorse({ value, error }: Difference, margin: number): boolean {
  return error !== null && value > Math.max(margin, STANDARD_ERRORS * error);
}
