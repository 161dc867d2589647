import { FILES, LARGEST_NEXT } from '../../../shared/artifact/schema.ts';
import { loadAbout } from './about.ts';
import type { Address, ListQuery } from './address.ts';
import type { Api, Manifest, Picks, Profile } from './api.ts';
import type { ApiError } from './api-error.ts';
import { NO_BRING } from './bring.ts';
import { CONNECTED } from './connection.ts';
import { dealt, NO_DECK } from './deck.ts';
import { FOUND, foundOf } from './found.ts';
import { NO_MAP } from './map/map-state.ts';
import { firstMarks, NO_MARKS } from './marks.ts';
import { NO_MINE } from './mine.ts';
import { KEPT_THERE } from './privacy.ts';
import { rowsOf } from './rows.ts';
import { type Film, type List, type Model, type State, type Taste, troubleOf } from './state.ts';

/** Films of one request. */
export const PAGE = 20;
export const QUESTIONS = 12;
/** Films to tap of one request. */
export const TILES = 36;
/** Ratings that stand in the document; the browser asks for the others. */
const RATINGS = 200;
/** Posters of a taste. */
const POSTERS = 3;

export function emptyState(address: Address): State {
  return {
    address,
    genres: [],
    model: null,
    list: null,
    film: null,
    map: NO_MAP,
    about: null,
    deck: NO_DECK,
    grid: [],
    ratings: [],
    hasAllRatings: true,
    marks: NO_MARKS,
    skipped: [],
    tastes: [],
    together: null,
    preview: null,
    found: null,
    trouble: null,
    connection: CONNECTED,
    unstored: {},
    changes: [],
    removed: [],
    privacy: KEPT_THERE,
    bring: NO_BRING,
    mine: NO_MINE,
    said: '',
    waiting: false,
    neural: false,
  };
}

/** The first answer to an address. What cannot be loaded is missing; why the list or the film is, stands in `trouble`. */
export async function firstState(api: Api, address: Address, hasSession: boolean): Promise<State & { status: number }> {
  const { view, film, list, offset, search } = address;
  const [picks, details, questions, grid, mine, marks, watchlist, profiles, model, found, about] =
    await Promise.allSettled([
      api.picks(list, PAGE, offset),
      film === null ? null : loadFilm(api, film, list),
      api.questions(QUESTIONS, []),
      view === 'loved' ? api.questions(TILES, []) : [],
      hasSession ? api.mine() : { user: null, ratings: [] },
      hasSession ? api.marks() : [],
      view === 'watchlist' && hasSession ? api.watchlist().catch(ofNobody) : null,
      api.profiles(),
      api.model(),
      search === '' ? null : api.find(search, FOUND).then((answer) => foundOf(search, answer, FOUND)),
      view === 'about' ? loadAbout(api) : null,
    ]);
  // The operator's page shows what fails itself.
  const failed = film !== null ? details : view === 'watchlist' ? watchlist : view === 'admin' ? about : picks;
  const wanted = watchlist.status === 'fulfilled' ? rowsOf(watchlist.value?.items ?? []) : null;
  const { user, ratings = [] } = settledValue(mine) ?? {};
  return {
    ...emptyState(address),
    list: picks.status === 'fulfilled' ? listOf(picks.value) : null,
    film: settledValue(details) ?? null,
    about: settledValue(about) ?? null,
    deck: questions.status === 'fulfilled' ? dealt(questions.value) : NO_DECK,
    grid: settledValue(grid) ?? [],
    ratings: ratings.slice(-RATINGS),
    hasAllRatings: ratings.length <= RATINGS,
    marks: firstMarks(settledValue(marks) ?? [], wanted),
    tastes: (settledValue(profiles) ?? []).map(tasteOf),
    model: model.status === 'fulfilled' ? modelOf(model.value) : null,
    found: settledValue(found) ?? null,
    connection: { ...CONNECTED, user },
    trouble: failed.status === 'rejected' ? troubleOf(failed.reason) : null,
    status: failed.status === 'rejected' ? (failed.reason.status ?? 500) : 200,
  };
}

export async function loadFilm(api: Api, movieId: number, list: ListQuery): Promise<Film> {
  const explained = api.explain(movieId, list).catch(() => null);
  return { details: await api.film(movieId), explanation: await explained };
}

/** Whoever has no valid session has no watchlist. */
function ofNobody(error: ApiError): null {
  if (error.status !== 401) throw error;
  return null;
}

function settledValue<T>(result: PromiseSettledResult<T>): T | undefined {
  return result.status === 'fulfilled' ? result.value : undefined;
}

export function listOf({ items, ...rest }: Picks): List {
  return { ...rest, rows: rowsOf(items), more: items.length >= PAGE };
}

function tasteOf({ profile, name, genres, movies }: Profile): Taste {
  return { profile, name, genres, movies: movies.slice(0, POSTERS) };
}

export function modelOf({ version, dataset, files }: Manifest): Model {
  const bytesOf = (file: string) => files.find(({ name }) => name === file)?.bytes ?? 0;
  const next = bytesOf(FILES.next);
  return {
    version,
    data: dataset.name,
    ratings: dataset.ratings,
    movies: dataset.movies,
    until: null, // the Worker knows these two
    hasPosters: false,
    newestRating: dataset.cutoff?.slice(0, 7),
    network: bytesOf(FILES.network),
    hasNext: next > 0 && next <= LARGEST_NEXT,
    compact: bytesOf(FILES.compact) && bytesOf(FILES.compact) + bytesOf(FILES.posterior) + bytesOf(FILES.profiles),
  };
}
