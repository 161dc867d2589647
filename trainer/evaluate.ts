import { MarqueeError } from '../shared/errors.ts';
import type { Model, RatedMovies, UserVectors } from '../shared/model.ts';
import { foldIn, predictRating, scoreMovies } from '../shared/score.ts';
import { topK } from '../shared/topk.ts';
import { readAllUsers } from '../shared/users-file.ts';
import { openArtifact } from './artifact.ts';
import { biasBaseline, popularity } from './baselines.ts';
import { type ColdStartPoint, coldStartCurve } from './cold-start.ts';
import type { Dataset, Ratings } from './dataset.ts';
import type { Engine } from './engines/engine.ts';
import { userSequences, withRatings } from './matrix.ts';
import { RankingMean, type RankingQuality, type RatingErrors, ratingErrors } from './metrics.ts';
import { LIKE_FROM, type TrainingOptions } from './options.ts';
import type { Split } from './split.ts';
import { type TrainingStep, train } from './train.ts';

/** What `npm run evaluate` reports. */
export interface Evaluation {
  readonly dataset: string;
  readonly split: string;
  readonly protocol: string;
  readonly trainRatings: number;
  readonly testRatings: number;
  readonly metrics: RatingErrors & RankingQuality;
  /** `users` splits only. */
  readonly coldStart: readonly ColdStartPoint[];
  readonly baselines: { readonly bias: RatingErrors; readonly popularity: RankingQuality };
  readonly engine: string;
  readonly device: string;
  readonly seconds: { readonly train: number; readonly evaluate: number };
  readonly config: Readonly<Record<string, unknown>>;
}

/**
 * Trains on a split's training part and measures the artifact as it would be served, beside the baselines. Ratings are
 * predicted clipped to the scale; lists rank every movie but those that the user rated before, by the default blend.
 * Users of the training part have their stored vectors; unseen ones are folded in from what is shown.
 */
export async function evaluate(
  engine: Engine,
  dataset: Dataset,
  split: Split,
  options: TrainingOptions,
  onStep?: (step: TrainingStep) => void,
): Promise<Evaluation> {
  if (split.test.count === 0 || split.train.count === 0) {
    throw new MarqueeError(
      'bad-data',
      `${dataset.name} ${split.name}: nothing to ${split.test.count ? 'train on' : 'test'}`,
      {
        fix: 'Take a larger share, or more ratings.',
      },
    );
  }
  const artifact = await train(engine, withRatings(dataset, split.train), options, onStep);
  const started = performance.now();
  const { users, ...model } = openArtifact(artifact);
  const vectors = await testUsers(model, users, split);
  const bias = biasBaseline(split.train, model.manifest.scale);
  const likes = popularity(split.train, model.movies.count, model.movies.rowOf);
  const [mine, biased] = [new Float64Array(split.test.count), new Float64Array(split.test.count)];
  const [ranking, popular] = [new RankingMean(), new RankingMean()];
  const scores = new Float32Array(model.movies.count);
  forEachUser(split.test, (userId, positions) => {
    const { vector, seen, shown } = vectors.get(userId)!;
    const relevant = new Set<number>();
    const shownBias = shown ? bias.userBias(shown) : null;
    for (const i of positions) {
      const movieId = split.test.movieIds[i];
      const row = model.movies.rowOf(movieId);
      mine[i] = predictRating(model, vector, row);
      biased[i] = shownBias === null ? bias.predict(userId, movieId) : bias.predictWith(shownBias, movieId);
      if (split.test.stars[i] >= LIKE_FROM) relevant.add(row < 0 ? -1 - i : row);
    }
    if (relevant.size === 0) return;
    scoreMovies(model, vector, model.manifest.blend, scores);
    ranking.add(
      topK(scores, 20, (row) => !seen.has(row)),
      relevant,
    );
    popular.add(
      topK(likes, 20, (row) => !seen.has(row)),
      relevant,
    );
  });
  return {
    dataset: dataset.name,
    split: split.name,
    protocol: 'clipped to the scale; full ranking, relevant = asked ratings of 4 or more',
    trainRatings: split.train.count,
    testRatings: split.test.count,
    metrics: { ...ratingErrors(mine, split.test.stars), ...ranking.quality() },
    coldStart: coldStartCurve(model, split, bias, likes),
    baselines: { bias: ratingErrors(biased, split.test.stars), popularity: popular.quality() },
    engine: engine.name,
    device: engine.device,
    seconds: { train: artifact.manifest.seconds, evaluate: (performance.now() - started) / 1000 },
    config: artifact.manifest.config,
  };
}

interface TestUser {
  readonly vector: UserVectors;
  /** Rows never recommended: what the user rated before. */
  readonly seen: ReadonlySet<number>;
  /** Of users unseen in training: the ratings they are folded in from. */
  readonly shown: readonly { movieId: number; stars: number }[] | null;
}

async function testUsers(model: Model, users: Uint8Array, split: Split): Promise<Map<number, TestUser>> {
  const { rowOf } = model.movies;
  const wanted = new Set(split.test.userIds);
  const found = new Map<number, TestUser>();
  if (split.shown) {
    forEachUser(split.shown, (userId, positions) => {
      const rated = ratedMovies(split.shown!, positions, rowOf);
      const shown = Array.from(positions, (i) => ({
        movieId: split.shown!.movieIds[i],
        stars: split.shown!.stars[i],
      }));
      found.set(userId, { vector: foldIn(model, rated), seen: new Set(rated.rows), shown });
    });
  } else {
    for await (const user of readAllUsers(users, model.manifest)) {
      if (wanted.has(user.userId)) {
        found.set(user.userId, { vector: user, seen: new Set(Array.from(user.movieIds, rowOf)), shown: null });
      }
    }
  }
  const stranger = {
    vector: foldIn(model, { rows: new Int32Array(0), stars: new Float32Array(0) }),
    seen: new Set<number>(),
  };
  for (const userId of wanted)
    if (!found.has(userId)) found.set(userId, { ...stranger, shown: split.shown ? [] : null });
  return found;
}

/** Ratings at `positions` as rows of the movie table; movies that it lacks are left out. */
export function ratedMovies(ratings: Ratings, positions: Int32Array, rowOf: (movieId: number) => number): RatedMovies {
  const known = positions.filter((i) => rowOf(ratings.movieIds[i]) >= 0);
  return {
    rows: known.map((i) => rowOf(ratings.movieIds[i])),
    stars: Float32Array.from(known, (i) => ratings.stars[i]),
  };
}

/** Calls back for every user, ascending by id, with the positions of their ratings, oldest first. */
export function forEachUser(ratings: Ratings, visit: (userId: number, positions: Int32Array) => void): void {
  const { userIds, offsets, positions } = userSequences(ratings);
  for (let u = 0; u < userIds.length; u++) visit(userIds[u], positions.subarray(offsets[u], offsets[u + 1]));
}
