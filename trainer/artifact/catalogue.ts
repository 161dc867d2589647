import { FILES } from '../../shared/artifact/schema.ts';
import { decodeCatalogue } from '../../shared/model/decode/catalogue.ts';
import * as sameFilms from '../../shared/model/same-films.ts';
import { type FilmTitles, titlesOfCatalogue } from '../../shared/model/same-films.ts';
import type { Bucket } from '../../shared/storage/bucket.ts';
import type { Database } from '../../shared/storage/database.ts';
import type { Dataset } from '../data/dataset.ts';
import type { Artifact } from './artifact.ts';
import { publishedMovies } from './publish.ts';
import { readFile, readManifest } from './versions.ts';

export { type FilmTitles, rememberFilms } from '../../shared/model/same-films.ts';

/** R2 and D1. */
export interface Stores {
  readonly bucket: Bucket;
  readonly db: Database;
}

export function titlesOfDataset({ name, movies }: Dataset): FilmTitles {
  return { dataset: name, titles: new Map(Array.from(movies.values(), ({ movieId, title }) => [movieId, title])) };
}

export function titlesOfArtifact({ manifest, files }: Artifact): FilmTitles {
  return titlesOfCatalogue(manifest.dataset.name, decodeCatalogue(files.get(FILES.movies)!, manifest));
}

/** The films of a version in the bucket. Throws `bad-artifact`. */
export async function titlesOfVersion(bucket: Bucket, version: string): Promise<FilmTitles> {
  const { manifest } = await readManifest(bucket, version);
  return titlesOfCatalogue(
    manifest.dataset.name,
    decodeCatalogue(await readFile(bucket, manifest, FILES.movies), manifest),
  );
}

/** Refuses films under whose ids D1's ratings would become ratings of other films. Throws `bad-data`. */
export function refuseOtherFilms(stores: Stores, films: FilmTitles): Promise<void> {
  return sameFilms.refuseOtherFilms(withServed(stores), films);
}

/** The same for a rollback, which must be possible while D1 is down. Returns why D1 was not asked, null where it was. */
export function refuseRollback(stores: Stores, films: FilmTitles): Promise<Error | null> {
  return sameFilms.refuseRollback(withServed(stores), films);
}

function withServed({ bucket, db }: Stores): sameFilms.FilmStores {
  return { bucket, db, servedFilms: () => servedFilms(bucket) };
}

/** The films of the version in service, or of the last good one; null where there is none that can be read. */
export async function servedFilms(bucket: Bucket): Promise<FilmTitles | null> {
  const { found } = await publishedMovies(bucket);
  if (!found) return null;
  const { manifest } = await readManifest(bucket, found.version);
  return titlesOfCatalogue(manifest.dataset.name, found.value);
}
