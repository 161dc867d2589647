import type { ImportedFile, ImportedFilm, ImportedMark, ImportedRating } from './imported-file.ts';

/**
 * One file of the files of a Letterboxd export. A film has the stars of ratings.csv, which are the current ones, and
 * where the diary gives it the same stars the day on which it was watched last. A film of the diary alone has the
 * diary's stars. Whatever was watched or liked without stars was seen, and what was not seen may be wanted; each film
 * counts once.
 */
export function joinFiles(files: readonly ImportedFile[]): ImportedFile {
  if (files.length === 1) return files[0];
  const lines = files.flatMap(({ ratings, marks }) => [...ratings, ...marks]);
  const addresses = addressesOf(lines);
  const addressed = <T extends ImportedFilm>(film: T): T => ({
    ...film,
    address: addresses.get(nameOf(film)) ?? film.address,
  });
  const isDiary = ({ file }: ImportedFilm) => file === 'diary.csv';
  const ratings = files.flatMap((file) => file.ratings);
  const diary = ratings.filter(isDiary);
  const current = ratings.filter((rating) => !isDiary(rating));
  const known = new Set(current.map(nameOf));
  const days = lastDays(diary);
  const rated = [
    ...current.map((rating) => ({ ...rating, timestamp: days.get(ratedAs(rating)) ?? rating.timestamp })),
    ...diary.filter((entry) => !known.has(nameOf(entry))),
  ].map(addressed);
  const marks = files.flatMap((file) => file.marks).map(addressed);
  return {
    format: files[0].format,
    ratings: rated,
    marks: withoutRepeats(rated, marks),
    unrated: files.reduce((sum, { unrated }) => sum + unrated, 0),
    notFilms: files.reduce((sum, { notFilms }) => sum + notFilms, 0),
    parts: files.flatMap(({ parts }) => parts),
  };
}

/** The address of each title and year that has one in these lines, and only one. */
function addressesOf(films: readonly ImportedFilm[]): Map<string, string> {
  const addresses = new Map<string, string>();
  for (const film of films) {
    const name = nameOf(film);
    if (film.address === '') continue;
    const before = addresses.get(name);
    addresses.set(name, before === undefined || before === film.address ? film.address : '');
  }
  return new Map([...addresses].filter(([, address]) => address !== ''));
}

/** The last day on which each film was watched and got these stars, seconds since 1970. */
function lastDays(diary: readonly ImportedRating[]): Map<string, number> {
  const days = new Map<string, number>();
  for (const entry of diary) {
    if (entry.timestamp === null) continue;
    days.set(ratedAs(entry), Math.max(entry.timestamp, days.get(ratedAs(entry)) ?? 0));
  }
  return days;
}

/** The marks of films that are not rated, each film once: that it was seen counts before that it is wanted. */
function withoutRepeats(rated: readonly ImportedRating[], marks: readonly ImportedMark[]): ImportedMark[] {
  const said = new Set(rated.map(filmIn));
  const isFirst = (film: ImportedFilm) => !said.has(filmIn(film)) && said.add(filmIn(film));
  const order = ({ mark }: ImportedMark) => (mark === 'seen' ? 0 : 1);
  return marks.toSorted((a, b) => order(a) - order(b)).filter(isFirst);
}

function ratedAs(rating: ImportedRating): string {
  return `${nameOf(rating)} ${rating.stars}`;
}

function nameOf({ titles, year }: ImportedFilm): string {
  return `${titles[0]} (${year})`;
}

/** What tells a film from the others of its file. */
export function filmIn(film: ImportedFilm): string {
  return film.address || nameOf(film);
}
