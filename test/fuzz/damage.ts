import { fileEntry, verifyFile } from '../../shared/artifact/manifest.ts';
import { readAllUsers } from '../../shared/artifact/users-file.ts';
import { MarqueeError } from '../../shared/errors.ts';
import { type Artifact, openArtifact } from '../../trainer/artifact/artifact.ts';
import { mulberry } from '../fixtures/random.ts';

/** Milliseconds after which a decoder counts as hanging: a sound file takes a few. */
const PATIENCE = 5000;

export interface DamageReport {
  readonly files: number;
  /** How many the decoders refused; the others gave a model whose numbers alone differ. Their hash refuses all. */
  readonly refused: number;
  readonly slowest: number;
  readonly failures: readonly string[];
}

/**
 * Cuts files of an artifact off and flips bits in them. The hash has to tell, and the decoders, which get the bytes all
 * the same, have to end, and to refuse by an error where they refuse.
 *
 * @param count damaged files; without it, each file cut off at every byte
 */
export async function damageFiles(
  artifact: Artifact,
  { seed, count }: { seed: number; count?: number },
): Promise<DamageReport> {
  let [files, refused, slowest] = [0, 0, 0];
  const failures: string[] = [];
  for (const { name, what, bytes } of count === undefined ? truncations(artifact) : damages(artifact, seed, count)) {
    files++;
    const told = await verifyFile(bytes, fileEntry(artifact.manifest, name)).then(
      () => false,
      (error) => error instanceof MarqueeError,
    );
    if (!told) failures.push(`${name} ${what}: its hash does not tell`);
    const start = performance.now();
    try {
      await decode({ ...artifact, files: new Map([...artifact.files, [name, bytes]]) });
    } catch (error) {
      refused++;
      if (!(error instanceof Error)) failures.push(`${name} ${what}: threw ${error}`);
    }
    const took = performance.now() - start;
    slowest = Math.max(slowest, took);
    if (took > PATIENCE) failures.push(`${name} ${what}: took ${Math.round(took)} ms`);
  }
  return { files, refused, slowest, failures };
}

async function decode(artifact: Artifact): Promise<void> {
  const { users, manifest } = openArtifact(artifact);
  for await (const user of readAllUsers(users, manifest)) void user;
}

interface Damaged {
  readonly name: string;
  readonly what: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

function* truncations({ manifest, files }: Artifact): Generator<Damaged> {
  for (const { name, bytes: size } of manifest.files) {
    for (let end = 0; end < size; end++)
      yield { name, what: `cut off at ${end}`, bytes: files.get(name)!.slice(0, end) };
  }
}

function* damages({ manifest, files }: Artifact, seed: number, count: number): Generator<Damaged> {
  const random = mulberry(seed);
  for (let i = 0; i < count; i++) {
    const { name, bytes: size } = manifest.files[Math.floor(random() * manifest.files.length)];
    const at = Math.floor(random() * size);
    const bytes = files.get(name)!.slice();
    if (i % 2 === 0) yield { name, what: `cut off at ${at}`, bytes: bytes.slice(0, at) };
    else {
      const bit = Math.floor(random() * 8);
      bytes[at] ^= 1 << bit;
      yield { name, what: `bit ${bit} of byte ${at} flipped`, bytes };
    }
  }
}
