import { gunzipSync } from 'node:zlib';
import { fileEntry, verifyFile } from '../../shared/artifact/manifest.ts';
import { FILES } from '../../shared/artifact/schema.ts';
import { readAllUsers } from '../../shared/artifact/users-file.ts';
import { MarqueeError } from '../../shared/errors.ts';
import { decodeCompact } from '../../shared/model/decode/compact.ts';
import { decodeServing } from '../../shared/model/decode/serving.ts';
import { type Artifact, openArtifact } from '../../trainer/artifact/artifact.ts';
import { mulberry } from '../fixtures/random.ts';

export interface Damaged {
  readonly name: string;
  readonly what: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** Whether the decoders refuse a damaged file, and what is wrong with how they do. */
export async function lookAt(
  artifact: Artifact,
  { name, what, bytes }: Damaged,
): Promise<{ wasRefused: boolean; faults: string[] }> {
  const faults: string[] = [];
  const told = await verifyFile(bytes, fileEntry(artifact.manifest, name)).then(
    () => false,
    (error) => error instanceof MarqueeError,
  );
  if (!told) faults.push(`${name} ${what}: its hash does not tell`);
  try {
    const files = new Map([...artifact.files, [name, bytes]]);
    const { users, manifest } = openArtifact({ ...artifact, files });
    for await (const user of readAllUsers(users, manifest)) void user;
    decodeServing(files.get(FILES.serving)!, manifest);
    decodeCompact(gunzipSync(files.get(FILES.compact)!), manifest);
    return { wasRefused: false, faults };
  } catch (error) {
    if (!(error instanceof Error)) faults.push(`${name} ${what}: threw ${error}`);
    return { wasRefused: true, faults };
  }
}

/** Each file cut off at every byte. */
export function* truncations({ manifest, files }: Artifact): Generator<Damaged> {
  for (const { name, bytes: size } of manifest.files) {
    for (let end = 0; end < size; end++)
      yield { name, what: `cut off at ${end}`, bytes: files.get(name)!.slice(0, end) };
  }
}

/** Files cut off and with a bit flipped, in turn. */
export function* damages({ manifest, files }: Artifact, seed: number, count: number): Generator<Damaged> {
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
