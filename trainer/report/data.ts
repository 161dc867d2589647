import type { Manifest } from '../../shared/artifact/manifest.ts';
import { FILES } from '../../shared/artifact/schema.ts';
import type { StoredUser } from '../../shared/artifact/user-batch.ts';
import { openUsers, rangesOf, readUser } from '../../shared/artifact/users-file.ts';
import { rowFilter } from '../../shared/filters/select.ts';
import { topK } from '../../shared/math/topk.ts';
import { diverseTop } from '../../shared/model/diversity.ts';
import type { Model, MovieTable } from '../../shared/model/model.ts';
import { predictRating } from '../../shared/model/score.ts';
import { Similarity } from '../../shared/model/similarity.ts';
import { FIRST_PERSON } from '../../shared/ratings/people.ts';
import { naturalTitle } from '../../shared/title.ts';
import { type Artifact, openArtifact, usersOf } from '../artifact/artifact.ts';
import { trainedVectors } from '../data/by-user.ts';
import type { ColdStartPoint } from '../evaluate/cold-start.ts';
import { type Evaluation, manifestMetrics } from '../evaluate/evaluate.ts';
import { random, STREAMS } from '../math/random.ts';
import { optionsOf } from '../models/options.ts';
import { findMovie } from './find-movie.ts';

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

export interface MapPoint {
  readonly x: number;
  readonly y: number;
  readonly ratings: number;
  readonly title: string;
  /** Rank among the movies that are named, the most rated first, from 0; null for the others. */
  readonly rank: number | null;
}

export interface CrossTab {
  readonly users: readonly number[];
  readonly movies: readonly string[];
  readonly cells: readonly { readonly user: number; readonly movie: string; readonly stars: number }[];
}

const BUSIEST = 12;
const ON_MAP = 1500;
/** The map's parts, of which each has one name. */
const [COLUMNS, ROWS] = [8, 5];
const IN_LIST = 12;
const CLOSEST_OF = 6;
const CLOSEST = 6;

/** How much the movies of the closest lists should differ (`diverseTop`). */
const UNLIKE = 0.5;
const SAMPLE = 3000;

/** Gathers a report from an artifact alone, which holds the ratings that it was trained on. Throws `unknown-movie`. */
export async function reportData(artifact: Artifact, request: ReportRequest = {}): Promise<ReportData> {
  const model = openArtifact(artifact);
  const { manifest, movies } = model;
  const users = await lookThrough(artifact, model);
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

/** What a report says of the users, who are seen one by one: there may be more than fit into memory. */
async function lookThrough(artifact: Artifact, model: Model) {
  const counts = new Map<number, number>();
  const [userIds, lengths]: [number[], number[]] = [[], []];
  const sample: Sample[] = [];
  const draw = random(0, STREAMS.report).uniform;
  for await (const user of usersOf(artifact)) {
    for (const value of user.stars) counts.set(value, (counts.get(value) ?? 0) + 1);
    userIds.push(user.userId);
    lengths.push(user.stars.length);
    sample.push(...sampleOf(model, user, draw));
  }
  const busiest = topK(Int32Array.from(lengths), BUSIEST, (u) => userIds[u] < FIRST_PERSON);
  return {
    histogram: Array.from(counts, ([stars, count]) => ({ stars, count })).sort((a, b) => a.stars - b.stars),
    busiest: await usersNamed(
      artifact,
      Array.from(busiest, (u) => userIds[u]),
    ),
    sample,
  };
}

async function usersNamed({ manifest, files, users }: Artifact, userIds: readonly number[]): Promise<StoredUser[]> {
  const read = users ?? rangesOf(files.get(FILES.users)!);
  const index = await openUsers(read, manifest);
  const found: StoredUser[] = [];
  for (const userId of userIds) found.push((await readUser(read, index, userId))!);
  return found;
}

/** Ratings of the most active users for the most rated movies. People who rated on the page are never shown. */
function crossTab(movies: MovieTable, busiest: readonly StoredUser[]): CrossTab {
  const rows = topK(movies.ratingCounts, BUSIEST);
  const titles = Array.from(rows, (row) => naturalTitle(movies.title(row)));
  const cells = busiest.flatMap(({ userId, movieIds, stars }) =>
    Array.from(rows, (row, m) => ({ movie: titles[m], at: movieIds.indexOf(movies.movieIds[row]) }))
      .filter(({ at }) => at >= 0)
      .map(({ movie, at }) => ({ user: userId, movie, stars: stars[at] })),
  );
  return { users: busiest.map(({ userId }) => userId), movies: titles, cells };
}

/** The most rated movies by their first two factors: the principal axes. */
function mapOf(movies: MovieTable): MapPoint[] {
  const K = movies.factorCount;
  const points = Array.from(topK(movies.ratingCounts, ON_MAP), (row) => ({
    x: movies.factors[row * K],
    y: K > 1 ? movies.factors[row * K + 1] : 0,
    ratings: movies.ratingCounts[row],
    title: naturalTitle(movies.title(row)),
  }));
  const rank = new Map(landmarks(points).map((point, place) => [point, place]));
  return points.map((point) => ({ ...point, rank: rank.get(point) ?? null }));
}

/**
 * The movies that a map names: the most rated one of each of `COLUMNS` · `ROWS` parts of the map that hold equally many
 * movies, so that names stand wherever movies do. The most rated first.
 */
function landmarks<T extends Pick<MapPoint, 'x' | 'y' | 'ratings'>>(points: readonly T[]): T[] {
  const columns = parts(
    [...points].sort((a, b) => a.x - b.x),
    COLUMNS,
  );
  const cells = columns.flatMap((column) =>
    parts(
      [...column].sort((a, b) => a.y - b.y),
      ROWS,
    ),
  );
  const first = cells.map((cell) => cell.reduce((best, point) => (point.ratings > best.ratings ? point : best)));
  return first.sort((a, b) => b.ratings - a.ratings);
}

/** Cuts a list into at most so many parts of nearly equal length, none of them empty. */
function parts<T>(list: readonly T[], count: number): T[][] {
  const bound = (n: number) => Math.round((n * list.length) / count);
  return Array.from({ length: count }, (_, n) => list.slice(bound(n), bound(n + 1))).filter(({ length }) => length > 0);
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

interface Sample {
  readonly actual: number;
  readonly predicted: number;
}

/** Predictions for a user's training ratings drawn at random; for all of them where there are few. */
function sampleOf(model: Model, user: StoredUser, draw: () => number): Sample[] {
  const share = SAMPLE / Math.max(1, model.manifest.dataset.ratings);
  const chosen = Array.from(user.movieIds.keys()).filter(() => draw() < share);
  if (chosen.length === 0) return [];
  const vectors = trainedVectors(model, user);
  return chosen.map((j) => ({
    actual: user.stars[j],
    predicted: predictRating(model, vectors, model.movies.rowOf(user.movieIds[j])),
  }));
}
