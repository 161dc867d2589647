import type { Mine } from '../../state/mine.ts';

/** What a person can do with their ratings beside changing them. */
export interface MineActions {
  /** Looks at them in another way; the list then begins anew unless it is to go on. */
  arrange(change: Partial<Mine>): void;
  /** Asks what was predicted for each before it was given. */
  askPredictions(): void;
}
