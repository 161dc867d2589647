import * as z from 'zod';
import { LONGEST_OWN_ID } from '../../own-id.ts';
import { answerOf, type Database } from '../../storage/database.ts';

/**
 * D1's table `film`: what programs said of films since they were first told (`PUT /movies/by-id/{id}`).
 *
 * | column    |                                                                        |
 * |-----------|------------------------------------------------------------------------|
 * | id        | key, in the catalogue                                                  |
 * | movie_id  | its number, nobody else's                                              |
 * | about     | JSON, `filmSchema`                                                     |
 * | available | 0: nobody is shown it                                                  |
 * | change    | counts up with every change of the table                               |
 */
export interface StoredFilm {
  readonly id: string;
  readonly movieId: number;
  readonly about: FilmAbout;
  readonly available: boolean;
}

const MOST_GENRES = 20;
const short = z.string().min(1).max(LONGEST_OWN_ID);
const address = z
  .string()
  .max(2000)
  .regex(/^https?:\/\/\S+$/, 'an address that begins with http:// or https://');

/** What is said of a film. */
export const filmSchema = z.strictObject({
  title: short,
  year: z.int().min(1000).max(2200).nullable().default(null),
  genres: z.array(short).max(MOST_GENRES).default([]),
  language: short.optional(),
  poster: address.optional(),
  url: address.optional(),
});
export type FilmAbout = z.infer<typeof filmSchema>;

interface Row {
  readonly id: string;
  readonly movieId: number;
  readonly about: string;
  readonly available: 0 | 1;
  readonly change: number;
}

const COLUMNS = 'id, movie_id AS movieId, about, available, change';
/** Films that are read at once. */
const PAGE = 1000;

/** Films that changed after a change, oldest change first, and the last change. Throws `store-unavailable`. */
export async function readFilms(db: Database, after = 0): Promise<{ films: StoredFilm[]; change: number }> {
  const films: StoredFilm[] = [];
  for (let change = after; ; ) {
    const select = db.prepare(`SELECT ${COLUMNS} FROM film WHERE change > ?1 ORDER BY change LIMIT ${PAGE}`);
    const { results } = await answerOf(select.bind(change).all<Row>());
    films.push(...results.map(filmOf));
    change = results.at(-1)?.change ?? change;
    if (results.length < PAGE) return { films, change };
  }
}

/** The film with this id, null where no program said anything of it. Throws `store-unavailable`. */
export async function readFilm(db: Database, id: string): Promise<StoredFilm | null> {
  const row = await answerOf(db.prepare(`SELECT ${COLUMNS} FROM film WHERE id = ?1`).bind(id).first<Row>());
  return row && filmOf(row);
}

/** Writes a film, whose number stays the one that it had. Throws `store-unavailable`, also when the number is another's. */
export async function writeFilm(db: Database, { id, movieId, about, available }: StoredFilm): Promise<void> {
  const insert = db.prepare(
    `INSERT INTO film (id, movie_id, about, available, change)
     SELECT ?1, ?2, ?3, ?4, coalesce(max(change), 0) + 1 FROM film WHERE true
     ON CONFLICT (id) DO UPDATE SET about = excluded.about, available = excluded.available, change = excluded.change`,
  );
  await answerOf(insert.bind(id, movieId, JSON.stringify(about), available ? 1 : 0).run());
}

function filmOf({ id, movieId, about, available }: Row): StoredFilm {
  return { id, movieId, about: JSON.parse(about) as FilmAbout, available: available === 1 };
}
