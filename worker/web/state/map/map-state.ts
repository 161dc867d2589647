import type { ComponentType } from 'preact';
import type { Movie, StandingOnMap } from '../api.ts';
import type { Films } from './films.ts';
import type { Place } from './place.ts';

/** What the map shows, in a state S of the page. All of it is the browser's: the Worker draws the frame alone. */
export interface MapState<S> {
  /** Draws it, once its script has come. */
  readonly Chart: ComponentType<{ state: S; films: Films }> | null;
  readonly films: Films | null;
  readonly me: StandingOnMap | null;
}

export const NO_MAP = { Chart: null, films: null, me: null };

/** What a person does on the map. */
export interface MapActions {
  /** The address says from now on what is looked at. */
  lookAt(place: Place): void;
  openFilm(movieId: number): void;
  /** Films by title. */
  findFilms(text: string): Promise<readonly Movie[]>;
}
