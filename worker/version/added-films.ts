import { readFilms, type StoredFilm } from '../../shared/ratings/tables/film.ts';
import type { Database } from '../../shared/storage/database.ts';
import { withDeadline } from '../ratings/deadline.ts';

/** What D1 says of films besides the version in service, as of the last look. */
export class AddedFilms {
  readonly #films = new Map<string, StoredFilm>();
  #change = 0;

  get all(): readonly StoredFilm[] {
    return [...this.#films.values()];
  }

  /** Reads what changed since the last look; whether anything did. Throws `store-unavailable`. */
  async read(db: Database): Promise<boolean> {
    const { films, change } = await readFilms(db, this.#change);
    for (const film of films) this.#films.set(film.id, film);
    this.#change = Math.max(this.#change, change);
    return films.length > 0;
  }

  /** The same within a time. What is known stays where D1 does not answer. */
  async look(db: Database, milliseconds: number): Promise<boolean> {
    try {
      return await withDeadline(this.read(db), milliseconds);
    } catch (error) {
      console.error('answering with the films of before:', error);
      return false;
    }
  }
}
