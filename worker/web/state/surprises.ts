import type { Predictions } from './api.ts';
import { type Prediction, surpriseOf } from './mine.ts';

/** Standard deviations from which a rating is asked about: one in fifteen, were all as sure as they claim. */
const SURPRISING = 1.8;
const MOST_SURPRISES = 5;

/** The ratings furthest from what was predicted, which may be slips. */
export function surprisesOf({ items }: Predictions): Prediction[] {
  return items
    .filter((item) => surpriseOf(item) >= SURPRISING)
    .sort((a, b) => surpriseOf(b) - surpriseOf(a))
    .slice(0, MOST_SURPRISES);
}
