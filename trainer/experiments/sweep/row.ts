import type { SweepTrial } from './grid.ts';
import type { Recommended } from './lists.ts';

/** Results of a trial. */
export interface TrialResult extends Recommended {
  readonly rmse: number;
  readonly mae: number;
  readonly 'ndcg@10': number;
  readonly 'recall@20': number;
  /** Seconds of training, with the relevance model and the export. */
  readonly seconds: number;
  readonly engine: string;
  readonly device: string;
}

/** A line of the comparison. */
export interface SweepRow extends TrialResult, Pick<SweepTrial, 'name' | 'model' | 'given'> {
  /** `trialId`. */
  readonly id: string;
}
