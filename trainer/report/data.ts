import type { Manifest } from '../../shared/artifact/manifest.ts';
import { rowFilter } from '../../shared/filters/select.ts';
import { topK } from '../../shared/math/topk.ts';
import { diverseTop } from '../../shared/model/diversity.ts';
import type { MovieTable } from '../../shared/model/model.ts';
import { Similarity } from '../../shared/model/similarity.ts';
import { naturalTitle } from '../../shared/title.ts';
import { type Artifact, openArtifact } from '../artifact/artifact.ts';
import type { ColdStartPoint } from '../evaluate/cold-start.ts';
import { type Evaluation, manifestMetrics } from '../evaluate/evaluate.ts';
import { optionsOf } from '../models/options.ts';
import { findMovie } from './find-movie.ts';
import { type MapPoint, mapOf } from './map-points.ts';
import { type CrossTab, crossTab, type Sample, surveyUsers } from './users.ts';

/** State of a training after a sweep or epoch, from 1. */
export interface Round {
  readonly step: number;
  /** Root of the expected squared error on the training ratings, stars. */
  readonly trainRmse?: number;
  readonly tau?: number;
  /** Mean squared errors. */
  readonly trainLoss?: number;
  readonly validLoss?: number;
  readonly learningRate?: number;
}

/** Optional parts of a report. */
export interface ReportRequest {
  /** Movies whose closest movies are listed; by default well-known ones of several kinds. */
  readonly titles?: readonly string[];
  /** Two movies whose distance is stated. */
  readonly distance?: readonly [string, string];
  /** Quality on held-out ratings, where it was measured. */
  readonly evaluation?: Evaluation;
}

/** The content of a report, as numbers and words. */
export interface ReportData {
  readonly manifest: Manifest;
  readonly metrics: Manifest['metrics'];
  readonly coldStart: readonly ColdStartPoint[];
  /** How often each number of stars was given. */
  readonly histogram: readonly { readonly stars: number; readonly count: number }[];
  readonly busiest: CrossTab;
  readonly map: readonly MapPoint[];
  readonly highest: readonly MovieLine[];
  readonly lowest: readonly MovieLine[];
  readonly closest: readonly { readonly movie: MovieLine; readonly items: readonly MovieLine[] }[];
  readonly distance: { readonly a: MovieLine; readonly b: MovieLine; readonly alike: number } | null;
  /** Epochs of the model trained by gradients where there is one, else sweeps of the variational model. */
  readonly learning: readonly Round[];
  readonly sample: readonly Sample[];
}

export interface MovieLine {
  readonly name: string;
  readonly ratings: number;
  /** Bias, or likeness to the movie whose list this is. */
  readonly value: number;
}

const IN_LIST = 12;
const CLOSEST_OF = 6;
const CLOSEST = 6;

/** How much the movies of the closest lists should differ (`diverseTop`). */
const UNLIKE = 0.5;

/** Gathers a report from an artifact alone, which holds the ratings that it was trained on. Throws `unknown-movie`. */
export async function reportData(artifact: Artifact, request: ReportRequest = {}): Promise<ReportData> {
  const model = openArtifact(artifact);
  const { manifest, movies } = model;
  const users = await surveyUsers(artifact, model);
  // The mean of a few ratings says little, and so does a bias that comes from it.
  const known = rowFilter(movies, { minRatings: Math.max(10, Math.ceil(0.02 * manifest.dataset.users)) });
  const best = topK(movies.biases, IN_LIST, known);
  const worst = topK(
    movies.biases.map((bias) => -bias),
    IN_LIST,
    known,
  );
  const lines = (rows: Int32Array) => Array.from(rows, (row) => lineOf(movies, row, movies.biases[row]));
  const similarity = new Similarity(movies);
  const listed = request.titles?.length
    ? request.titles.map((title) => findMovie(movies, title))
    : Array.from(diverseTop(movies.ratingCounts, CLOSEST_OF, undefined, UNLIKE, (a, b) => similarity.between(a, b)));
  return {
    manifest,
    metrics: request.evaluation ? manifestMetrics(request.evaluation) : manifest.metrics,
    coldStart: request.evaluation?.coldStart ?? [],
    histogram: users.histogram,
    busiest: crossTab(movies, users.busiest),
    map: mapOf(movies),
    highest: lines(best),
    lowest: lines(worst),
    closest: listed.map((row) => ({
      movie: lineOf(movies, row, 1),
      items: closestTo(movies, similarity, row),
    })),
    distance: request.distance ? distanceOf(movies, similarity, request.distance) : null,
    learning: learningOf(manifest),
    sample: users.sample,
  };
}

function learningOf(manifest: Manifest): Round[] {
  const { epochs, sweeps = [] } = manifest;
  if (epochs) {
    return epochs.map(({ epoch, trainLoss, validLoss, rate }) => ({
      step: epoch,
      trainLoss,
      learningRate: rate,
      validLoss: validLoss ?? undefined,
    }));
  }
  const { learnTauFrom = Number.POSITIVE_INFINITY } = optionsOf(manifest);
  // τ is 1 / (expected squared error of the training ratings), from the sweep in which it is first learned.
  return sweeps.map(({ sweep, tau }) => ({
    step: sweep,
    tau,
    trainRmse: sweep >= learnTauFrom ? 1 / Math.sqrt(tau) : undefined,
  }));
}

function lineOf(movies: MovieTable, row: number, value: number): MovieLine {
  const year = movies.years[row] ? ` (${movies.years[row]})` : '';
  return { name: `${naturalTitle(movies.title(row))}${year}`, ratings: movies.ratingCounts[row], value };
}

function closestTo(movies: MovieTable, similarity: Similarity, row: number): MovieLine[] {
  const alike = new Float32Array(movies.count);
  similarity.toAll([row], alike);
  const closest = topK(alike, CLOSEST, (other) => other !== row && movies.ratingCounts[other] >= 5);
  return Array.from(closest, (other) => lineOf(movies, other, alike[other]));
}

function distanceOf(movies: MovieTable, similarity: Similarity, titles: readonly [string, string]) {
  const [a, b] = titles.map((title) => findMovie(movies, title));
  return { a: lineOf(movies, a, 0), b: lineOf(movies, b, 0), alike: similarity.between(a, b) };
}
