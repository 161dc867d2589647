import * as z from 'zod';
import { MarqueeError } from '../errors.ts';
import { readWatermark } from '../ratings/log-partitions.ts';
import { hasMarks } from '../ratings/tables/mark.ts';
import { hasRatings } from '../ratings/tables/rating.ts';
import { readCatalogue, writeCatalogue } from '../ratings/tables/store.ts';
import type { Listing } from '../storage/bucket.ts';
import type { Database } from '../storage/database.ts';
import { foldTitle } from '../title.ts';
import type { Catalogue } from './model.ts';

/** The films that ids stand for. */
export interface FilmTitles {
  /** The data set's name. */
  readonly dataset: string;
  /** Films without a title are absent. */
  readonly titles: ReadonlyMap<number, string>;
}

/** Where ratings are, and what they may be of. */
export interface FilmStores {
  /** Of the rating log, as far as R2 has it. */
  readonly bucket: Listing;
  readonly db: Database;
  /** The films of the version in service, or of the last good one; null where there is none that can be read. */
  servedFilms(): Promise<FilmTitles | null>;
}

/** What D1 keeps of a catalogue: by the ids' hashes the first films, so that a larger catalogue has most of them too. */
const SAMPLE = 500;
const keptSchema = z.object({ dataset: z.string(), titles: z.array(z.tuple([z.int(), z.string()])) });

/** Films without a title of their own are left out. */
export function titlesOfCatalogue(dataset: string, { movieIds, title }: Catalogue): FilmTitles {
  const named = Array.from(movieIds, (movieId, row): [number, string] => [movieId, title(row)]);
  return { dataset, titles: new Map(named.filter(([movieId, title]) => title !== `Movie ${movieId}`)) };
}

/**
 * Refuses films under whose ids D1's ratings would become ratings of other films. D1 remembers what its ratings are of; a
 * database of an earlier release takes that from the version in service.
 *
 * @throws `bad-data` when less than half of the shared ids stand for the same titles
 */
export async function refuseOtherFilms(stores: FilmStores, films: FilmTitles): Promise<void> {
  const { bucket, db } = stores;
  const kept = await readCatalogue(db);
  if (!(await hasRatings(db)) && !(await hasMarks(db)) && (await readWatermark(bucket)) === 0) {
    // Until something is rated or marked, whatever is published decides. Unknown, not old: the publishing may break off.
    if (kept !== null) await writeCatalogue(db, null);
    return;
  }
  const own = kept === null ? await adoptServed(stores) : parseKept(kept);
  if (own) compareFilms(own, films);
}

/**
 * The same for a rollback, which must be possible while D1 is down: then the version in service stands for what D1 knows.
 *
 * @returns why D1 was not asked, null where it was
 */
export async function refuseRollback(stores: FilmStores, films: FilmTitles): Promise<Error | null> {
  try {
    await refuseOtherFilms(stores, films);
    return null;
  } catch (error) {
    if (!(error instanceof Error) || isRefusal(error)) throw error;
    const served = await stores.servedFilms();
    if (served) compareFilms(served, films);
    return error;
  }
}

function isRefusal(error: Error): boolean {
  return error instanceof MarqueeError && error.code === 'bad-data';
}

/** Remembers what D1's ratings are of, once a model of these films is in service. */
export async function rememberFilms(db: Database, { dataset, titles }: FilmTitles): Promise<void> {
  const sample = [...titles].sort(([a], [b]) => hashOf(a) - hashOf(b)).slice(0, SAMPLE);
  await writeCatalogue(db, JSON.stringify({ dataset, titles: sample }));
}

/** What the version in service is of, null where there is none that can be read. */
async function adoptServed({ db, servedFilms }: FilmStores): Promise<FilmTitles | null> {
  const served = await servedFilms();
  if (served) await rememberFilms(db, served);
  return served;
}

function parseKept(text: string): FilmTitles {
  const { dataset, titles } = keptSchema.parse(JSON.parse(text));
  return { dataset, titles: new Map(titles) };
}

/** A fixed order of ids that has nothing to do with their age. */
function hashOf(movieId: number): number {
  return Math.imul(movieId ^ (movieId >>> 15), 0x9e3779b1) >>> 0;
}

/**
 * Throws `bad-data` when most of the ids stand for other films. Without titles on one side nothing can be said. ML-1M and
 * ml-latest-small-2016 agree on nine of ten shared ids, ML-100K and either of them on less than one of a hundred.
 */
function compareFilms(own: FilmTitles, other: FilmTitles): void {
  if (own.titles.size === 0 || other.titles.size === 0) return;
  const shared = [...own.titles].filter(([movieId]) => other.titles.has(movieId));
  const changed = shared.filter(([movieId, title]) => comparable(title) !== comparable(other.titles.get(movieId)!));
  if (shared.length > 0 && changed.length * 2 <= shared.length) return;
  const example = changed.length > 0 ? exampleOf(changed[0], other) : 'none of the compared ids is in both';
  throw new MarqueeError(
    'bad-data',
    `the ratings are of films of ${own.dataset}, not of ${other.dataset}: ${example}`,
    {
      fix:
        'Nothing was changed. Keep each data set in a place of its own: on this machine MARQUEE_STATE=FOLDER before the\n' +
        'command, on Cloudflare a bucket and a database of their own in wrangler.toml. What GET /export gives of a person\n' +
        'goes there with npm run import -- FILE --user N --movies MOVIES, the movie file of the set that it came from.',
      details: { shared: shared.length, changed: changed.length },
    },
  );
}

/** A title without the year that earlier releases left behind it where it had no column of its own. */
function comparable(title: string): string {
  return foldTitle(title).replace(/ \(\d{4}\)$/, '');
}

function exampleOf([movieId, title]: readonly [number, string], other: FilmTitles): string {
  return `movie ${movieId} is "${title}" there and "${other.titles.get(movieId)}" here`;
}
