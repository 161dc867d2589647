import type { Pick } from './api.ts';

/** A line of the list. */
export interface Row {
  readonly pick: Pick;
  /** Places gained (+) or lost (−) with the last answer; null: it was not in the list. */
  readonly moved: number | null;
}

type Answered = (movieId: number) => boolean;

/** The rows of a first list, where nothing has moved. */
export function rowsOf(picks: readonly Pick[]): Row[] {
  return picks.map((pick) => ({ pick, moved: 0 }));
}

/**
 * The rows of a new list. A film that was answered here keeps its place among them, so that no other film slides under
 * a pointer that rests there.
 */
export function rearranged(before: readonly Row[], picks: readonly Pick[], isAnswered: Answered): Row[] {
  const order = before.filter(({ pick }) => !isAnswered(pick.movieId));
  const places = new Map(order.map(({ pick }, place) => [pick.movieId, place]));
  const fresh = picks.filter(({ movieId }) => !isAnswered(movieId));
  const rows: Row[] = fresh.map((pick, place) => {
    const was = places.get(pick.movieId);
    return { pick, moved: was === undefined ? null : was - place };
  });
  for (const [place, row] of before.entries()) {
    if (isAnswered(row.pick.movieId)) rows.splice(place, 0, { ...row, moved: 0 });
  }
  return rows;
}

/** Number of films among the first ten that were not among them before. */
export function replacedInTopTen(before: readonly Row[], after: readonly Row[], isAnswered: Answered): number {
  const top = (rows: readonly Row[]) =>
    rows
      .map(({ pick }) => pick.movieId)
      .filter((movieId) => !isAnswered(movieId))
      .slice(0, 10);
  const known = new Set(top(before));
  return top(after).filter((movieId) => !known.has(movieId)).length;
}

/** "2 films are new in the list, 5 moved up." for a screen reader. */
export function movesInWords(rows: readonly Row[]): string {
  const fresh = rows.filter(({ moved }) => moved === null).length;
  const up = rows.filter(({ moved }) => moved !== null && moved > 0).length;
  if (fresh + up === 0) return 'The list stays as it is.';
  if (fresh === 0) return `${up === 1 ? '1 film' : `${up} films`} moved up in the list.`;
  const moved = up > 0 ? `, ${up} moved up` : '';
  return `${fresh === 1 ? '1 film is' : `${fresh} films are`} new in the list${moved}.`;
}
