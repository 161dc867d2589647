import { topK } from '../../shared/math/topk.ts';
import { explainer } from '../../shared/model/explain.ts';
import { inferUser } from '../../shared/model/posterior.ts';
import type { Ranked } from '../../shared/model/scorer.ts';
import { naturalTitle } from '../../shared/title.ts';
import type { Taste } from '../recommend/taste.ts';
import { wasmSums } from '../wasm/posterior.ts';
import { modelOf, type ServedModel } from '../wasm/served-model.ts';
import { type Reasons, rounded } from './answers.ts';

/**
 * Says for each recommended movie how certain its predicted rating is, and which of the user's ratings contributed most to
 * its score: at most `most`, the largest first, positive ones only.
 */
export function reasonsFor(
  model: ServedModel,
  taste: Taste,
  blend: number,
  most: number,
  recommended: readonly Ranked[],
): (row: number) => Reasons {
  const { movies } = model;
  const { rows, stars } = taste.rated;
  const n = rows.length;
  /** The model of the rated movies, then of the recommended ones. */
  const excerpt = modelOf(model, [...rows, ...recommended.map(({ row }) => row)]);
  const rated = { rows: Int32Array.from(rows.keys()), stars };
  const posterior =
    taste.posterior ?? inferUser(excerpt.movies, excerpt.userPrior, rated, wasmSums(model.vectors, rows));
  const { explain, uncertainty } = explainer(excerpt, rated, blend, posterior);
  const places = new Map(recommended.map(({ row }, at) => [row, n + at]));
  return (row) => {
    const at = places.get(row)!;
    const { contributions } = explain(at);
    const because = Array.from(
      topK(contributions, most, (j) => contributions[j] > 0),
      (j) => ({
        movieId: movies.movieIds[rows[j]],
        title: naturalTitle(movies.title(rows[j])),
        rating: stars[j],
        contribution: rounded(contributions[j]),
      }),
    );
    return { uncertainty: rounded(uncertainty(at)), because };
  };
}
