import { MarqueeError } from '../../shared/errors.ts';
import { rowIndex } from '../../shared/math/row-index.ts';
import { toHalfStars } from '../../shared/ratings/rating.ts';
import { type FactorRows, type FactorTable, wrong } from './factor-rows.ts';
import type { ImportedUser } from './user-sorter.ts';

/** Columns beside id and vector that are read where a table of users has them. */
const OPTIONAL = ['bias', 'rated', 'ratings', 'times'];

/** Users that stand for all in what is learned from their vectors or histories. More change nothing. */
const MOST_SAMPLED = 20_000;

const NONE = new Int32Array(0);

/** The last second that users.arrow can hold, in 2106. */
const LAST_TIME = 2 ** 32 - 1;

/** All ids of a table of users, ascending. Throws `bad-data` where one comes twice. */
export async function sortedIds(table: FactorTable): Promise<Int32Array> {
  const parts: Int32Array[] = [];
  for await (const ids of table.ids()) parts.push(ids);
  const ids = new Int32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    ids.set(part, at);
    at += part.length;
  }
  ids.sort();
  const twice = ids.findIndex((id, row) => row > 0 && id === ids[row - 1]);
  if (twice >= 0) {
    throw new MarqueeError('bad-data', `${table.table.path}: got user ${ids[twice]} twice, expected each user once`);
  }
  if (ids.length === 0) throw new MarqueeError('bad-data', `${table.table.path}: no rows`);
  return ids;
}

/** Every user of the table, in its order. @param movieIds those that may be rated, ascending */
export async function* readUsers(table: FactorTable, K: number, movieIds: Int32Array): AsyncGenerator<ImportedUser> {
  const rowOf = rowIndex(movieIds);
  for await (const rows of table.rows(K, OPTIONAL)) {
    const biases = rows.numbers('bias', 0);
    for (let n = 0; n < rows.ids.length; n++) {
      yield {
        userId: rows.ids[n],
        bias: biases[n],
        factors: rows.factors.subarray(n * K, (n + 1) * K),
        ...ratingsOf(rows, n, rowOf),
      };
    }
  }
}

function ratingsOf(
  rows: FactorRows,
  n: number,
  rowOf: (movieId: number) => number,
): Pick<ImportedUser, 'movieIds' | 'halfStars' | 'times'> {
  const movieIds = Int32Array.from(rows.list('rated', n));
  if (movieIds.length === 0) return { movieIds: NONE, halfStars: NONE, times: NONE };
  const [stars, times] = [rows.list('ratings', n), rows.list('times', n)];
  const unknown = movieIds.find((movieId) => rowOf(movieId) < 0);
  if (unknown !== undefined) throw wrong(rows.chunk, n, 'rated', `movie ${unknown}`, 'movies of the catalogue');
  for (const [name, list] of Object.entries({ ratings: stars, times })) {
    const may = list.length === movieIds.length || (name === 'times' && list.length === 0);
    if (!may) throw wrong(rows.chunk, n, name, `${list.length} numbers`, `${movieIds.length}, as many as in rated`);
  }
  return {
    movieIds,
    halfStars: Int32Array.from(stars, (rating) => halfStars(rows, n, rating)),
    times: Int32Array.from(movieIds, (_, j) => (times[j] > 0 && times[j] <= LAST_TIME ? times[j] : 0)),
  };
}

function halfStars(rows: FactorRows, n: number, rating: number): number {
  try {
    return toHalfStars(rating);
  } catch {
    throw wrong(rows.chunk, n, 'ratings', rating, '0.5 to 5 in steps of 0.5');
  }
}

/** Whether a user is among those that stand for all: evenly spread by id. @param userIds all of them, ascending */
export function sampleTest(userIds: Int32Array): (userId: number) => boolean {
  const step = Math.max(1, userIds.length / MOST_SAMPLED);
  const rankOf = rowIndex(userIds);
  return (userId) => {
    const rank = rankOf(userId);
    return Math.floor(Math.ceil(rank / step) * step) === rank;
  };
}
