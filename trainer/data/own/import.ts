import { createWriteStream } from 'node:fs';
import { access, mkdir, readdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { MarqueeError } from '../../../shared/errors.ts';
import { csvLine } from '../../../shared/exchange/csv.ts';
import { FIRST_PERSON } from '../../../shared/ratings/people.ts';
import { LARGEST_ID } from '../../../shared/values.ts';
import type { Ratings } from '../dataset.ts';
import { readEvents } from './events.ts';
import { OWN_FILMS } from './film-lines.ts';
import { type OwnFilm, readFilms } from './films.ts';
import { Numbers } from './numbers.ts';
import { readRecords, textOf } from './records.ts';
import { scaleNote, starsOf } from './scale.ts';

/** Which numbers ids have: every id that ever was in a file, so that nothing gets the number of another. */
const NUMBERS = { films: 'film-numbers.jsonl', people: 'person-numbers.jsonl' } as const;

const RATINGS = 'ratings.csv';

/** Files in anybody's layout, and the folder of the data set that is made of them. */
export interface OwnFiles {
  readonly films: string;
  readonly events: string;
  /** One of `SCALES`; absent: half stars. */
  readonly scale?: string;
  readonly to: string;
  /** Films that got a number elsewhere: theirs. */
  readonly numbered?: Iterable<readonly [id: string, movieId: number]>;
}

export interface ImportedFiles {
  readonly films: number;
  readonly people: number;
  readonly ratings: number;
  /** What people should know of the files, a sentence each. */
  readonly notes: readonly string[];
}

/**
 * Makes a data set of films and events with any ids: ratings.csv as MovieLens has it, films.jsonl, and two files with the
 * numbers that stand for the ids. Made again in the same folder from files that grew or are in another order, every id
 * keeps its number.
 *
 * @throws MarqueeError `bad-flag`, `not-found`, `bad-data`, `bad-row`.
 */
export async function importOwn({
  films: filmFile,
  events,
  scale,
  to,
  numbered = [],
}: OwnFiles): Promise<ImportedFiles> {
  const stars = starsOf(scale);
  await requireOwnFolder(to);
  const kept = await keptNumbers(join(to, NUMBERS.films));
  const films = new Numbers([...kept, ...numbered], LARGEST_ID);
  const people = new Numbers(await keptNumbers(join(to, NUMBERS.people)), FIRST_PERSON - 1);
  const catalogue = await readFilms(filmFile);
  for (const { id } of catalogue.films) films.of(id);
  const { ratings, notes } = await readEvents(events, { people, films, starsOf: stars });
  const unnamed = unnamedFilms({ catalogue: catalogue.films, films, ratings, files: [filmFile, events] });
  await mkdir(to, { recursive: true });
  // Numbers first: what breaks off later is made again with the same ones.
  await writeLines(join(to, NUMBERS.films), numberLines('movieId', films));
  await writeLines(join(to, NUMBERS.people), numberLines('userId', people));
  await writeLines(join(to, OWN_FILMS), filmLines(catalogue.films, films));
  await writeLines(join(to, RATINGS), ratingLines(ratings));
  return {
    films: catalogue.films.length,
    people: new Set(ratings.userIds).size,
    ratings: ratings.count,
    notes: [
      ...catalogue.notes,
      ...notes,
      ...unnamed,
      ...(scale === undefined ? [] : [`${events}: ${scaleNote(scale)}`]),
    ],
  };
}

/** Throws `bad-data` where a folder holds ratings or films, and no numbers beside them: somebody else's. */
async function requireOwnFolder(folder: string): Promise<void> {
  const names: string[] = await readdir(folder).catch(() => []);
  const held = names.find((name) => name === RATINGS || name === OWN_FILMS);
  if (held === undefined || names.includes(NUMBERS.films)) return;
  throw new MarqueeError('bad-data', `${folder} holds a ${held} that was not made here, and would be written over`, {
    fix: 'Name a new folder: nothing was changed.',
    details: { folder },
  });
}

interface TwoFiles {
  readonly catalogue: readonly OwnFilm[];
  readonly films: Numbers;
  readonly ratings: Ratings;
  readonly files: readonly [films: string, events: string];
}

/** Says how many films of the events the film file lacks. Throws `bad-data` where it lacks them all. */
function unnamedFilms({ catalogue, films, ratings, files: [filmFile, events] }: TwoFiles): string[] {
  const named = new Set(catalogue.map(({ id }) => films.of(id)));
  const rated = new Set(ratings.movieIds);
  const unnamed = [...rated].filter((movieId) => !named.has(movieId));
  if (unnamed.length === 0) return [];
  const example = JSON.stringify([...films.entries()].find(([, number]) => number === unnamed[0])?.[0]);
  if (unnamed.length < rated.size) {
    return [
      `${events}: ${unnamed.length} of ${rated.size} films are not in ${filmFile}, such as ${example}: they are left out of the training`,
    ];
  }
  const message = `${events}: no film is in ${filmFile}: got ids like ${example}, expected ids like ${JSON.stringify(catalogue[0].id)}`;
  throw new MarqueeError('bad-data', message, {
    fix: 'Write ids the same way in both files.',
    details: { file: events },
  });
}

/** The numbers of people in such a folder. Throws `not-found` where it has none, `bad-row`. */
export async function peopleIn(folder: string): Promise<[id: string, userId: number][]> {
  const people = await keptNumbers(join(folder, NUMBERS.people));
  if (people.length > 0) return people;
  throw new MarqueeError('not-found', `${folder} has no ${NUMBERS.people}, or nobody in it`, {
    fix: 'Name the folder that npm run catalogue --to made; with --catalogue it lies in the folder catalogue of the state.',
  });
}

async function keptNumbers(path: string): Promise<[string, number][]> {
  const isThere = await access(path).then(
    () => true,
    () => false,
  );
  if (!isThere) return [];
  const kept: [string, number][] = [];
  for await (const record of readRecords(path)) {
    kept.push([textOf(record, ['id']), Number(textOf(record, ['movieid', 'userid']))]);
  }
  return kept;
}

function* numberLines(name: string, numbers: Numbers): Generator<string> {
  for (const [id, number] of numbers.entries()) yield `${JSON.stringify({ [name]: number, id })}\n`;
}

function* filmLines(films: readonly OwnFilm[], numbers: Numbers): Generator<string> {
  for (const film of films) yield `${JSON.stringify({ movieId: numbers.of(film.id), ...film })}\n`;
}

function* ratingLines({ count, userIds, movieIds, stars, timestamps }: Ratings): Generator<string> {
  yield csvLine(['userId', 'movieId', 'rating', 'timestamp']);
  for (let i = 0; i < count; i++) yield csvLine([userIds[i], movieIds[i], stars[i], timestamps[i]]);
}

async function writeLines(path: string, lines: Iterable<string>): Promise<void> {
  const partial = `${path}.partial`;
  await pipeline(Readable.from(lines), createWriteStream(partial));
  await rename(partial, path);
}
