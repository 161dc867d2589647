import { type Mark, type Marked, RANKED, type Rated } from './api.ts';
import type { Row } from './rows.ts';

/** What the person says of films besides stars. */
export interface Marks {
  /** Oldest first. Those of films that were rated since do not hold. */
  readonly held: readonly Marked[];
  /** False: there are more. */
  readonly hasAll: boolean;
  /** What was said before of each film that was marked here, null for nothing: what Undo brings back. */
  readonly before: Readonly<Record<number, Marked | null>>;
  /** Marks that could not be stored, by movie; null: one could not be taken back. */
  readonly unstored: Readonly<Record<number, Unstored>>;
  /** The watchlist in the order of the person's taste; null before it was asked for. */
  readonly watchlist: readonly Row[] | null;
  /** How many of its films are ranked. */
  readonly ranked: number;
}

interface Unstored {
  readonly mark: Mark | null;
  readonly message: string;
  /** What to do about it. */
  readonly fix?: string;
}

export const NO_MARKS: Marks = { held: [], hasAll: true, before: {}, unstored: {}, watchlist: null, ranked: RANKED };

/** Marks that stand in the document; the browser asks for the others. */
const FIRST = 200;

/** The first marks: those of the watchlist before the others, since its length is shown. */
export function firstMarks(held: readonly Marked[], watchlist: readonly Row[] | null): Marks {
  const isWanted = ({ mark }: Marked) => mark === 'watchlist';
  const ordered = [...held.filter((marked) => !isWanted(marked)), ...held.filter(isWanted)];
  const hasAll = held.length <= FIRST;
  return { ...NO_MARKS, held: hasAll ? held : ordered.slice(-FIRST), hasAll, watchlist };
}

/** The part of the page's state that this is about. */
interface Said {
  readonly ratings: readonly Rated[];
  readonly marks: Marks;
}

/** Whether a mark holds: a rating takes the place of an older one. A rating without a time is older than all marks. */
function holds({ mark, timestamp }: Marked, rated: Rated | undefined): boolean {
  return rated === undefined || (mark !== 'seen' && timestamp > (rated.timestamp ?? 0));
}

export function markOf({ ratings, marks }: Said, movieId: number): Mark | undefined {
  const marked = marks.held.find((marked) => marked.movieId === movieId);
  const rated = marked && ratings.find((rated) => rated.movieId === movieId);
  return marked && holds(marked, rated) ? marked.mark : undefined;
}

/** The marks that hold. */
export function heldMarks({ ratings, marks }: Said): readonly Marked[] {
  if (marks.held.length === 0) return marks.held;
  const rated = new Map(ratings.map((rating) => [rating.movieId, rating]));
  return marks.held.filter((marked) => holds(marked, rated.get(marked.movieId)));
}

/** The films of a kind, newest first, with those that got another mark or a rating here. */
export function everOf(state: Said, kind: Mark): readonly Marked[] {
  const { held, before } = state.marks;
  const left = Object.values(before).filter((marked) => marked?.mark === kind) as Marked[];
  const all = [...held.filter(({ mark }) => mark === kind), ...left];
  const each = new Map(all.map((marked) => [marked.movieId, marked]));
  return [...each.values()].sort((a, b) => b.timestamp - a.timestamp);
}

/** Whether a film is done with in the list: rated, seen or not wanted. */
export function isDone(state: Said, movieId: number): boolean {
  const mark = markOf(state, movieId);
  return mark === 'seen' || mark === 'dismissed' || state.ratings.some((rated) => rated.movieId === movieId);
}

/** The marks after a film got one or, with null, lost it. */
export function withMark(marks: Marks, movieId: number, marked: Marked | null): Marks {
  const others = marks.held.filter((held) => held.movieId !== movieId);
  const { [movieId]: _, ...unstored } = marks.unstored;
  return { ...marks, unstored, held: marked ? [...others, marked] : others };
}
