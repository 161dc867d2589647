import type { RatedMovies } from '../../shared/model/model.ts';
import { type Question, worthAsking } from '../../shared/model/questions.ts';
import { Excerpt, type ServedModel } from '../wasm/served-model.ts';

/**
 * `worthAsking`, computed from the vectors of the movies that it concerns: the rated ones and those to ask about.
 *
 * @param hidden rows that nobody is asked about
 */
export function questionsFor(
  served: ServedModel,
  { rows, stars }: RatedMovies,
  notSeen: readonly number[],
  count: number,
  hidden: ReadonlySet<number> = new Set(),
): Question[] {
  const excerpt = new Excerpt(served, [...new Set([...rows, ...served.seen.rows])]);
  const place = (row: number) => excerpt.placeOf(row);
  const model = { ...excerpt.model, seen: { ...served.seen, rows: served.seen.rows.map(place) } };
  const questions = worthAsking(model, { rows: rows.map(place), stars }, notSeen.map(place), count + hidden.size);
  const asked = questions.map(({ row, score }) => ({ row: excerpt.rows[row], score }));
  return asked.filter(({ row }) => !hidden.has(row)).slice(0, count);
}
