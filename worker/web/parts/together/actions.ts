import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import type { Movie } from '../../state/api.ts';

/** What a person can do in a gathering. */
export interface TogetherActions {
  /** Opens a gathering. @param name empty: none */
  open(name: string): void;
  join(name: string): void;
  /** Leaves it; whoever opened it ends it. */
  leave(): void;
  /** Goes to a gathering by its code. */
  visit(code: string): void;
  rankByMean(whether: boolean): void;
  copyLink(): void;
  /** Asks the person about a film now. */
  askNow(movie: Movie): void;
  retry(): void;
}

export const TogetherContext = createContext<TogetherActions>({} as TogetherActions);

export function useTogether(): TogetherActions {
  return useContext(TogetherContext);
}
