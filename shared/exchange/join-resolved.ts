import { type ResolvedImport, type ResolvedMark, unratedOnly } from './resolve.ts';

/** What several sites' files come to together. That a film was seen counts before that it is wanted. */
export function joinResolved(found: readonly ResolvedImport[]): ResolvedImport {
  if (found.length === 1) return found[0];
  const all = <T>(of: (one: ResolvedImport) => readonly T[]) => found.flatMap(of);
  const sum = (of: (one: ResolvedImport) => number) => found.reduce((total, one) => total + of(one), 0);
  const ratings = all((one) => one.ratings);
  return {
    format: found.map(({ format }) => format).join(' and '),
    parts: all(({ parts }) => parts),
    ratings,
    marks: unratedOnly(oneOfEach(all(({ marks }) => marks)), ratings),
    ambiguous: all(({ ambiguous }) => ambiguous),
    unmatched: all(({ unmatched }) => unmatched),
    unrated: sum(({ unrated }) => unrated),
    notFilms: sum(({ notFilms }) => notFilms),
    converted: sum(({ converted }) => converted),
  };
}

function oneOfEach(marks: readonly ResolvedMark[]): ResolvedMark[] {
  const wanted = marks.filter(({ mark }) => mark === 'watchlist');
  const seen = marks.filter(({ mark }) => mark === 'seen');
  return [...new Map([...wanted, ...seen].map((mark) => [mark.movieId, mark])).values()];
}
