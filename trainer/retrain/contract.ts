import type { Bucket } from '../../shared/storage/bucket.ts';
import type { Database } from '../../shared/storage/database.ts';
import type { Dataset } from '../data/dataset.ts';
import type { Untitled } from '../data/titled.ts';
import type { Engine } from '../engines/engine.ts';
import type { TrainingOptions } from '../models/options.ts';
import type { TrainingStep } from '../models/run.ts';
import type { LeaseRecord, LeaseSettings } from './lease.ts';
import type { BadRows } from './log/bad-rows.ts';
import type { GuardSettings, LeftOut } from './log/guard.ts';
import type { SetAside } from './log/set-aside.ts';
import type { NightSpill } from './night-ratings.ts';
import type { RetrainStep } from './steps.ts';
import type { ServedComparison } from './verdict/compare-with-served.ts';
import type { Margins } from './verdict/verdict.ts';

export interface RetrainSettings {
  /** The data set to join the log with; by default that of the model in service. */
  readonly data?: string;
  /** Training settings that differ from those of the model in service. */
  readonly given: Partial<TrainingOptions>;
  readonly cold: boolean;
  /** Trains and publishes even a model that is worse or jumps. */
  readonly force: boolean;
  /** Versions to keep. */
  readonly keep: number;
  readonly margins: Margins;
  /** Limits on newcomers' ratings; null: there are none. */
  readonly guard: GuardSettings | null;
  readonly lease: LeaseSettings;
}

/** The services that a retrain uses. */
export interface RetrainTools {
  readonly bucket: Bucket;
  readonly db: Database;
  /** @param numbered ids of films that have a number already */
  loadDataset(name: string, numbered: (readonly [id: string, movieId: number])[]): Promise<Dataset>;
  /** The same with its ratings on a disk; null where they are to be held. */
  spillDataset?(name: string, options: TrainingOptions): Promise<NightSpill | null>;
  /** Opens an engine; called only when there is something to train. */
  withEngine<T>(work: (engine: Engine) => Promise<T>): Promise<T>;
  onStep(step: RetrainStep): void;
  /** Takes what a night could not use and went on without. */
  onTrouble(text: string): void;
  onTraining(step: TrainingStep): void;
  /** Ends the night in order: its lease is given back, and it counts as failed. */
  readonly stop?: AbortSignal;
}

/** What a run did: `retrain/last.json`, and `retrain.json` beside a published version. */
export interface RetrainReport {
  readonly decision: 'published' | 'kept';
  readonly reason: string;
  /** The version in service from now on; null when there is none. */
  readonly version: string | null;
  /** The version in service before. */
  readonly champion: string | null;
  readonly start: 'warm' | 'cold' | null;
  readonly data: {
    readonly name: string;
    readonly sha256: string;
    /** Ratings of the data set, rows of the log, and ratings after joining both. */
    readonly base: number;
    readonly log: number;
    readonly ratings: number;
  };
  /** Highest seq of the log rows that took part. */
  readonly watermark: number;
  /** The database that the log is of, and its epoch: restores that were healed, plus one. */
  readonly store: { readonly id: string; readonly epoch: number };
  /** Deleted people whom the model in service still held. */
  readonly forgotten: number;
  /** Ratings of data set and log that wait for a film file that names their films. */
  readonly untitled: Untitled;
  /** Ratings of the log that the guard left out. */
  readonly leftOut: LeftOut;
  /** Rows of the log that are no ratings: those that this run copied, and those in partitions. */
  readonly badRows: BadRows;
  /** Partitions of the log that could not be read. */
  readonly setAside: readonly SetAside[];
  readonly comparison: ServedComparison | null;
  readonly margins: Margins;
  readonly deleted: readonly string[];
  /** By step, and `total`. */
  readonly seconds: Readonly<Record<string, number>>;
}

/** Another run holds the lease. */
export interface LeaseHeld {
  readonly decision: 'lease-held';
  readonly heldBy: LeaseRecord;
}
