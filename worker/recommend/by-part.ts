import { type Part, rowOfPart, rowsInPart } from '../../shared/artifact/parts.ts';
import { FILTERS, type MovieFilter } from '../../shared/filters/movie-filters.ts';
import type { RowScores, UserVectors } from '../../shared/model/model.ts';
import type { Ranked } from '../../shared/model/scorer.ts';
import type { PartJointRanked, PartRanked, PartStanding } from '../wasm/part-service.ts';
import type { Standing } from './standing.ts';
import type { JointlyRanked } from './together.ts';

/** A part's list by rows of the catalogue. */
export function rankedIn({ rows, scores }: PartRanked, part: Part): Ranked[] {
  return Array.from(rows, (row, i) => ({ row: rowOfPart(row, part), score: scores[i] }));
}

/** @param P how many people it is for */
export function jointlyRanked({ each, ...list }: PartJointRanked, P: number, part: Part): JointlyRanked[] {
  return rankedIn(list, part).map((ranked, i) => ({ ...ranked, each: [...each.subarray(i * P, (i + 1) * P)] }));
}

export function standingIn({ outOf, before, above }: PartStanding, part: Part): Standing {
  const [first, ...nearest] = rankedIn(above, part);
  return { outOf, before, first, nearest };
}

/** Where a row of the catalogue stands among a part's rows: between two where the part has not got it. */
export function rowIn(row: number, { index, of }: Part): number {
  return (row - index + 1) / of;
}

/** The filters alone of what a list is asked for by. */
export function filterIn(asked: MovieFilter): MovieFilter {
  const values: Readonly<Record<string, unknown>> = asked;
  return Object.fromEntries(FILTERS.flatMap(({ name }) => (values[name] === undefined ? [] : [[name, values[name]]])));
}

/** What a score needs of a user; copies, since a view would take along what it is a view of. */
export function plainUser({
  bias,
  deviation,
  biasShare,
  certainty,
  factors,
  relevance,
  added,
}: UserVectors): UserVectors {
  const [p, x] = [new Float64Array(factors), new Float64Array(relevance)];
  return { bias, deviation, biasShare, certainty, factors: p, relevance: x, ...(added && { added }) };
}

/** By the rows of a part. */
export function userIn(user: UserVectors, part: Part): UserVectors {
  return user.added ? { ...user, added: addedIn(user.added, part) } : user;
}

export function usersIn(users: readonly UserVectors[], part: Part): UserVectors[] {
  return users.map((user) => userIn(user, part));
}

/** In a plain loop: several thousand films may gain something. */
function addedIn({ rows, scores }: RowScores, part: Part): RowScores {
  const own = new Float64Array(rows.length);
  let count = 0;
  for (let i = 0; i < rows.length; i++) if (rows[i] % part.of === part.index - 1) own[count++] = scores[i];
  return { rows: rowsInPart(rows, part), scores: own.slice(0, count) };
}
