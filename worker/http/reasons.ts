import { topK } from '../../shared/math/topk.ts';
import { type Explainer, explainer } from '../../shared/model/explain.ts';
import type { RatedMovies } from '../../shared/model/model.ts';
import { inferUser } from '../../shared/model/posterior.ts';
import type { Ranked } from '../../shared/model/scorer.ts';
import { naturalTitle } from '../../shared/title.ts';
import type { Taste } from '../recommend/taste.ts';
import { wasmSums } from '../wasm/posterior.ts';
import { Excerpt, type ServedModel } from '../wasm/served-model.ts';
import { predictedRating, type Reasons, rounded } from './answers.ts';

/** What can be said of some movies to one user. */
interface Explained extends Explainer {
  /** Stars. */
  predictedRating(row: number): number;
}

/** `explainer`, computed from the vectors of the movies concerned, and asked by rows of the catalogue. */
export function explainMovies(
  served: ServedModel,
  taste: Taste,
  blend: number,
  concerned: readonly { readonly row: number }[],
): Explained {
  const { rows, stars } = taste.rated;
  const excerpt = new Excerpt(served, [...rows, ...concerned.map(({ row }) => row)]);
  const { model } = excerpt;
  const rated = { rows: Int32Array.from(rows.keys()), stars }; // at the first places
  const sums = wasmSums(served.vectors, rows);
  const posterior = taste.posterior ?? inferUser(model.movies, model.userPrior, rated, sums);
  const { explain, uncertainty } = explainer(model, rated, blend, posterior);
  return {
    explain: (row) => explain(excerpt.placeOf(row)),
    uncertainty: (row) => rounded(uncertainty(excerpt.placeOf(row))),
    predictedRating: (row) => predictedRating(model, taste.vectors, excerpt.placeOf(row)),
  };
}

/** One of the user's ratings as a reason. @param j its index */
export function reasonAt({ movies }: ServedModel, { rows, stars }: RatedMovies, j: number, contribution: number) {
  return {
    movieId: movies.movieIds[rows[j]],
    title: naturalTitle(movies.title(rows[j])),
    rating: stars[j],
    contribution: rounded(contribution),
  };
}

/**
 * Says for each recommended movie how certain its predicted rating is, and which of the user's ratings contributed most
 * to its score: at most `most`, the largest first, positive ones only.
 */
export function reasonsFor(
  served: ServedModel,
  taste: Taste,
  blend: number,
  most: number,
  recommended: readonly Ranked[],
): (row: number) => Reasons {
  const { explain, uncertainty } = explainMovies(served, taste, blend, recommended);
  return (row) => {
    const { contributions } = explain(row);
    const largest = topK(contributions, most, (j) => contributions[j] > 0);
    const because = Array.from(largest, (j) => reasonAt(served, taste.rated, j, contributions[j]));
    return { uncertainty: uncertainty(row), because };
  };
}
