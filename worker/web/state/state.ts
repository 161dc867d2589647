import type { About } from './about.ts';
import type { Address } from './address.ts';
import type { Explanation, Movie, MovieDetails, Picks, Profile, Rated } from './api.ts';
import type { ApiError } from './api-error.ts';
import type { Bring } from './bring.ts';
import type { Connection } from './connection.ts';
import type { Deck } from './deck.ts';
import type { Found } from './found.ts';
import type { MapState } from './map/map-state.ts';
import type { Marks } from './marks.ts';
import type { Mine } from './mine.ts';
import type { Preview } from './preview.ts';
import type { Privacy } from './privacy.ts';
import type { Row } from './rows.ts';
import type { TogetherState } from './together.ts';

/** Something that failed, and what to do about it. */
export interface Trouble {
  readonly message: string;
  readonly fix?: string;
  /** Asking again would not help. */
  readonly lasts?: boolean;
}

const NO_FILM: Trouble = {
  message: 'There is no such film here.',
  fix: 'It may have been taken away. Find it by its title.',
  lasts: true,
};

/** The recommendations that are shown. */
export interface List extends Omit<Picks, 'items'> {
  readonly rows: readonly Row[];
  /** Whether the server may have more below. */
  readonly more: boolean;
  /** A sentence of the network that put them in order, in place of the usual one. */
  readonly sentence?: string;
}

export interface Model {
  readonly version: string;
  readonly data: string;
  readonly ratings: number;
  readonly movies: number;
  /** Year of its newest film; null where no film has one. */
  readonly until: number | null;
  /** The month of its newest rating, "2016-10", where the data carry times. */
  readonly newestRating: string | undefined;
  /** Bytes of its neural network; 0 for none, and where the page cannot run one. */
  readonly network: number;
  /** Whether real posters are to be had. */
  readonly hasPosters: boolean;
  /** Whether it can say what somebody watches next. */
  readonly hasNext: boolean;
  /** Bytes of what private mode loads; 0 where the version has no such file. */
  readonly compact: number;
}

export interface Taste extends Pick<Profile, 'profile' | 'name' | 'genres'> {
  readonly movies: readonly Movie[];
}

export interface Film {
  readonly details: MovieDetails;
  /** Null where it could not be had: the film is shown without it. */
  readonly explanation: Explanation | null;
}

/** All that the page shows. The Worker makes the first one, the browser the next ones. */
export interface State {
  readonly address: Address;
  /** All genres of the model. */
  readonly genres: readonly string[];
  readonly model: Model | null;
  readonly list: List | null;
  /** The film that is open. */
  readonly film: Film | null;
  readonly map: MapState<State>;
  /** The model's own page; null while another one is looked at. */
  readonly about: About | null;
  readonly deck: Deck;
  /** Films to tap, in the order in which they came. */
  readonly grid: readonly Movie[];
  /** The person's ratings, oldest first. */
  readonly ratings: readonly Rated[];
  /** False: there are more, older ones. */
  readonly hasAllRatings: boolean;
  /** What they say of films besides stars. */
  readonly marks: Marks;
  /** Films that the person has not seen. */
  readonly skipped: readonly number[];
  readonly tastes: readonly Taste[];
  /** The gathering that the address names; null until it was asked for. */
  readonly together: TogetherState | null;
  /** What a rating that is not given yet would do. */
  readonly preview: Preview | null;
  /** Films found; null while nothing is looked for. */
  readonly found: Found | null;
  /** What keeps the page from showing its list or its film. */
  readonly trouble: Trouble | null;
  /** What stands between the page and the Worker. */
  readonly connection: Connection;
  /** Ratings that were refused, by movie. */
  readonly unstored: Readonly<Record<number, Trouble & { readonly rating: number | null }>>;
  /** How many of the top ten each answer since the page was opened has replaced, oldest first. */
  readonly changes: readonly number[];
  /** Ratings that were taken back here, and where each stood among the ratings. */
  readonly removed: readonly { readonly rated: Rated; readonly place: number }[];
  readonly privacy: Privacy;
  readonly bring: Bring;
  readonly mine: Mine;
  /** What a screen reader is told. */
  readonly said: string;
  /** Whether a list is awaited. */
  readonly waiting: boolean;
  /** Whether the network's order is wanted. */
  readonly neural: boolean;
}

/** Whether the address asks for what is watched next, which the version in service did not learn. */
export function lacksNext({ address, model }: Pick<State, 'address' | 'model'>): boolean {
  return address.list.by === 'next' && model?.hasNext === false;
}

/** What a person said about a film: stars, or that they have not seen it. */
export type Answer = number | 'not seen' | undefined;

export function answerTo(state: Pick<State, 'ratings' | 'skipped'>, movieId: number): Answer {
  return ratingOf(state, movieId) ?? (state.skipped.includes(movieId) ? 'not seen' : undefined);
}

/** The stars that the person gave a film. */
export function ratingOf({ ratings }: Pick<State, 'ratings'>, movieId: number): number | undefined {
  return ratings.find((rated) => rated.movieId === movieId)?.rating;
}

export function troubleOf(error: unknown): Trouble {
  const { message, fix, code } = error as ApiError;
  if (code === 'unknown-movie') return NO_FILM;
  const isForPrograms = / \/\w+/.test(fix ?? ''); // it names a route
  if ((error as Error)?.name === 'ApiError') return { message, fix: isForPrograms ? undefined : fix };
  console.error(error);
  return { message: 'Something went wrong on this page.', fix: 'Load it again.' };
}

export function plural(count: number, one: string, many = `${one}s`): string {
  return `${count.toLocaleString('en')} ${count === 1 ? one : many}`;
}
