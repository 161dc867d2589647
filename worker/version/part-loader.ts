import { readTable } from '../../shared/artifact/arrow-columns.ts';
import { readFooter } from '../../shared/artifact/arrow-file.ts';
import { fileEntry, type Manifest } from '../../shared/artifact/manifest.ts';
import { moviesOf, type Part, partFile } from '../../shared/artifact/parts.ts';
import { artifactKey, FILES } from '../../shared/artifact/schema.ts';
import { catalogueOf } from '../../shared/model/decode/catalogue.ts';
import { decodeUserPrior } from '../../shared/model/decode/posterior.ts';
import type { RankedModel } from '../recommend/recommender.ts';
import type { AskedPart } from '../wasm/part-service.ts';
import { need, rangeReader, readThrough } from './bucket.ts';
import { requireParts } from './loader.ts';
import { decoded, readManifest, readWhole } from './read-file.ts';
import { ServingFile } from './serving-file.ts';

/** Reads a part of a version, and hashes each file of it. Throws `bad-artifact`, also where the version is cut otherwise. */
export async function loadPart(
  bucket: R2Bucket,
  { version, manifestSha256, part }: AskedPart,
  kernel: WebAssembly.Module,
): Promise<RankedModel> {
  const whole = await readManifest(bucket, version, manifestSha256);
  requireParts(whole, part.of);
  const manifest = manifestOfPart(whole, part);
  const [movieBytes, posterior] = await Promise.all([
    readWhole(bucket, whole, partFile('movies', part)),
    readWhole(bucket, whole, FILES.posterior),
  ]);
  const { movies, userPrior } = decoded(version, () => ({
    movies: catalogueOf(readTable(movieBytes, manifest, FILES.movies), manifest),
    userPrior: decodeUserPrior(posterior, manifest),
  }));
  const entry = fileEntry(whole, partFile('serving', part));
  const key = artifactKey(version, entry.name);
  const footer = await readFooter(rangeReader(bucket, key), entry.bytes, entry.name);
  const file = decoded(version, () => new ServingFile(kernel, manifest, footer));
  await readThrough(await need(bucket, key), entry, (bytes) => decoded(version, () => file.write(bytes)));
  return { manifest, movies, userPrior, vectors: decoded(version, () => file.finish(movies)) };
}

/** What manifest.json would say if the part were all there is. */
function manifestOfPart(whole: Manifest, part: Part): Manifest {
  const rows = moviesOf(part, fileEntry(whole, FILES.movies).rows);
  const files = whole.files.map((entry) => {
    if (entry.name === FILES.movies) return { ...entry, rows };
    if (entry.name !== FILES.serving) return entry;
    return { ...fileEntry(whole, partFile('serving', part)), name: FILES.serving };
  });
  return { ...whole, files };
}
