import { MarqueeError } from '../../../shared/errors.ts';
import { LONGEST_OWN_ID } from '../../../shared/own-id.ts';
import type { Movie, OwnFields } from '../dataset.ts';
import { parseTitle } from '../movielens/titles.ts';
import { badRecord, type FileRecord, readRecords, textOf } from './records.ts';

/** A film as a catalogue of one's own describes it; any other thing that people rate, too. */
export type OwnFilm = Pick<Movie, 'title' | 'year' | 'genres'> & OwnFields;

/** Columns, letters and digits alone, the preferred first. */
const COLUMNS = {
  id: ['id', 'filmid', 'itemid', 'movieid', 'isbn'],
  title: ['title', 'name', 'movietitle', 'booktitle'],
  year: ['year', 'yearofpublication'],
  genres: ['genres', 'genre'],
  tags: ['tags'],
  language: ['language'],
  poster: ['poster'],
  url: ['url'],
  available: ['available'],
} as const;

/** Each is a feature of every film, and a filter of the page: of more, those that most films have stay. */
const MOST_GENRES = 100;

const YES_OR_NO: Readonly<Record<string, boolean>> = {
  yes: true,
  true: true,
  1: true,
  no: false,
  false: false,
  0: false,
};

/** A catalogue, and what was left out of it, a sentence each. */
export interface OwnCatalogue {
  readonly films: readonly OwnFilm[];
  readonly notes: readonly string[];
}

/**
 * Reads a film file: CSV with a header, JSON lines or Parquet. Where an id comes twice, the later row counts.
 *
 * @throws MarqueeError `not-found`, `bad-data`, `bad-row`.
 */
export async function readFilms(path: string): Promise<OwnCatalogue> {
  const films = new Map<string, OwnFilm>();
  let [addresses, long, again, yearless] = [0, 0, 0, 0];
  for await (const record of readRecords(path)) {
    const film = filmOf(record);
    const [poster, url] = [film.poster, film.url].map((address) => (isAddress(address) ? address : undefined));
    if ((film.poster && !poster) || (film.url && !url)) addresses++;
    if ((films.get(film.id)?.title ?? film.title) !== film.title) again++;
    if (record.isLong) long++;
    else if (film.year === null && textOf(record, COLUMNS.year) !== '') yearless++;
    films.set(film.id, { ...film, poster, url });
  }
  if (films.size === 0) throw withoutFilms(path);
  const { kept, dropped } = frequentGenres([...films.values()]);
  const notes = [
    [dropped, `genres or tags are left out: the ${MOST_GENRES} that most films have stay`],
    [long, 'of the lines: more fields than there are columns; a title that holds the separator belongs into quotes'],
    [again, 'films come again under another title: the last one holds'],
    [yearless, 'films have a year that is none from 1000 to 2200; it is left out'],
    [addresses, 'films have a poster or an address that does not begin with http:// or https://; it is left out'],
  ] as const;
  return { films: kept, notes: notes.flatMap(([count, note]) => (count > 0 ? `${path}: ${count} ${note}` : [])) };
}

function withoutFilms(file: string): MarqueeError {
  return new MarqueeError('bad-data', `${file}: got no film, expected at least one`, {
    fix: 'Name the columns in the first line (id, title, year, genres), and a film in each line below.',
    details: { file },
  });
}

function filmOf(record: FileRecord): OwnFilm {
  const text = (name: keyof typeof COLUMNS) => textOf(record, COLUMNS[name]);
  const id = text('id');
  // Where the year has no column of its own, it may stand behind the title, as MovieLens has it.
  const hasYear = COLUMNS.year.some((name) => name in record.fields);
  const { title, year } = hasYear ? { title: text('title'), year: yearIn(text('year')) } : parseTitle(text('title'));
  if (id === '' || id.length > LONGEST_OWN_ID || title === '') {
    const expected = `an id of at most ${LONGEST_OWN_ID} characters and a title`;
    throw badRecord(record, expected, `Name the columns in the first line: ${Object.keys(COLUMNS).join(', ')}.`);
  }
  const available = YES_OR_NO[text('available').toLowerCase() || 'yes'];
  if (available === undefined) throw badRecord(record, 'yes or no in the column available');
  const genres = listOf(record, COLUMNS.genres);
  return {
    id,
    title,
    year,
    genres: genres.length > 0 ? genres : listOf(record, COLUMNS.tags),
    ...(text('language') && { language: text('language') }),
    ...(text('poster') && { poster: text('poster') }),
    ...(text('url') && { url: text('url') }),
    ...(!available && { available: false as const }),
  };
}

/** A list, as such or as text, or words with `|` between them. */
function listOf({ fields }: FileRecord, names: readonly string[]): string[] {
  const value = names.map((name) => fields[name]).find((one) => one !== undefined && one !== null && one !== '') ?? [];
  const words = Array.isArray(value) ? value.map(String) : (jsonList(value) ?? String(value).split('|'));
  return [...new Set(words.map((word) => word.trim()).filter((word) => word !== ''))];
}

/** The words of a list of JSON, or of Python, that stands as text in a field; null for other text. */
function jsonList(value: unknown): string[] | null {
  const text = String(value).trim();
  if (!/^\[.*\]$/s.test(text)) return null;
  return Array.from(
    text.matchAll(/"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)'/g),
    ([, double, single]) => double ?? single,
  );
}

/** The year that a number or a date begins with; null for what cannot be one. */
function yearIn(text: string): number | null {
  const year = Number(/^\d{4}(?!\d)/.exec(text)?.[0]);
  return year >= 1000 && year <= 2200 ? year : null;
}

function isAddress(text: string | undefined): boolean {
  return text !== undefined && /^https?:\/\/[^\s]+$/.test(text);
}

/** The films with the genres that most of them have. */
function frequentGenres(films: readonly OwnFilm[]): { kept: OwnFilm[]; dropped: number } {
  const counts = new Map<string, number>();
  for (const { genres } of films) for (const genre of genres) counts.set(genre, (counts.get(genre) ?? 0) + 1);
  const byCount = [...counts].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1)).map(([genre]) => genre);
  const stay = new Set(byCount.slice(0, MOST_GENRES));
  const kept = films.map((film) => ({ ...film, genres: film.genres.filter((genre) => stay.has(genre)) }));
  return { kept, dropped: byCount.length - stay.size };
}
