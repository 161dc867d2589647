import { topK } from '../../shared/math/topk.ts';
import { explainer } from '../../shared/model/explain.ts';
import { inferUser } from '../../shared/model/posterior.ts';
import type { Ranked } from '../../shared/model/scorer.ts';
import { naturalTitle } from '../../shared/title.ts';
import type { Taste } from '../recommend/taste.ts';
import { wasmSums } from '../wasm/posterior.ts';
import { Excerpt, type ServedModel } from '../wasm/served-model.ts';
import { type Reasons, rounded } from './answers.ts';

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
  const { movies } = served;
  const { rows, stars } = taste.rated;
  const excerpt = new Excerpt(served, [...rows, ...recommended.map(({ row }) => row)]);
  const { model } = excerpt;
  const rated = { rows: Int32Array.from(rows.keys()), stars }; // at the first places
  const sums = wasmSums(served.vectors, rows);
  const posterior = taste.posterior ?? inferUser(model.movies, model.userPrior, rated, sums);
  const { explain, uncertainty } = explainer(model, rated, blend, posterior);
  return (row) => {
    const place = excerpt.placeOf(row);
    const { contributions } = explain(place);
    const because = Array.from(
      topK(contributions, most, (j) => contributions[j] > 0),
      (j) => ({
        movieId: movies.movieIds[rows[j]],
        title: naturalTitle(movies.title(rows[j])),
        rating: stars[j],
        contribution: rounded(contributions[j]),
      }),
    );
    return { uncertainty: rounded(uncertainty(place)), because };
  };
}
