import type { Mark, Movie } from '../../state/api.ts';

/** What a person can say of a film besides stars. */
export interface MarkActions {
  /** Says it, or with null takes back what was said. */
  mark(movie: Movie, mark: Mark | null): void;
  /** Brings back what was said before the film was marked here. */
  unmark(movie: Movie): void;
}
