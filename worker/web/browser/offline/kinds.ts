import type { Api, Marked, Rated, TimedMark, TimedRating } from '../../state/api.ts';
import type { Waiting } from '../../state/connection.ts';
import { answered, takenBack } from '../../state/deck.ts';
import { withMark } from '../../state/marks.ts';
import { withRating } from '../../state/ratings.ts';
import type { State, Trouble } from '../../state/state.ts';
import type { Told, ToldOfMark } from '../news.ts';
import { secondsOf } from './clock.ts';

/** A kind of change that may wait. To send it again must change nothing. */
interface Kind<Change> {
  /** Whether the model learns from it. */
  readonly teaches: boolean;
  /** Sends some of them for a user, who must be the session's. */
  send(api: Api, entries: readonly Waiting<Change>[], user: number): Promise<unknown>;
  /** What the page shows once the person said it. */
  show(state: State, entry: Waiting<Change>): Partial<State>;
  /** What the page shows without it. @param why it was refused; absent: the person took it back */
  takeBack(state: State, entry: Waiting<Change>, why?: Trouble): Partial<State>;
  /** The older change with which a newer one is kept, so that it can be taken back as far. */
  after(held: Change, change: Change): unknown;
  /** What the other tabs hear of it once it is stored, or taken back. */
  tell(entry: Waiting<Change>, stored: boolean): Told | ToldOfMark;
}

export interface RatingChange {
  /** Null: a rating taken back. */
  readonly rated: Rated | null;
  /** What the Worker has. */
  readonly before: Rated | null;
  /** What a screen reader is told. */
  readonly said: string;
}

const rating: Kind<RatingChange> = {
  teaches: true,
  async send(api, entries, user) {
    const timed = entries.map(({ movieId, at, change }) => ({
      movieId,
      rating: change.rated?.rating,
      timestamp: secondsOf(at),
    }));
    const isGiven = (each: { readonly rating?: number }): each is TimedRating => each.rating !== undefined;
    const given = timed.filter(isGiven);
    if (given.length > 0) await api.rate(given, user);
    for (const each of timed) {
      if (!isGiven(each)) await api.unrate(each.movieId, { user, timestamp: each.timestamp });
    }
  },
  show(state, { movieId, change }) {
    const { [movieId]: _, ...unstored } = state.unstored;
    const queue = state.deck.queue.filter((movie) => movie.movieId !== movieId);
    const deck = change.rated ? answered({ ...state.deck, queue }, movieId) : takenBack(state.deck, movieId);
    return { unstored, deck, ratings: withRating(state.ratings, movieId, change.rated) };
  },
  takeBack({ ratings, removed, unstored }, { movieId, change: { rated, before } }, why) {
    const place = removed.find(({ rated }) => rated.movieId === movieId)?.place ?? ratings.length;
    return {
      ratings: before && !rated ? ratings.toSpliced(place, 0, before) : withRating(ratings, movieId, before),
      removed: removed.filter(({ rated }) => rated.movieId !== movieId),
      ...(why && { unstored: { ...unstored, [movieId]: { ...why, rating: rated?.rating ?? null } } }),
    };
  },
  after: ({ before }, change) => ({ ...change, before }),
  tell({ movieId, title, change: { rated, before, said } }, stored) {
    return stored ? { movieId, answer: rated, said } : { movieId, answer: before, said: `${title}: taken back.` };
  },
};

export interface MarkChange {
  /** Null: a mark taken back. */
  readonly marked: Marked | null;
  /** What the Worker has. */
  readonly before: Marked | null;
  /** What a screen reader is told. */
  readonly said: string;
}

const mark: Kind<MarkChange> = {
  teaches: false,
  async send(api, entries, user) {
    const timed = entries.map(({ movieId, at, change }) => ({
      movieId,
      mark: change.marked?.mark,
      timestamp: secondsOf(at),
    }));
    const isGiven = (each: { readonly mark?: string }): each is TimedMark => each.mark !== undefined;
    const given = timed.filter(isGiven);
    if (given.length > 0) await api.mark(given, user);
    for (const each of timed) {
      if (!isGiven(each)) await api.unmark(each.movieId, { user, timestamp: each.timestamp });
    }
  },
  show: ({ marks }, { movieId, change }) => ({ marks: withMark(marks, movieId, change.marked) }),
  takeBack(state, { movieId, change: { marked, before } }, why) {
    const marks = withMark(state.marks, movieId, before);
    const { [movieId]: _, ...earlier } = marks.before;
    const unstored = why && { [movieId]: { ...why, mark: marked?.mark ?? null } };
    return { marks: { ...marks, before: earlier, unstored: { ...marks.unstored, ...unstored } } };
  },
  after: ({ before }, change) => ({ ...change, before }),
  tell({ movieId, title, change: { marked, before, said } }, stored) {
    return stored ? { movieId, marked, said } : { movieId, marked: before, said: `${title}: taken back.` };
  },
};

/** A new kind is one entry here. */
export const KINDS: Readonly<Record<string, Kind<never>>> = { rating, mark };
