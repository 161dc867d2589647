import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import type { Movie } from '../state/api.ts';
import type { MapActions } from '../state/map/map-state.ts';
import type { MarkActions } from './marks/mark-actions.ts';
import type { MineActions } from './mine/actions.ts';
import type { PrivacyActions } from './mine/privacy-actions.ts';
import type { OfflineActions } from './offline/actions.ts';

/** What a person can do. The browser does it; the Worker only draws. */
export interface Actions extends MapActions, MarkActions, MineActions, OfflineActions, PrivacyActions {
  rate(movie: Movie, rating: number): void;
  /** Takes a rating back, or that a film was not seen. */
  undo(movie: Movie): void;
  skip(movie: Movie): void;
  /** Shows what a rating would change, before it is given. @param rating null: none any more */
  weigh(movie: Movie, rating: number | null): void;
  /** Takes up what a form of filters says. */
  filter(form: unknown): void;
  search(text: string): void;
  /** Loads further films that a search found. */
  moreFound(): void;
  /** Loads what comes below. */
  more(): void;
  /** Ranks further films of the watchlist. */
  moreWatchlist(): void;
  /** Loads other films to tap. */
  moreToTap(): void;
  retry(): void;
  askNetwork(wanted: boolean): void;
  importFiles(files: unknown): void;
  forget(): void;
}

const NONE = {} as Actions;

export const ActionsContext = createContext<Actions>(NONE);

export function useActions(): Actions {
  return useContext(ActionsContext);
}
