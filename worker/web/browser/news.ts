import type { Rated } from '../state/api.ts';

/** What was said about a film. */
export interface Told {
  readonly movieId: number;
  /** Null: taken back. */
  readonly answer: Rated | 'not seen' | null;
  /** What a screen reader is told. */
  readonly said: string;
}

/** What the tabs of a browser tell each other. `waiting`: what waits to be stored changed. */
export type News = Told | 'imported' | 'forgotten' | 'waiting';
