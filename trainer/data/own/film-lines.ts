import * as z from 'zod';
import { LARGEST_ID } from '../../../shared/values.ts';
import type { Movie } from '../dataset.ts';
import { badRow } from '../movielens/bad-row.ts';

/** The movie file of a data set that was made of a catalogue of one's own: a JSON object a line. */
export const OWN_FILMS = 'films.jsonl';

const filmSchema = z.object({
  movieId: z.int().min(0).max(LARGEST_ID),
  id: z.string().min(1),
  title: z.string().min(1),
  year: z.int().nullable(),
  genres: z.array(z.string()),
  language: z.string().optional(),
  poster: z.string().optional(),
  url: z.string().optional(),
  available: z.literal(false).optional(),
});

/** Reads what `importOwn` writes. Throws MarqueeError `bad-row`. */
export function parseFilmLines(file: string, text: string): Map<number, Movie> {
  const movies = new Map<number, Movie>();
  for (const [at, got] of text.split('\n').entries()) {
    if (got.trim() === '') continue;
    const { movieId, title, year, genres, ...own } = filmIn(file, at + 1, got);
    movies.set(movieId, { movieId, title, year, genres, own });
  }
  return movies;
}

function filmIn(file: string, line: number, got: string): z.infer<typeof filmSchema> {
  try {
    return filmSchema.parse(JSON.parse(got));
  } catch {
    const fix = 'npm run catalogue writes this file: run it again.';
    throw badRow({ file, line, got, expected: 'a film with movieId, id, title, year and genres', fix });
  }
}
