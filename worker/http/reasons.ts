import { type Explanation, explainer } from '../../shared/model/explain.ts';
import type { Ordering } from '../../shared/model/ordering.ts';
import { inferUser } from '../../shared/model/posterior.ts';
import { reasonsOf } from '../../shared/model/reasons.ts';
import type { Ranked } from '../../shared/model/scorer.ts';
import { naturalTitle } from '../../shared/title.ts';
import { ratingsBehind, type Taste } from '../recommend/taste.ts';
import { wasmSums } from '../wasm/posterior.ts';
import { Excerpt, type ServedModel } from '../wasm/served-model.ts';
import { type Reasons, rounded } from './answers.ts';

/** A list whose reasons are asked for. */
interface ExplainedList {
  readonly taste: Taste;
  readonly ordering: Ordering;
  /** The movies that are explained and, where there is one, the next behind them. */
  readonly ranked: readonly Ranked[];
}

/**
 * Says for each movie of a list how certain its predicted rating is, what its score is made of, and which ratings put
 * it there, at most `most`.
 */
export function reasonsFor(
  served: ServedModel,
  { taste, ordering, ranked }: ExplainedList,
  most: number,
): (row: number) => Reasons {
  const { movies } = served;
  const { rows, stars } = taste.rated;
  const excerpt = new Excerpt(served, [...rows, ...ranked.map(({ row }) => row)]);
  const { model } = excerpt;
  const known = ratingsBehind(taste);
  const rated = { rows: Int32Array.from(rows.keys()), stars, known }; // at the first places
  const sums = wasmSums(served.vectors, rows);
  const posterior = taste.posterior ?? inferUser(model.movies, model.userPrior, rated, sums);
  const { explain, uncertainty } = explainer(model, rated, ordering, posterior);
  const explanations = ranked.map(({ row }) => explain(excerpt.placeOf(row)));
  const rankOf = new Map(ranked.map(({ row }, rank) => [row, rank]));
  return (row) => {
    const rank = rankOf.get(row)!;
    const explanation = explanations[rank];
    const reasons = reasonsOf(explanation, explanations[rank + 1], most);
    const because = Array.from(reasons, (j) => ({
      movieId: movies.movieIds[rows[j]],
      title: naturalTitle(movies.title(rows[j])),
      rating: stars[j],
      contribution: rounded(explanation.contributions[j]),
    }));
    return {
      uncertainty: rounded(uncertainty(excerpt.placeOf(row))),
      parts: partsOf(ranked[rank].score, explanation, known === 0),
      because,
      ...(because.length === 0 && taste.basis !== 'profile' && { popular: true as const }),
    };
  };
}

/** What is neither popularity nor base comes from ratings, also what training rounded when it stored the user. */
function partsOf(score: number, { popularity, base }: Explanation, withoutRatings: boolean): Reasons['parts'] {
  const ratings = withoutRatings ? 0 : rounded(score - popularity - base);
  return { ratings, popularity: rounded(popularity), base: rounded(base) };
}
