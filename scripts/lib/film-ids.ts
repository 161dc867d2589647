import type { MovieTable } from '../../shared/model/model.ts';
import type { Bucket } from '../../shared/storage/bucket.ts';
import { naturalTitle } from '../../shared/title.ts';
import { LARGEST_ID } from '../../shared/values.ts';
import { publishedMovies } from '../../trainer/artifact/publish.ts';
import { bounded, number } from './cli.ts';

/** Reads one argument, "1,2,3", behind those before it. */
export function ids(text: string, before: readonly number[] = []): readonly number[] {
  return [...before, ...text.split(',').map(number)];
}

export function inRange(movieIds: readonly number[], what: string): number[] {
  return movieIds.map((movieId) => bounded(movieId, what, 0, LARGEST_ID));
}

/** A list of films by number. */
export interface NamedFilm {
  readonly movieId: number;
  readonly title: string | null;
}

/** Films with the titles of the version in service; without them where there is none that can be read. */
export async function namedFilms(bucket: Bucket, movieIds: readonly number[]): Promise<NamedFilm[]> {
  const movies = (await publishedMovies(bucket)).found?.value ?? null;
  return movieIds.map((movieId) => ({ movieId, title: titleOf(movies, movieId) }));
}

function titleOf(movies: MovieTable | null, movieId: number): string | null {
  const row = movies?.rowOf(movieId) ?? -1;
  return row < 0 ? null : naturalTitle(movies!.title(row));
}

/** A line for each film below a heading. */
export function filmLines(heading: string, films: readonly NamedFilm[]): string {
  const lines = films.map(({ movieId, title }) => `  ${movieId}: ${title ?? 'not in the model in service'}`);
  return [`${heading}: ${films.length}`, ...lines].join('\n');
}
