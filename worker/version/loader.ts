import type { Manifest } from '../../shared/artifact/manifest.ts';
import { isPartFile, partsIn } from '../../shared/artifact/parts.ts';
import { artifactKey, FILES } from '../../shared/artifact/schema.ts';
import { ISOLATE, mostMemory } from '../../shared/artifact/worker-memory.ts';
import { MarqueeError } from '../../shared/errors.ts';
import { decodeAbout } from '../../shared/model/decode/model.ts';
import type { Catalogue } from '../../shared/model/model.ts';
import { CutVectors } from '../wasm/cut-vectors.ts';
import { Kernel } from '../wasm/kernel.ts';
import type { Parts } from '../wasm/part-service.ts';
import type { OwnModel } from '../wasm/served-model.ts';
import { verifyUnread } from './bucket.ts';
import { decoded, hasFile, readManifest, readWhole } from './read-file.ts';
import { StoredUsers } from './stored-users.ts';
import { type Arrival, readCatalogueOf, vectorsReader } from './vectors-reader.ts';

/** Files that stay in R2 until a request asks for them. */
const STAYING: readonly string[] = [FILES.network, FILES.vocabulary, FILES.next, FILES.compact];

/** A version that was read and verified, and is listable. */
export interface LoadedVersion {
  readonly model: OwnModel;
  readonly users: Pick<StoredUsers, 'find'>;
  readonly arrival: Arrival;
  /** Resolves when all is hashed that is to be (`loadVersion`). */
  readonly checked: Promise<void>;
}

/**
 * Reads a version from R2. Sizes are checked first, and the hashes that R2 recorded at the upload. What is read whole is
 * hashed as well, since a disk may give other bytes than it got:
 * - posterior.arrow and profiles.arrow before they are decoded; serving.arrow while it streams into the kernel's memory;
 * - movies.arrow, of which the beginning is needed first, after all others and up to `HASHED_MOVIES`.
 *
 * users.arrow and a neural network stay in R2, and are not hashed. Users are looked at as they come (`readBatch`).
 * next.arrow stays there until somebody asks for it, and is hashed then (`readNext`).
 *
 * Resolves when the version is listable (`ServedVersion`). The rest of serving.arrow may still be on its way, unless
 * R2 recorded no hash of it.
 *
 * @param kernel the compiled scorer (`wasm/kernels/scorer.as.ts`)
 * @param manifestSha256 what current.json says of manifest.json, if it does
 * @param parts Workers that have the vectors of a version that is cut
 * @throws `bad-artifact`
 */
export async function loadVersion(
  bucket: R2Bucket,
  version: string,
  kernel: WebAssembly.Module,
  manifestSha256?: string,
  parts?: Parts,
): Promise<LoadedVersion> {
  const manifest = await readManifest(bucket, version, manifestSha256);
  if (partsIn(manifest) > 0) {
    if (parts) return loadCut(bucket, manifest, { kernel, parts, manifestSha256 });
    requireRoomForAll(manifest);
  }
  const arrived = Promise.withResolvers<void>();
  const reader = vectorsReader(bucket, manifest, kernel, arrived.promise);
  const others = Promise.all([
    reader.catalogue,
    readRest(bucket, manifest, reader.catalogue),
    StoredUsers.open(bucket, manifest),
    ...manifest.files
      .filter(({ name }) => STAYING.includes(name))
      .map((entry) => verifyUnread(bucket, artifactKey(version, entry.name), entry)),
  ]);
  const [[movies, rest, users], vectors] = await Promise.all([others, reader.vectors(others)]);
  const { arrival } = vectors;
  arrival.complete.then(arrived.resolve, arrived.reject);
  arrived.promise.catch(() => undefined);
  return {
    model: { ...rest, movies, vectors: decoded(version, () => vectors.finish(movies)) },
    users,
    arrival,
    checked: reader.checked,
  };
}

interface Around {
  readonly kernel: WebAssembly.Module;
  readonly parts: Parts;
  readonly manifestSha256?: string;
}

/** Reads a version whose vectors the parts have: its catalogue, priors and users. The parts read theirs when asked. */
async function loadCut(bucket: R2Bucket, manifest: Manifest, { kernel, parts, manifestSha256 }: Around) {
  requireParts(manifest, parts.count);
  const catalogue = readCatalogueOf(bucket, manifest);
  const [movies, rest, users] = await Promise.all([
    catalogue,
    readRest(bucket, manifest, catalogue),
    StoredUsers.open(bucket, manifest),
  ]);
  const { version } = manifest;
  const vectors = new CutVectors(new Kernel(kernel), movies, { version, manifestSha256, parts });
  const there = Promise.resolve();
  const arrival = { complete: there, arrivedUpTo: () => there };
  return { model: { ...rest, movies, vectors }, users, arrival, checked: there };
}

/** Throws `bad-artifact` for a version that is cut since one Worker has no room for all of it. */
function requireRoomForAll(manifest: Manifest): void {
  const files = manifest.files.filter(({ name }) => !isPartFile(name));
  if (mostMemory({ ...manifest, files }).bytes > ISOLATE) requireParts(manifest, 0);
}

/** Throws `bad-artifact` for a version that is not cut into so many parts. */
export function requireParts(manifest: Manifest, count: number): void {
  if (partsIn(manifest) === count) return;
  throw new MarqueeError(
    'bad-artifact',
    `version ${manifest.version} is cut into ${partsIn(manifest)} parts, and ${count} are bound as PART_1 …`,
    {
      fix: `Bind as many Workers as it has parts; or npm run publish -- --parts ${count || 1} makes a version of fewer.`,
    },
  );
}

/** Reads the model without its movies, while their vectors are still on the way. */
async function readRest(bucket: R2Bucket, manifest: Manifest, catalogue: Promise<Catalogue>) {
  const [movies, posterior, profiles] = await Promise.all([
    catalogue,
    readWhole(bucket, manifest, FILES.posterior),
    hasFile(manifest, FILES.profiles) ? readWhole(bucket, manifest, FILES.profiles) : undefined,
  ]);
  return decoded(manifest.version, () => decodeAbout(manifest, movies, { posterior, profiles }));
}
