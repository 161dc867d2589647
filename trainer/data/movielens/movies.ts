import { access } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Movie } from '../dataset.ts';
import { parseFilmLines } from '../own/film-lines.ts';
import { badRow } from './bad-row.ts';
import { readText } from './bytes.ts';
import { DAT_HEADER, lines, type MovieRow, parseDat, parseItems } from './movie-rows.ts';
import { parseMovieCsv } from './movies-csv.ts';
import { parseGenres, parseTitle, parseYear } from './titles.ts';

const LARGEST_ID = 2 ** 31 - 1;

/** A genre is a feature of every movie: with more, what stands there are no genres. */
const MOST_GENRES = 1000;

/** The order of the flags in `u.item` where there is no `u.genre` beside it. */
const ML_100K_GENRES: readonly string[] = [
  "unknown|Action|Adventure|Animation|Children's|Comedy|Crime|Documentary|Drama|Fantasy",
  'Film-Noir|Horror|Musical|Mystery|Romance|Sci-Fi|Thriller|War|Western',
]
  .join('|')
  .split('|');

/**
 * Reads a movie file (`movies.csv`, `movies.dat`, `u.item`, `films.jsonl`; plain or gzipped, in any encoding of
 * `decodeText`). Its first line decides the layout. Where an id comes twice, the later row counts.
 *
 * @throws MarqueeError `not-found`, `bad-data` when it cannot be read, `bad-row` at the first malformed line.
 */
export async function readMovies(path: string): Promise<Map<number, Movie>> {
  const text = await readText(path);
  if (text.trimStart().startsWith('{')) return parseFilmLines(path, text);
  const movies = new Map<number, Movie>();
  const genres = new Set<string>();
  for (const row of await parseRows(path, text)) {
    const { line, text: got } = row;
    const movieId = /^\d+(\.0*)?$/.test(row.movieId) ? Number(row.movieId) : Number.NaN;
    if (!(movieId <= LARGEST_ID) || row.title.trim() === '') {
      throw badRow({ file: path, line, got, expected: 'a movieId from 0 to 2147483647, a title and genres' });
    }
    const { title, year } = parseTitle(row.title);
    const movie = { movieId, title, year: year ?? parseYear(row.year), genres: parseGenres(row.genres) };
    for (const genre of movie.genres) genres.add(genre);
    if (genres.size > MOST_GENRES) {
      const expected = `at most ${MOST_GENRES} genres in the file, separated by "|" as in Action|Comedy`;
      const fix = 'Keep the genres that many movies have, and leave other words out of the column.';
      throw badRow({ file: path, line, got, expected, fix });
    }
    movies.set(movieId, movie);
  }
  return movies;
}

async function parseRows(path: string, text: string): Promise<Iterable<MovieRow>> {
  if (/^\s*\d+::/.test(text) || DAT_HEADER.test(text)) {
    return parseDat(path, text);
  }
  if (/^\s*\d+\|/.test(text)) {
    return parseItems(path, text, await genreNames(dirname(path)));
  }
  return parseMovieCsv(path, text);
}

/** The genres that `u.genre` names ("Action|1" a line), in the order of their numbers. */
async function genreNames(folder: string): Promise<readonly string[]> {
  for (const name of ['u.genre', 'u.genre.gz']) {
    const path = join(folder, name);
    if (
      await access(path).then(
        () => true,
        () => false,
      )
    ) {
      const pairs = [...lines(await readText(path))].map(([, text]) => text.split('|'));
      return pairs.sort((a, b) => Number(a[1]) - Number(b[1])).map(([genre]) => genre);
    }
  }
  return ML_100K_GENRES;
}
