import { explainer } from '../shared/explain.ts';
import type { Model } from '../shared/model.ts';
import { naturalTitle } from '../shared/title.ts';
import { topK } from '../shared/topk.ts';
import { type Reasons, rounded } from './answers.ts';
import type { Taste } from './user-store.ts';

/**
 * Says of each recommended movie how sure its predicted rating is, and which ratings of the user did most for its score:
 * at most `most`, the largest first, positive ones only.
 */
export function reasonsFor(model: Model, taste: Taste, blend: number, most: number): (row: number) => Reasons {
  const { movies } = model;
  const { rows, stars } = taste.rated;
  const { explain, uncertainty } = explainer(model, taste.rated, blend, taste.posterior);
  return (row) => {
    const { contributions } = explain(row);
    const because = Array.from(
      topK(contributions, most, (j) => contributions[j] > 0),
      (j) => ({
        movieId: movies.movieIds[rows[j]],
        title: naturalTitle(movies.title(rows[j])),
        rating: stars[j],
        contribution: rounded(contributions[j]),
      }),
    );
    return { uncertainty: rounded(uncertainty(row)), because };
  };
}
