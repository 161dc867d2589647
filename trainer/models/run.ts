import type { Manifest } from '../../shared/artifact/manifest.ts';
import type { Artifact } from '../artifact/artifact.ts';
import type { Chosen } from './relevance/chosen.ts';

/** What one pass over the training ratings came to. */
export interface Epoch {
  readonly epoch: number;
  /** Mean squared error over the epoch's steps, each before it was made. */
  readonly trainLoss: number;
  /** Mean squared error on the held-out ratings, not clipped, and RMSE clipped to the scale; null where none are held out. */
  readonly validLoss: number | null;
  readonly rmse: number | null;
  /** Learning rate at its end. */
  readonly rate: number;
  readonly seconds: number;
}

/** Bytes of memory that there are for more. */
export interface MemoryLimits {
  /** In this process. */
  readonly available: number;
  /** In one WebAssembly.Memory. */
  readonly wasm: number;
}

/** How a training keeps its state. */
export interface CheckpointSettings {
  readonly folder: string;
  /** Go on from what the folder holds: of models that gradients train, which otherwise refuse a folder in use. */
  readonly resume?: boolean;
  /** Least time between two writes; 10 by default. The last sweep's state is always written. */
  readonly everySeconds?: number;
}

/** What a training run tells while it works. */
export type TrainingStep =
  | { readonly step: 'rating'; readonly sweep: number; readonly sweeps: number; readonly tau: number }
  | { readonly step: 'resume'; readonly sweep: number; readonly sweeps: number }
  | { readonly step: 'relevance' | 'export' }
  /** What was asked for or chosen for the relevance model. */
  | ({ readonly step: 'chosen' } & Chosen)
  /** Of models that gradients train: what computes them, an epoch done, and where a kept training goes on. */
  | { readonly step: 'backend'; readonly device: string }
  | ({ readonly step: 'epoch'; readonly epochs: number } & Epoch)
  | { readonly step: 'resume-epochs'; readonly epoch: number; readonly epochs: number };

/** What a training run may have beside data and options. */
export interface TrainingRun {
  /** Quality on held-out ratings to state in the manifest; without it, the manifest states the fit to the training ratings. */
  readonly metrics?: Manifest['metrics'];
  /** An earlier version to start from: the model's `warm` settings are then enough. */
  readonly from?: Artifact;
  /** Where to keep the state of the rating model; what an interrupted run left there is gone on from. */
  readonly checkpoint?: CheckpointSettings;
  /** Ends training after the current sweep, its state kept, by throwing the signal's reason. */
  readonly signal?: AbortSignal;
  /** How much memory there is; by default what this machine has. */
  readonly memory?: MemoryLimits;
}
