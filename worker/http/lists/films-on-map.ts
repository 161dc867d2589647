import { z } from '@hono/zod-openapi';
import type { FilmMap } from '../../../shared/model/film-map.ts';
import { naturalTitle } from '../../../shared/title.ts';
import { placesOf } from '../../recommend/film-places.ts';
import type { ServedVersion } from '../../version/served-version.ts';
import { modelSchema } from '../answers.ts';

/** Digits behind the point of a place: films of a large catalogue are some hundredths apart. */
const DIGITS = 4;

export const filmsOnMapSchema = z
  .object({
    model: modelSchema,
    movieIds: z.array(z.int()),
    titles: z.array(z.string()),
    years: z.array(z.int()).openapi({ description: '0 where unknown.' }),
    ratingCounts: z.array(z.int()).openapi({ description: 'Training ratings, falling.' }),
    x: z.array(z.number()),
    y: z.array(z.number()),
    genres: z.array(z.int()).openapi({ description: 'Indices into `genreLists`.' }),
    genreLists: z.array(z.array(z.string())).openapi({ description: 'Each list of genres that a film has.' }),
  })
  .openapi('FilmsOnMap');

/** Answers that were made, gzipped, by the rows that they leave out: each set of those belongs to one version. */
const made = new WeakMap<ReadonlySet<number>, Uint8Array<ArrayBuffer>>();

/** The answer of `GET /map/films`, gzipped: it is made once, since it takes long for many films. */
export async function filmsOnMap(served: ServedVersion, map: FilmMap): Promise<Uint8Array<ArrayBuffer>> {
  const { hidden } = served;
  const known = made.get(hidden);
  if (known) return known;
  const text = new Blob([JSON.stringify(columnsOf(served, map))]);
  const packed = await new Response(text.stream().pipeThrough(new CompressionStream('gzip'))).arrayBuffer();
  const bytes = new Uint8Array(packed);
  made.set(hidden, bytes);
  return bytes;
}

function columnsOf(served: ServedVersion, map: FilmMap): z.infer<typeof filmsOnMapSchema> {
  const { model, version, hidden } = served;
  const { movies } = model;
  const places = placesOf(model, map);
  const rows = Array.from({ length: movies.count }, (_, row) => row).filter((row) => !hidden.has(row));
  rows.sort((a, b) => movies.ratingCounts[b] - movies.ratingCounts[a] || a - b);
  const place = (at: number) => Number(places[at].toFixed(DIGITS));
  const lists = new Map<string, number>();
  const listOf = (row: number) => {
    const key = movies.genres(row).sort().join('|');
    if (!lists.has(key)) lists.set(key, lists.size);
    return lists.get(key)!;
  };
  return {
    model: { version },
    movieIds: rows.map((row) => movies.movieIds[row]),
    titles: rows.map((row) => naturalTitle(movies.title(row))),
    years: rows.map((row) => movies.years[row]),
    ratingCounts: rows.map((row) => movies.ratingCounts[row]),
    x: rows.map((row) => place(2 * row)),
    y: rows.map((row) => place(2 * row + 1)),
    genres: rows.map(listOf),
    genreLists: [...lists.keys()].map((key) => (key === '' ? [] : key.split('|'))),
  };
}
