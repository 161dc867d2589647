import type { Database } from '../../shared/ratings/rating-store.ts';
import type { Dataset } from '../data/dataset.ts';
import type { Engine } from '../engines/engine.ts';
import type { TrainingOptions } from '../models/options.ts';
import type { TrainingStep } from '../models/run.ts';
import type { Competition } from './compete.ts';
import type { GuardSettings, LeftOut } from './guard.ts';
import type { LeaseRecord, LeaseSettings } from './lease.ts';
import type { RetrainStep } from './steps.ts';
import type { RetrainBucket } from './store.ts';
import type { Margins } from './verdict.ts';

export interface RetrainSettings {
  /** What to join the log with; by default the data set of the model in service. */
  readonly data?: string;
  /** Training settings that differ from those of the model in service. */
  readonly given: Partial<TrainingOptions>;
  readonly cold: boolean;
  /** Trains and publishes whatever the comparison says. */
  readonly force: boolean;
  /** Versions to keep. */
  readonly keep: number;
  readonly margins: Margins;
  /** What newcomers' ratings are held against; null: everything is learned from. */
  readonly guard: GuardSettings | null;
  readonly lease: LeaseSettings;
}

/** What a retrain works with. */
export interface RetrainTools {
  readonly bucket: RetrainBucket;
  readonly db: Database;
  loadDataset(name: string): Promise<Dataset>;
  /** Opens an engine, only when there is something to train. */
  withEngine<T>(work: (engine: Engine) => Promise<T>): Promise<T>;
  onStep(step: RetrainStep): void;
  onTraining(step: TrainingStep): void;
}

/** What a run did, as `retrain/last.json` and, beside a published version, `retrain.json` keep it. */
export interface RetrainReport {
  readonly decision: 'published' | 'kept';
  readonly reason: string;
  /** In service from now on; null when nothing is. */
  readonly version: string | null;
  /** In service before. */
  readonly champion: string | null;
  readonly start: 'warm' | 'cold' | null;
  readonly data: {
    readonly name: string;
    readonly sha256: string;
    /** Ratings of the data set, rows of the log, and ratings of both joined. */
    readonly base: number;
    readonly log: number;
    readonly ratings: number;
  };
  /** Seq of the newest row of the log that took part. */
  readonly watermark: number;
  /** People who were deleted since the model in service was trained. */
  readonly forgotten: number;
  /** Ratings of the log that the guard kept from training. */
  readonly leftOut: LeftOut;
  readonly comparison: Competition | null;
  readonly margins: Margins;
  readonly deleted: readonly string[];
  /** By step, and in total. */
  readonly seconds: Readonly<Record<string, number>>;
}

/** Somebody else retrains. */
export interface LeaseHeld {
  readonly decision: 'lease-held';
  readonly heldBy: LeaseRecord;
}
