import { MarqueeError } from '../errors.ts';
import type { ImportedRating } from './imported-file.ts';
import { columnsOf, Row } from './row.ts';
import { readTable } from './table.ts';

export type FilmIds = Pick<ImportedRating, 'imdbId' | 'tmdbId'>;

/** The ids that IMDb and TMDB have for the films of a data set. */
export class FilmLinks {
  readonly #byImdb = new Map<number, number>();
  readonly #byTmdb = new Map<number, number>();
  readonly #of = new Map<number, FilmIds>();

  add(movieId: number, { imdbId, tmdbId }: FilmIds): void {
    if (imdbId !== null) this.#byImdb.set(imdbId, movieId);
    if (tmdbId !== null) this.#byTmdb.set(tmdbId, movieId);
    this.#of.set(movieId, { imdbId, tmdbId });
  }

  /** The ids of a movie. */
  of(movieId: number): FilmIds | undefined {
    return this.#of.get(movieId);
  }

  /** The movie with one of these ids, null where no link knows them. IMDb's id comes first. */
  movieIdOf({ imdbId, tmdbId }: FilmIds): number | null {
    return this.#byImdb.get(imdbId ?? -1) ?? this.#byTmdb.get(tmdbId ?? -1) ?? null;
  }

  /** Whether IMDb has another id for this movie than the one given: then it is another film. */
  excludes(movieId: number, { imdbId }: FilmIds): boolean {
    const known = this.#of.get(movieId)?.imdbId ?? null;
    return imdbId !== null && known !== null && known !== imdbId;
  }
}

/** The movies of a catalogue with what IMDb and TMDB call them, 0 where that is not known. */
export interface LinkedMovies {
  readonly count: number; // M
  readonly movieIds: ArrayLike<number>; // (M)
  /** Absent where the data set named no ids. */
  readonly links?: {
    readonly imdbIds: ArrayLike<number>; // (M)
    readonly tmdbIds: ArrayLike<number>; // (M)
  };
}

/** The links of a catalogue; undefined where it has none. */
export function linksOf({ count, movieIds, links }: LinkedMovies): FilmLinks | undefined {
  if (!links) return undefined;
  const found = new FilmLinks();
  for (let row = 0; row < count; row++) {
    found.add(movieIds[row], { imdbId: links.imdbIds[row] || null, tmdbId: links.tmdbIds[row] || null });
  }
  return found;
}

/**
 * Reads MovieLens' `links.csv`.
 *
 * @throws `bad-data` naming the line, or the columns that are missing
 */
export function readLinks(text: string): FilmLinks {
  const { header, rows } = readTable(text);
  const columns = columnsOf(header?.fields ?? []);
  const links = new FilmLinks();
  for (const tableRow of rows) {
    const row = new Row(tableRow, columns);
    if (!row.has('movieId') || !(row.has('imdbId') || row.has('tmdbId'))) throw noLinks();
    links.add(row.id('movieId'), { imdbId: row.siteId('imdbId'), tmdbId: row.siteId('tmdbId') });
  }
  return links;
}

function noLinks(): MarqueeError {
  return new MarqueeError('bad-data', 'the file of links lacks the columns movieId and imdbId or tmdbId', {
    fix: 'Name links.csv of a MovieLens data set.',
  });
}
