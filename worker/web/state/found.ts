import type { Movie, Search } from './api.ts';

/** Films of a first answer, and of one that was asked to go on. */
export const FOUND = 12;
export const MOST_FOUND = 100;

/** Films found by title. */
export interface Found extends Pick<Search, 'foundBy' | 'readAs'> {
  /** What was looked for. */
  readonly query: string;
  readonly movies: readonly Movie[];
  /** Whether there may be more. */
  readonly more: boolean;
}

/** @param asked number of films that were asked for */
export function foundOf(query: string, { foundBy, readAs, items }: Search, asked: number): Found {
  return { query, foundBy, readAs, movies: items, more: items.length === asked && asked < MOST_FOUND };
}

/** What a screen reader is told. */
export function foundInWords({ movies: { length }, more, foundBy, readAs }: Found): string {
  const films = length === 0 ? 'No film' : length === 1 ? '1 film' : `${more ? 'The first ' : ''}${length} films`;
  return foundBy === 'words' ? `${films} found.` : `${films} found, by “${readAs}”.`;
}
