import type { Movie } from './api.ts';

/**
 * The films that a person is asked about, one at a time, in two places that take turns. A film that was answered stays
 * in its place, small, until the film in the other place is answered too. So a second click, tap or key press where the
 * first one was meets the same film, never the next one.
 */
export interface Deck {
  readonly places: readonly [Movie | null, Movie | null];
  /** The place of the film that is asked about now. */
  readonly turn: 0 | 1;
  /** What is asked next. */
  readonly queue: readonly Movie[];
}

/** Ratings from which a list is somebody's own. */
export const ENOUGH = 5;

type Answered = (movieId: number) => boolean;

export const NO_DECK: Deck = { places: [null, null], turn: 0, queue: [] };

export function dealt(queue: readonly Movie[]): Deck {
  return { places: [queue[0] ?? null, null], turn: 0, queue: queue.slice(1) };
}

/** The deck after an answer to a film: the turn goes to the other place, with the next film. */
export function answered(deck: Deck, movieId: number): Deck {
  const { places, turn, queue } = deck;
  if (places[turn]?.movieId !== movieId) return deck; // an answer changed, or a film of elsewhere
  const [next = null, ...rest] = queue;
  return { places: turn === 0 ? [places[0], next] : [next, places[1]], turn: turn === 0 ? 1 : 0, queue: rest };
}

/** The deck after an answer was taken back: the film is asked about again, and what was asked meanwhile waits. */
export function takenBack(deck: Deck, movieId: number): Deck {
  const { places, turn, queue } = deck;
  const before = turn === 0 ? 1 : 0;
  if (places[before]?.movieId !== movieId) return deck;
  const waits = places[turn];
  const kept = before === 0 ? ([places[0], null] as const) : ([null, places[1]] as const);
  return { places: kept, turn: before, queue: waits ? [waits, ...queue] : queue };
}

/** The same deck with a newer queue. Films on the table stay there; a place that waits for a film gets one. */
export function refilled(deck: Deck, fresh: readonly Movie[], isAnswered: Answered): Deck {
  const onTable = new Set(deck.places.map((movie) => movie?.movieId));
  const queue = fresh.filter(({ movieId }) => !onTable.has(movieId) && !isAnswered(movieId));
  const current = deck.places[deck.turn];
  if (current) return { ...deck, queue };
  const [next = null, ...rest] = queue;
  const { places, turn } = deck;
  return { places: turn === 0 ? [next, places[1]] : [places[0], next], turn, queue: rest };
}
