import { type Explainer, type Explanation, explainer } from '../../../shared/model/explain.ts';
import type { Ordering } from '../../../shared/model/ordering.ts';
import { inferUser } from '../../../shared/model/posterior.ts';
import { reasonsOf, whyOf } from '../../../shared/model/reasons.ts';
import type { Ranked } from '../../../shared/model/scorer.ts';
import { naturalTitle } from '../../../shared/title.ts';
import { ratingsBehind, type Taste } from '../../recommend/taste.ts';
import { wasmSums } from '../../wasm/posterior.ts';
import { Excerpt, type ServedModel } from '../../wasm/served-model.ts';
import { predictedRating, type Reason, type Reasons, rounded } from '../answers.ts';

/** Movies of which something is said to one user. */
interface ExplainedMovies<R> {
  readonly taste: Taste;
  readonly ordering: Ordering;
  readonly ranked: readonly R[];
}

/** `explainer`, asked by rows of the catalogue. Numbers come as answers have them. */
interface MovieExplainer extends Explainer {
  /** Stars. */
  predictedRating(row: number): number;
  parts(ranked: Ranked, explanation: Explanation): Reasons['parts'];
  /** One of the user's ratings as a reason. @param j its index */
  reason(j: number, explanation: Explanation): Reason;
}

/** Explains movies by the vectors of these and of the rated ones alone. */
export function explainMovies(
  served: ServedModel,
  { taste, ordering, ranked }: ExplainedMovies<Pick<Ranked, 'row'>>,
): MovieExplainer {
  const { movies } = served;
  const { rows, stars, days } = taste.rated;
  const excerpt = new Excerpt(served, [...rows, ...ranked.map(({ row }) => row)]);
  const { model } = excerpt;
  const known = ratingsBehind(taste);
  const catalogueRow = (place: number) => excerpt.rows[place];
  const rated = { rows: Int32Array.from(rows.keys()), stars, days, known, catalogueRow }; // at the first places
  const sums = wasmSums(served.vectors, rows);
  const posterior = taste.posterior ?? inferUser(model.movies, model.userPrior, rated, sums);
  const { explain, uncertainty } = explainer(model, rated, ordering, posterior);
  return {
    explain: (row) => explain(excerpt.placeOf(row)),
    uncertainty: (row) => rounded(uncertainty(excerpt.placeOf(row))),
    predictedRating: (row) => predictedRating(model, taste.vectors, excerpt.placeOf(row)),
    parts: ({ score }, explanation) => partsOf(score, explanation, known === 0),
    reason: (j, explanation) => ({
      movieId: movies.movieIds[rows[j]],
      title: naturalTitle(movies.title(rows[j])),
      rating: stars[j],
      contribution: rounded(explanation.contributions[j]),
      why: whyOf(explanation, { j, stars: stars[j] }, model.relevancePrior.history),
    }),
  };
}

/**
 * Says for each movie of a list how certain its predicted rating is, what its score is made of, and which ratings put
 * it there, at most `most`.
 *
 * @param list ranked: the movies that are explained and, where there is one, the next behind them
 */
export function reasonsFor(served: ServedModel, list: ExplainedMovies<Ranked>, most: number): (row: number) => Reasons {
  const { taste, ranked } = list;
  const { explain, uncertainty, parts, reason } = explainMovies(served, list);
  const explanations = ranked.map(({ row }) => explain(row));
  const rankOf = new Map(ranked.map(({ row }, rank) => [row, rank]));
  return (row) => {
    const rank = rankOf.get(row)!;
    const explanation = explanations[rank];
    const reasons = reasonsOf(explanation, explanations[rank + 1], most);
    const because = Array.from(reasons, (j) => reason(j, explanation));
    return {
      uncertainty: uncertainty(row),
      parts: parts(ranked[rank], explanation),
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
