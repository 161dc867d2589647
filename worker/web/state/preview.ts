/** What a rating would do to the list, before it is given. */
export interface Preview {
  readonly movieId: number;
  readonly rating: number;
  /** Titles that it brings into the first ten, and those that leave them. */
  readonly brings: readonly string[];
  readonly drops: readonly string[];
}

interface Titled {
  readonly movieId: number;
  readonly title: string;
}

/** Films of a list that are compared. */
export const COMPARED = 10;

/**
 * What changes among the first ten films.
 *
 * @param movieId the film that is rated: that it leaves the list tells nothing
 */
export function changesOf(before: readonly Titled[], after: readonly Titled[], movieId: number) {
  const first = (films: readonly Titled[]) => films.filter((film) => film.movieId !== movieId).slice(0, COMPARED);
  const missing = (from: readonly Titled[], films: readonly Titled[]) => {
    const known = new Set(from.map((film) => film.movieId));
    return films.filter((film) => !known.has(film.movieId)).map(({ title }) => title);
  };
  const [was, is] = [first(before), first(after)];
  return { brings: missing(was, is), drops: missing(is, was) };
}
