import { fileEntry, type Manifest, parseManifest, sha256Hex, verifyHash } from '../../shared/artifact/manifest.ts';
import { type Placed, putIntoService } from '../../shared/artifact/put-into-service.ts';
import { artifactKey, FILES } from '../../shared/artifact/schema.ts';
import { requireFits } from '../../shared/artifact/worker-memory.ts';
import { type FilmTitles, refuseRollback, rememberFilms, titlesOfCatalogue } from '../../shared/model/same-films.ts';
import { bytesOf, need, readThrough, verifyUnread } from './bucket.ts';
import type { ServedVersion } from './served-version.ts';
import { readCatalogueOf } from './vectors-reader.ts';

interface Stores {
  readonly bucket: R2Bucket;
  readonly db: D1Database;
}

/**
 * Puts a version into service, under the rules of `npm run rollback`: it is whole, and its films are those that D1's
 * ratings are of. Every isolate then follows current.json, and checks the version again before it answers by it.
 *
 * @param version absent: the one before
 * @param served what is in service here
 * @throws as `putIntoService`; `bad-data` for a version of other films; `out-of-memory` for a named one that does not fit
 */
export async function promote(
  { bucket, db }: Stores,
  version: string | undefined,
  served: ServedVersion | undefined,
): Promise<Placed> {
  let manifest: Manifest | undefined;
  let films: FilmTitles | null = null;
  const verify = async (name: string, sha256?: string) => {
    const whole = await verifyWhole(bucket, name, sha256);
    manifest = whole.manifest;
    return whole.sha256;
  };
  const servedFilms = async () => (served ? titlesOf(served.model.manifest, served.model.movies) : null);
  const admit = async () => {
    if (version) requireFits(manifest!);
    const found = titlesOf(manifest!, await readCatalogueOf(bucket, manifest!));
    const unasked = await refuseRollback({ bucket, db, servedFilms }, found);
    if (!unasked) films = found;
  };
  const pointed = await putIntoService(bucket, { version, verify, admit });
  if (films) await rememberFilms(db, films);
  return pointed;
}

function titlesOf({ dataset }: Manifest, catalogue: Parameters<typeof titlesOfCatalogue>[1]): FilmTitles {
  return titlesOfCatalogue(dataset.name, catalogue);
}

/** A version's manifest and its SHA-256, once size and hash of every file are right. Throws `bad-artifact`. */
async function verifyWhole(bucket: R2Bucket, version: string, sha256?: string) {
  const key = artifactKey(version, FILES.manifest);
  const bytes = await bytesOf(await need(bucket, key), key);
  const manifest = parseManifest(new TextDecoder().decode(bytes));
  if (sha256 !== undefined) await verifyHash(bytes, { name: key, sha256 });
  for (const { name } of manifest.files) if (name !== FILES.report) await verifyStored(bucket, manifest, name);
  return { manifest, sha256: await sha256Hex(bytes) };
}

/** By what R2 recorded at the upload; where it recorded no hash, by the bytes. */
async function verifyStored(bucket: R2Bucket, manifest: Manifest, name: string): Promise<void> {
  const entry = fileEntry(manifest, name);
  const key = artifactKey(manifest.version, name);
  if (await verifyUnread(bucket, key, entry)) return;
  await readThrough(await need(bucket, key), entry, () => undefined);
}
