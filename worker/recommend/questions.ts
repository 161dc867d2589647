import type { RatedMovies } from '../../shared/model/model.ts';
import { type Question, worthAsking } from '../../shared/model/questions.ts';
import { modelOf, type ServedModel } from '../wasm/served-model.ts';

/** `worthAsking`, computed from the vectors of the movies that it concerns: the rated ones and those to ask about. */
export function questionsFor(
  model: ServedModel,
  { rows, stars }: RatedMovies,
  notSeen: readonly number[],
  count: number,
): Question[] {
  const concerned = [...new Set([...rows, ...model.seen.rows])];
  const places = new Map(concerned.map((row, place) => [row, place]));
  const placesOf = (movieRows: Int32Array) => movieRows.map((row) => places.get(row)!);
  const excerpt = { ...modelOf(model, concerned), seen: { ...model.seen, rows: placesOf(model.seen.rows) } };
  const unseen = notSeen.map((row) => places.get(row) ?? -1);
  const questions = worthAsking(excerpt, { rows: placesOf(rows), stars }, unseen, count);
  return questions.map(({ row, score }) => ({ row: concerned[row], score }));
}
