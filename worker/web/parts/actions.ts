import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import type { Movie } from '../state/api.ts';
import type { PrivacyActions } from './mine/privacy-actions.ts';

/** What a person can do. The browser does it; the Worker only draws. */
export interface Actions extends PrivacyActions {
  rate(movie: Movie, rating: number): void;
  /** Takes a rating back, or that a film was not seen. */
  undo(movie: Movie): void;
  skip(movie: Movie): void;
  /** Takes up what a form of filters says. */
  filter(form: unknown): void;
  search(text: string): void;
  /** Loads what comes below. */
  more(): void;
  /** Loads other films to tap. */
  moreToTap(): void;
  retry(): void;
  askNetwork(wanted: boolean): void;
  importFile(file: unknown): void;
  forget(): void;
}

const NONE = {} as Actions;

export const ActionsContext = createContext<Actions>(NONE);

export function useActions(): Actions {
  return useContext(ActionsContext);
}
