import type { Model } from '../shared/model.ts';
import { foldIn, predictRating, scoreMovies } from '../shared/score.ts';
import { topK } from '../shared/topk.ts';
import type { BiasBaseline } from './baselines.ts';
import { forEachUser, ratedMovies } from './evaluate.ts';
import { RankingMean, ratingErrors } from './metrics.ts';
import { LIKE_FROM } from './options.ts';
import type { Split } from './split.ts';

/** Quality for people of whom `shown` ratings are known, beside the baselines. */
export interface ColdStartPoint {
  readonly shown: number;
  readonly rmse: number;
  readonly 'ndcg@10': number;
  readonly bias: { readonly rmse: number };
  readonly popularity: { readonly 'ndcg@10': number };
}

const SHOWN = [0, 1, 2, 3, 5, 10, 15];

/**
 * How quickly strangers become known: unseen users are folded in from their first 0, 1, 2, … ratings, and the same last
 * ratings are asked of them each time. What they rated in between is neither known nor recommended, to nobody's advantage.
 *
 * @param likes popularity by row of the movie table
 */
export function coldStartCurve(
  model: Model,
  split: Split,
  bias: BiasBaseline,
  likes: Float32Array,
): readonly ColdStartPoint[] {
  const { shown, test } = split;
  if (!shown) return [];
  const { rowOf } = model.movies;
  const asked = new Map<number, Int32Array>();
  forEachUser(test, (userId, positions) => asked.set(userId, positions));
  const scores = new Float32Array(model.movies.count);
  return SHOWN.map((count) => {
    const [mine, biased, actual]: number[][] = [[], [], []];
    const [ranking, popular] = [new RankingMean(), new RankingMean()];
    forEachUser(shown, (userId, positions) => {
      const known = positions.subarray(0, count);
      const user = foldIn(model, ratedMovies(shown, known, rowOf));
      const userBias = bias.userBias(Array.from(known, (i) => ({ movieId: shown.movieIds[i], stars: shown.stars[i] })));
      const relevant = new Set<number>();
      for (const i of asked.get(userId) ?? []) {
        const row = rowOf(test.movieIds[i]);
        mine.push(predictRating(model, user, row));
        biased.push(bias.predictWith(userBias, test.movieIds[i]));
        actual.push(test.stars[i]);
        if (test.stars[i] >= LIKE_FROM) relevant.add(row < 0 ? -1 - i : row);
      }
      if (relevant.size === 0) return;
      const seen = new Set(Array.from(positions, (i) => rowOf(shown.movieIds[i])));
      scoreMovies(model, user, model.manifest.blend, scores);
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
      shown: count,
      rmse: ratingErrors(mine, actual).rmse,
      'ndcg@10': ranking.quality()['ndcg@10'],
      bias: { rmse: ratingErrors(biased, actual).rmse },
      popularity: { 'ndcg@10': popular.quality()['ndcg@10'] },
    };
  });
}
