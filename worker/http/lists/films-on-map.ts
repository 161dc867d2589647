import { z } from '@hono/zod-openapi';
import { byPopularity } from '../../../shared/artifact/serving-layout.ts';
import type { FilmMap } from '../../../shared/model/film-map.ts';
import { naturalTitle } from '../../../shared/title.ts';
import { placesOf } from '../../recommend/film-places.ts';
import type { ServedVersion } from '../../version/served-version.ts';
import { modelSchema } from '../answers.ts';

/** Digits behind the point of a place: films of a large catalogue are some hundredths apart. */
const DIGITS = 4;
/** Films whose values are in memory as text at a time. */
const AT_A_TIME = 4096;

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
  const { hidden, model } = served;
  const known = made.get(hidden);
  if (known) return known;
  const text = streamOf(textOf(served, await placesOf(model, map)));
  const bytes = new Uint8Array(await new Response(text.pipeThrough(new CompressionStream('gzip'))).arrayBuffer());
  made.set(hidden, bytes);
  return bytes;
}

/** Encodes pieces of text one after the other, so that they are never in memory together. */
function streamOf(pieces: Iterator<string>): ReadableStream<Uint8Array<ArrayBuffer>> {
  const encoder = new TextEncoder();
  return new ReadableStream({
    pull(controller) {
      const { value, done } = pieces.next();
      if (done) controller.close();
      else controller.enqueue(encoder.encode(value));
    },
  });
}

/** The JSON of the answer (`filmsOnMapSchema`). @param places of each row, (M, 2) */
function* textOf(served: ServedVersion, places: Float32Array): Generator<string, void> {
  const { model, version, hidden } = served;
  const { movies } = model;
  const rows = byPopularity(movies.ratingCounts).filter((row) => !hidden.has(row));
  const place = (at: number) => Number(places[at].toFixed(DIGITS));
  const lists = new Map<string, number>();
  const listOf = (row: number) => {
    const key = movies.genres(row).sort().join('|');
    if (!lists.has(key)) lists.set(key, lists.size);
    return lists.get(key)!;
  };
  yield `{"model":${JSON.stringify({ version })}`;
  yield* column('movieIds', rows, (row) => movies.movieIds[row]);
  yield* column('titles', rows, (row) => naturalTitle(movies.title(row)));
  yield* column('years', rows, (row) => movies.years[row]);
  yield* column('ratingCounts', rows, (row) => movies.ratingCounts[row]);
  yield* column('x', rows, (row) => place(2 * row));
  yield* column('y', rows, (row) => place(2 * row + 1));
  yield* column('genres', rows, listOf);
  yield `,"genreLists":${JSON.stringify([...lists.keys()].map((key) => (key === '' ? [] : key.split('|'))))}}`;
}

/** A column of the answer, for some films at a time. */
function* column(
  name: Exclude<keyof z.infer<typeof filmsOnMapSchema>, 'model' | 'genreLists'>,
  rows: Int32Array,
  valueAt: (row: number) => number | string,
): Generator<string, void> {
  yield `,"${name}":[`;
  for (let at = 0; at < rows.length; at += AT_A_TIME) {
    const values = Array.from(rows.subarray(at, at + AT_A_TIME), valueAt);
    yield (at === 0 ? '' : ',') + JSON.stringify(values).slice(1, -1);
  }
  yield ']';
}
