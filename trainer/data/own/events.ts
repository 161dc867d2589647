import { MarqueeError } from '../../../shared/errors.ts';
import { LONGEST_OWN_ID } from '../../../shared/own-id.ts';
import type { Ratings } from '../dataset.ts';
import { RatingColumns } from '../movielens/rating-columns.ts';
import { TimeReader } from '../movielens/times.ts';
import { takeRatings } from '../ratings.ts';
import { orderByUserAndMovie } from '../sort.ts';
import type { Numbers } from './numbers.ts';
import { badRecord, type FileRecord, readRecords, textOf } from './records.ts';
import type { StarsOf } from './scale.ts';

/** What people do besides rating, and how many stars above or below `NEUTRAL` it says they would give, once. */
const EVENTS = { liked: 2, watched: 0.5, skipped: -1 } as const;
type EventName = keyof typeof EVENTS;
/** Where nobody rates or likes anything, to watch is all that says what is liked: from 4 stars on (`likes.ts`). */
const WATCHED_ALONE = 1;
/** Between what counts as disliked and what counts as liked. */
const NEUTRAL = 3;
const RATING = 'rating';

/** Columns, letters and digits alone, the preferred first. */
const COLUMNS = {
  user: ['user', 'userid'],
  item: ['item', 'itemid', 'filmid', 'movieid', 'isbn'],
  event: ['event'],
  rating: ['rating', 'bookrating', 'stars'],
  weight: ['weight'],
  time: ['time', 'timestamp'],
} as const;

/** The columns of a file whose first line is a row already, as MovieLens writes it. */
const UNNAMED = ['user', 'item', 'rating', 'time'];

/** How events are read. */
export interface EventReading {
  readonly people: Numbers;
  readonly films: Numbers;
  readonly starsOf: StarsOf;
}

/** The ratings that events come to, each (user, movie) once, and what was read, a sentence each. */
export interface EventRatings {
  readonly ratings: Ratings;
  readonly notes: readonly string[];
}

/**
 * Reads an event file: CSV with a header, JSON lines or Parquet; columns user, item, event (rating, liked, watched or skipped;
 * absent: rating), rating, weight, time. What is rated has its stars, of several ratings the latest. Else the events of a
 * person and a film add up:
 *
 *   stars = 3 + Σ weight · (liked 2, watched ½, skipped −1), from ½ to 5, in half stars
 *
 * so that to have watched something is neither like nor dislike, and to watch it again and again is a like. Where nobody
 * rates or likes anything, watched counts 1. The training knows stars alone: predictions of such films are no stars that
 * anybody gave.
 *
 * @throws MarqueeError `not-found`, `bad-data`, `bad-row`.
 */
export async function readEvents(path: string, { people, films, starsOf }: EventReading): Promise<EventRatings> {
  const rows = new RatingColumns(); // stars of a rating, or what an event adds to `NEUTRAL`
  const isRating: boolean[] = [];
  const times = new TimeReader();
  const counts: Record<EventName | typeof RATING, number> = { rating: 0, liked: 0, watched: 0, skipped: 0 };
  for await (const record of readRecords(path, UNNAMED)) {
    if (record.isLong) throw tooLong(record);
    const [person, item] = [idIn(record, 'user'), idIn(record, 'item')];
    const name = eventOf(record);
    const value = name === RATING ? ratingOf(record, starsOf) : weightOf(record) * EVENTS[name];
    const time = times.seconds(textOf(record, COLUMNS.time));
    if (time < 0) throw badRecord(record, 'a time in seconds since 1970, or a date');
    rows.push(people.of(person), films.of(item), value, time);
    isRating.push(name === RATING);
    counts[name]++;
  }
  if (rows.count === 0) throw withoutRows(path);
  const { rating, ...events } = counts;
  const factor = rating + events.liked > 0 ? 1 : WATCHED_ALONE / EVENTS.watched;
  const found = Object.entries(events).flatMap(([name, count]) => (count > 0 ? `${count} ${name}` : []));
  const note = `${path}: ${found.join(', ')}: the training takes them for stars around ${NEUTRAL}`;
  return {
    ratings: ratingsOfPairs(rows.take(), isRating, factor),
    notes: [...(found.length > 0 ? [note] : []), ...times.notes(path)],
  };
}

function withoutRows(file: string): MarqueeError {
  return new MarqueeError('bad-data', `${file}: got no row, expected at least one`, {
    fix: 'Name the columns in the first line (user, item, rating), and a rating or event in each line below.',
    details: { file },
  });
}

/** "ann,moby,4,5" may be 4.5 stars. */
function tooLong(record: FileRecord): MarqueeError {
  return badRecord(
    record,
    'no more fields than there are columns',
    'Put a field that holds the separator into quotes.',
  );
}

function idIn(record: FileRecord, column: 'user' | 'item'): string {
  const id = textOf(record, COLUMNS[column]);
  if (id !== '' && id.length <= LONGEST_OWN_ID) return id;
  const fix = 'Name the columns in the first line: user, item, rating and perhaps event, weight, time.';
  throw badRecord(record, `an id of at most ${LONGEST_OWN_ID} characters in the column ${column}`, fix);
}

function eventOf(record: FileRecord): EventName | typeof RATING {
  const name = textOf(record, COLUMNS.event).toLowerCase() || RATING;
  if (name === RATING || Object.hasOwn(EVENTS, name)) return name as EventName;
  throw badRecord(record, `${RATING}, ${Object.keys(EVENTS).join(', ')} or nothing in the column event`);
}

function ratingOf(record: FileRecord, starsOf: StarsOf): number {
  const stars = starsOf(textOf(record, COLUMNS.rating));
  if (stars !== null) return stars;
  const fix =
    'Name the scale: --scale 0-10, 0-100, 1-5 or thumbs. Leave out rows that are no ratings, or name their event.';
  throw badRecord(record, 'a rating on the scale (without --scale: 0.5 to 5 in half stars)', fix);
}

function weightOf(record: FileRecord): number {
  const text = textOf(record, COLUMNS.weight);
  const weight = text === '' ? 1 : Number(text);
  if (weight > 0 && weight < 1e6) return weight;
  throw badRecord(record, 'a weight above 0 in the column weight, or none');
}

/**
 * One rating for each pair, at the place of its latest row.
 *
 * @param factor of what speaks for a film
 */
function ratingsOfPairs(rows: Ratings, isRating: readonly boolean[], factor: number): Ratings {
  const { count, userIds, movieIds, timestamps } = rows;
  const order = orderByUserAndMovie(rows);
  const stars = new Float32Array(count);
  const places: number[] = [];
  for (let from = 0, to = 0; from < count; from = to) {
    const isOfPair = (row: number) => userIds[row] === userIds[order[from]] && movieIds[row] === movieIds[order[from]];
    while (to < count && isOfPair(order[to])) to++;
    const pair = order.subarray(from, to);
    const rated = pair.filter((row) => isRating[row]);
    const counting = rated.length > 0 ? rated : pair;
    const latest = counting.reduce((best, row) => (timestamps[row] >= timestamps[best] ? row : best));
    stars[latest] = rated.length > 0 ? rows.stars[latest] : starsOfEvents(pair, rows.stars, factor);
    places.push(latest);
  }
  return takeRatings({ ...rows, stars }, Int32Array.from(places).sort());
}

function starsOfEvents(pair: Int32Array, values: Float32Array, factor: number): number {
  const sum = pair.reduce((total, row) => total + (values[row] > 0 ? factor : 1) * values[row], 0);
  return Math.max(1, Math.min(10, Math.round(2 * (NEUTRAL + sum)))) / 2;
}
