import type { SweepTrial } from './grid.ts';
import type { Recommended } from './lists.ts';

/** What a trial found. */
export interface TrialResult extends Recommended {
  readonly rmse: number;
  readonly mae: number;
  readonly 'ndcg@10': number;
  readonly 'recall@20': number;
  /** Of training, relevance model and export included. */
  readonly seconds: number;
  readonly engine: string;
  readonly device: string;
}

/** A line of the comparison. */
export interface SweepRow extends TrialResult, Pick<SweepTrial, 'name' | 'model' | 'given'> {
  /** `trialId`. */
  readonly id: string;
}
