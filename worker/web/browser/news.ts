import type { Marked, Rated } from '../state/api.ts';

/** What was said of a film: stars, or that it was not seen. */
export interface Told {
  readonly movieId: number;
  /** Null: taken back. */
  readonly answer: Rated | 'not seen' | null;
  /** What a screen reader is told. */
  readonly said: string;
}

export interface ToldOfMark extends Pick<Told, 'movieId' | 'said'> {
  /** Null: taken back. */
  readonly marked: Marked | null;
}

/** What the tabs of a browser tell each other. `waiting`: what waits to be stored changed. */
export type News = Told | ToldOfMark | 'imported' | 'forgotten' | 'waiting';
