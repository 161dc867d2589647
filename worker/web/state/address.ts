import { usualCertainty } from '../../../shared/model/ordering.ts';
import { type Place, readPlace, writePlace } from './map/place.ts';

/** What `GET /recommend` is asked for: its own parameters, as they stand in the page's address too. */
export type ListQuery = Readonly<
  Partial<Record<(typeof SINGLE)[number], string> & Record<(typeof MANY)[number], string[]>>
>;

/** What a person looks at. All of it stands in the address, so that reload, back and a shared link work. */
export interface Address {
  readonly view: View;
  /** The film that is open; null in all views but its own. */
  readonly film: number | null;
  /** What is looked for; empty for nothing. */
  readonly search: string;
  /** How many of the best are left out: a page that works without scripts. */
  readonly offset: number;
  readonly list: ListQuery;
  /** What of the map; undefined for all of it, and in other views. */
  readonly place?: Place;
  /** Code of the gathering, in its own view and in that of a film opened from there. */
  readonly gathering?: string;
  /** Whether its list is for the mean of its people, not for the least pleased. */
  readonly mean?: true;
}

const SINGLE = ['by', 'yearFrom', 'yearTo', 'diversity', 'popularity', 'certainty', 'profile'] as const;
const MANY = ['genre', 'notGenre', 'exclude'] as const;
/** Values that ask for nothing, as a form without scripts sends them. */
const USUAL: Readonly<Record<string, string>> = {
  by: 'relevance',
  diversity: '0',
  popularity: '0',
  certainty: String(usualCertainty(1)),
};

/** What a list for several people is ordered by unless another order is asked for: what each row shows, their stars. */
export const JOINT_ORDER = 'rating';

/** Where each view stands but the film, whose path ends with its id. */
export const PATHS = {
  list: '/',
  /** The person's own ratings. */
  mine: '/mine',
  /** A file of films that is looked at, stored, taken back. */
  bring: '/bring',
  /** Films that the person wants to see. */
  watchlist: '/watchlist',
  /** Films to tap that the person loved. */
  loved: '/loved',
  /** All films as points. */
  map: '/map',
  /** The model: its data, quality, versions and report. */
  about: '/about',
  /** The operator's page. */
  admin: '/admin',
  /** A film for several people. */
  together: '/together',
} as const;

export type View = keyof typeof PATHS | 'film';

const FILM = /^\/film\/(\d+)\/?$/;

export function readAddress({ pathname, searchParams }: Pick<URL, 'pathname' | 'searchParams'>): Address {
  const film = FILM.exec(pathname)?.[1];
  const view = film === undefined ? (viewAt(pathname) ?? 'list') : 'film';
  const place = view === 'map' ? readPlace(searchParams) : undefined;
  const gathering = view === 'together' || view === 'film' ? searchParams.get('with')?.trim() : undefined;
  return {
    view,
    film: film === undefined ? null : Number(film),
    search: searchParams.get('q')?.trim() ?? '',
    offset: Number(searchParams.get('offset')) || 0,
    list: readList(searchParams, gathering ? JOINT_ORDER : USUAL.by),
    ...(place && { place }),
    ...(gathering && { gathering }),
    ...(gathering && searchParams.get('together') === 'mean' && { mean: true }),
  };
}

function viewAt(pathname: string): View | undefined {
  return (Object.keys(PATHS) as (keyof typeof PATHS)[]).find((view) => PATHS[view] === pathname);
}

/** Whether a path is one of the page's views. */
export function isView(pathname: string): boolean {
  return FILM.test(pathname) || viewAt(pathname) !== undefined;
}

/** Another view, of the list's beginning, with the filters as they are. */
export function viewOf(address: Address, view: keyof typeof PATHS): Address {
  return { ...address, view, film: null, search: '', offset: 0, place: undefined };
}

/** The map, with a film pointed out. */
export function onMap(address: Address, movieId: number): Address {
  return { ...viewOf(address, 'map'), place: { film: movieId } };
}

export function filmOf(address: Address, movieId: number): Address {
  return { ...address, view: 'film', film: movieId, offset: 0 };
}

/** @param usual the order when none is asked for */
function readList(parameters: URLSearchParams, usual: string): ListQuery {
  const single = SINGLE.map((name) => [name, parameters.get(name)?.trim()] as const);
  const many = MANY.map((name) => [name, termsOf(parameters.getAll(name))] as const);
  const isUsual = (name: string, value: string) => value === (name === 'by' ? usual : USUAL[name]);
  const other = (parameters.get('by') ?? usual) === 'rating' ? 'popularity' : 'certainty'; // which this order does not have
  return Object.fromEntries([
    ...single.filter(([name, value]) => value && !isUsual(name, value) && name !== other),
    ...many.filter(([, values]) => values.length > 0),
  ]);
}

/** One field may name several terms: "alien, star wars". */
function termsOf(values: readonly string[]): string[] {
  const terms = values.flatMap((value) => value.split(',')).map((term) => term.trim());
  return [...new Set(terms.filter((term) => term !== ''))];
}

export function hrefOf({ view, film, search, offset, list, place, gathering, mean }: Address): string {
  const parameters = new URLSearchParams();
  if (gathering && (view === 'together' || view === 'film')) parameters.set('with', gathering);
  if (gathering && mean && parameters.size > 0) parameters.set('together', 'mean');
  if (search) parameters.set('q', search);
  for (const [name, value] of Object.entries(list)) {
    for (const each of [value ?? []].flat()) parameters.append(name, each);
  }
  if (offset > 0) parameters.set('offset', String(offset));
  if (place && view === 'map') writePlace(parameters, place);
  const query = parameters.size > 0 ? `?${parameters}` : '';
  return `${view === 'film' ? `/film/${film}` : PATHS[view]}${query}`;
}

/** Whether the list is narrowed or turned in any way. */
export function isNarrowed({ by, profile, ...rest }: ListQuery): boolean {
  return Object.values(rest).some((value) => value !== undefined);
}

/** Where the list of an address is had as a file. @param k films */
export function listFileOf(address: Address, k: number): string {
  const query = hrefOf({ ...address, view: 'list', film: null, search: '', offset: 0 }).slice(2);
  return `/recommend.csv?${query === '' ? '' : `${query}&`}k=${k}`;
}
