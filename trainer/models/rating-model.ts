import type * as z from 'zod';
import type { Scale } from '../../shared/ratings/rating.ts';
import type { Artifact } from '../artifact/artifact.ts';
import type { Dataset } from '../data/dataset.ts';
import type { AnyMatrix, RatingMatrix } from '../data/rating-matrix.ts';
import type { Engine, EngineMemory } from '../engines/engine.ts';
import type { Learned } from './learned.ts';
import type { CheckpointSettings, TrainingStep } from './run.ts';
import type { CommonSettings } from './settings.ts';

/**
 * A model of ratings: what `--model` chooses from. To add one, write a folder that exports a `RatingModel`, name it in
 * `index.ts`, and name it in the contract suite (`test/trainer/models/contract.test.ts`). Flags, sweeps, retraining, warm
 * starts and reports ask what stands here and know no model by name.
 *
 * A model learns the rating block alone. The relevance block beside it is the same for all (`relevance/train.ts`).
 */
export interface RatingModel<S extends CommonSettings = OpenSettings> {
  /** Value of `--model`, and of `model` in a manifest's `config`. */
  readonly name: string;
  /** What it is, in a few words: for help texts and messages. */
  readonly title: string;
  /**
   * Its own settings beside the common ones, with defaults, bounds and descriptions. Flags, sweep grids and the manifest's
   * `config` follow from them. An object among them is a group: its fields are flags like the others.
   */
  readonly settings: z.ZodObject;
  /** Common settings that have another default here. */
  readonly defaults?: Partial<CommonSettings>;
  /** Settings whose default follows from the number of ratings N. */
  sized?(N: number, settings: S): Partial<S>;
  /** Defaults where a test part tells the quality already: by name, those of groups too. */
  readonly tested?: Readonly<Record<string, unknown>>;

  /** Versions of one family hold the same knowledge: a training that starts warm may start from any of them. */
  readonly family: string;
  /** Defaults of a training that starts from an earlier version (`--from`); absent where the model always starts anew. */
  readonly warm?: Partial<S>;
  /** Whether a checkpoint is gone on from by itself, only when asked (`--resume`), or whether the model keeps none. */
  readonly resumes: 'by-itself' | 'when-asked' | 'never';
  /** Deletes what a finished training left in its checkpoint's folder and nobody needs any more. */
  removeCheckpoint?(folder: string): Promise<void>;

  /** Whether the lists that are served come from what this model itself learned: a sweep compares only such models. */
  readonly makesLists: boolean;

  /** Bytes that training needs, beyond the ratings themselves and the result. */
  memory(need: MemoryQuestion<S>): ModelMemory;
  /** Settings that save memory, where the model has one to spare. */
  savings?(N: number, settings: S): Partial<S>;

  /**
   * Learns the rating block. The same data, settings, start and engine give the same bytes. A library that only this model
   * needs is imported here, dynamically.
   *
   * @throws `training-diverged` where a result is not finite, and the signal's reason when it was aborted
   */
  train(run: ModelRun, data: RatingData, settings: S): Promise<Learned>;
  /** The same bytes from ratings that lie on a disk; absent where the model needs them in memory. */
  trainSpilled?(run: ModelRun, data: SpilledData, settings: S): Promise<Learned>;
}

/** Settings of a training whose model is not known by type: the common ones, and whatever else its model has. */
export type OpenSettings = CommonSettings & { readonly [setting: string]: unknown };

/** What a rating model is trained on. */
export interface RatingData {
  readonly dataset: Dataset;
  readonly matrix: RatingMatrix;
  readonly scale: Scale;
}

/** The same where the ratings lie on a disk. */
export interface SpilledData {
  readonly dataset: Pick<Dataset, 'movies' | 'sha256'> & { readonly ratings: { readonly count: number } };
  readonly matrix: AnyMatrix;
}

/** What a rating model is trained with. */
export interface ModelRun {
  readonly engine: Engine;
  readonly onStep: (step: TrainingStep) => void;
  /** The earlier version to start from: of the model's family. */
  readonly from?: Artifact;
  readonly checkpoint?: CheckpointSettings;
  readonly signal?: AbortSignal;
}

/** What the memory of a training depends on beside its settings. */
export interface TrainingShape {
  readonly ratings: number; // N
  readonly users: number; // U
  /** Ratings of each movie. */
  readonly ratingCounts: Int32Array; // (M)
  /** Ratings that are in memory at a time, where they are read from a disk; else all. */
  readonly heldRatings?: number;
  /** Genres of the movies; as many as MovieLens has where nothing is said. */
  readonly genres?: number;
}

export interface MemoryQuestion<S> {
  readonly engine: EngineMemory;
  readonly shape: TrainingShape;
  readonly settings: S;
  /** Whether the state is written while it trains. */
  readonly checkpoint: boolean;
}

/** Bytes that a rating model needs at its peak. */
export interface ModelMemory {
  /** In the engine's tensors. */
  readonly engine: number;
  /** In JavaScript's own arrays. */
  readonly scripts: number;
}
