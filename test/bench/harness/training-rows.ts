import type { Job, Outcome } from '../recipes/contender.ts';
import { median } from './synthetic.ts';

/** Something that was not run. */
export interface LeftOut {
  readonly what: string;
  readonly why: string;
}

/** Training time of an engine at a size. */
export interface TrainingRow {
  readonly size: string;
  readonly data: string;
  readonly engine: string;
  /** Both models and the artifact, in memory; null where only a few sweeps were run. */
  readonly seconds: number | null;
  /** Slowest run less the fastest. */
  readonly spread: number | null;
  /** Of the rating model, the first sweep not counted. */
  readonly secondsPerSweep: number;
  readonly sweeps: number;
  readonly relevanceSeconds: number | null;
  readonly peakMegabytes: number;
}

export function trainingRow({ task, size }: Job, runs: readonly Outcome[]): TrainingRow {
  const seconds = runs.map((run) => run.seconds);
  const whole = task === 'training';
  const sweeps = runs.map(({ sweepSeconds = [] }) => sweepSeconds.slice(sweepSeconds.length > 1 ? 1 : 0));
  return {
    size,
    data: runs[0].data,
    engine: runs[0].device,
    seconds: whole ? round(median(seconds)) : null,
    spread: whole ? round(Math.max(...seconds) - Math.min(...seconds)) : null,
    secondsPerSweep: round(median(sweeps.flat())),
    sweeps: runs[0].sweepSeconds?.length ?? 0,
    relevanceSeconds: whole ? round(median(runs.map((run) => run.relevanceSeconds ?? 0))) : null,
    peakMegabytes: median(runs.map((run) => run.peakMegabytes)),
  };
}

/** A rating model's way to its error. */
export interface CurveRow {
  readonly size: string;
  readonly data: string;
  readonly method: string;
  readonly device: string;
  /** The least error on the held-out ratings on the way, clipped to the scale, in stars. */
  readonly rmse: number;
  /** To that error; for Marquee to the finished model. */
  readonly seconds: number;
  readonly spread: number;
  /** Of Marquee, to that error or less; null where it never gets there. */
  readonly marqueeSeconds: number | null;
  /** seconds / marqueeSeconds. */
  readonly ratio: number | null;
  readonly peakMegabytes: number;
}

/** @param ours Marquee's runs to compare with; null for its own row, which tells of the finished model */
export function curveRow({ size, method }: Job, runs: readonly Outcome[], ours: readonly Outcome[] | null): CurveRow {
  const reached = runs.map(({ curve = [] }) => (ours ? best(curve) : curve.at(-1)!));
  const rmse = median(reached.map((point) => point.rmse));
  const seconds = reached.map((point) => point.seconds);
  const marquee = ours && median(ours.map((run) => secondsTo(rmse, run)));
  const reachable = marquee !== null && Number.isFinite(marquee);
  return {
    size,
    data: runs[0].data,
    method,
    device: runs[0].device,
    rmse: Math.round(rmse * 1e4) / 1e4,
    seconds: round(median(seconds)),
    spread: round(Math.max(...seconds) - Math.min(...seconds)),
    marqueeSeconds: reachable ? round(marquee) : null,
    ratio: reachable ? round(median(seconds) / marquee) : null,
    peakMegabytes: median(runs.map((run) => run.peakMegabytes)),
  };
}

const best = (curve: NonNullable<Outcome['curve']>) => curve.reduce((a, b) => (b.rmse < a.rmse ? b : a));

/** Seconds to the first sweep at this error, and what finishing takes after it; infinite where it is never reached. */
export function secondsTo(rmse: number, { curve = [] }: Pick<Outcome, 'curve'>): number {
  const sweeps = curve.slice(0, -1);
  const finishing = curve.at(-1)!.seconds - (sweeps.at(-1)?.seconds ?? 0);
  const point = sweeps.find((candidate) => candidate.rmse <= rmse);
  return point ? point.seconds + finishing : Infinity;
}

/** Three digits. */
const round = (value: number) => Number(value.toPrecision(3));
