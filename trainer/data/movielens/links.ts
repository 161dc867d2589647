import { dirname } from 'node:path';
import { type FilmIds, readLinks } from '../../../shared/exchange/links.ts';
import { LARGEST_ID } from '../../../shared/values.ts';
import type { Movie } from '../dataset.ts';
import { readText } from './bytes.ts';
import { firstOf } from './find.ts';
import type { OnNote } from './ratings.ts';

const NONE: FilmIds = { imdbId: null, tmdbId: null };

/**
 * Gives the films of a movie file the ids that IMDb and TMDB have for them, where `links.csv` stands beside it. They only
 * serve links and posters: a file that cannot be read is left out, and a note says so.
 */
export async function withLinks(
  movies: ReadonlyMap<number, Movie>,
  movieFile: string,
  onNote?: OnNote,
): Promise<ReadonlyMap<number, Movie>> {
  const path = await firstOf(dirname(movieFile), ['links.csv']);
  if (path === null) return movies;
  try {
    const links = readLinks(await readText(path));
    return new Map(Array.from(movies, ([movieId, movie]) => [movieId, { ...movie, ...known(links.of(movieId)) }]));
  } catch (error) {
    onNote?.(`${path} is left out: ${(error as Error).message}`);
    return movies;
  }
}

/** The ids that fit into the artifact's columns. */
function known({ imdbId, tmdbId }: FilmIds = NONE): Pick<Movie, 'imdbId' | 'tmdbId'> {
  return { ...(fits(imdbId) && { imdbId }), ...(fits(tmdbId) && { tmdbId }) };
}

function fits(id: number | null): id is number {
  return id !== null && id > 0 && id <= LARGEST_ID;
}
