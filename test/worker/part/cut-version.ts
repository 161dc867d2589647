import { createExecutionContext, waitOnExecutionContext } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { type Manifest, sha256Hex } from '../../../shared/artifact/manifest.ts';
import { artifactKey, CURRENT_KEY, FILES } from '../../../shared/artifact/schema.ts';
import type { Bucket } from '../../../shared/storage/bucket.ts';
import { publish } from '../../../trainer/artifact/publish.ts';
import { PartVersions } from '../../../worker/part/part-versions.ts';
import kernel from '../../../worker/wasm/kernels/scorer.wasm';
import type { PartService } from '../../../worker/wasm/part-service.ts';
import { fixtureFile, fixtureManifest } from '../app.ts';

/** Puts the fixture into service, its catalogue cut into parts. @param bytes that its manifest states of the whole vectors */
export async function publishCut(version: string, parts: number, bytes?: number): Promise<void> {
  const manifest = { ...fixtureManifest(), version };
  const files = new Map(manifest.files.map(({ name }) => [name, fixtureFile(name)]));
  files.set(FILES.manifest, new Uint8Array(new TextEncoder().encode(JSON.stringify(manifest))));
  await publish(env.MODELS as unknown as Bucket, { manifest, files }, undefined, parts);
  if (bytes) await overstate(version, bytes);
}

async function overstate(version: string, bytes: number): Promise<void> {
  const key = artifactKey(version, FILES.manifest);
  const manifest = await (await env.MODELS.get(key))!.json<Manifest>();
  const files = manifest.files.map((file) => (file.name === FILES.serving ? { ...file, bytes } : file));
  const text = new Uint8Array(new TextEncoder().encode(JSON.stringify({ ...manifest, files })));
  await env.MODELS.put(key, text);
  const current = await (await env.MODELS.get(CURRENT_KEY))!.json<object>();
  await env.MODELS.put(CURRENT_KEY, JSON.stringify({ ...current, manifestSha256: await sha256Hex(text) }));
}

/** The Workers of parts, in this isolate, as bindings. What passes between Workers is cloned. */
export function partsOver(buckets: readonly R2Bucket[]): Record<`PART_${number}`, PartService> {
  return Object.fromEntries(buckets.map((bucket, at) => [`PART_${at + 1}`, partOver(bucket)]));
}

function partOver(bucket: R2Bucket): PartService {
  const versions = new PartVersions({ kernel });
  const asked = async <T>(ask: (service: PartService) => Promise<T>): Promise<T> => {
    const context = createExecutionContext();
    const answer = structuredClone(await ask(versions.over(bucket, context)));
    await waitOnExecutionContext(context);
    return answer;
  };
  type Method = (...all: never[]) => Promise<never>;
  const method =
    (name: keyof PartService): Method =>
    (...all) =>
      asked((part) => (part[name] as Method)(...structuredClone(all)));
  const names = Object.keys(versions.over(bucket, createExecutionContext())) as (keyof PartService)[];
  return Object.fromEntries(names.map((name) => [name, method(name)])) as unknown as PartService;
}

/** The same, with the names of the calls to each since the last reset. */
export function countedParts(buckets: readonly R2Bucket[]) {
  const parts = partsOver(buckets);
  const calls = new Map<string, string[]>();
  const reset = () => {
    for (const part of Object.keys(parts)) calls.set(part, []);
  };
  reset();
  const counted = Object.entries(parts).map(([part, service]) => {
    const methods = Object.entries(service).map(([name, method]) => [
      name,
      (...all: unknown[]) => {
        calls.get(part)!.push(name);
        return method(...all);
      },
    ]);
    return [part, Object.fromEntries(methods)];
  });
  return { parts: Object.fromEntries(counted) as typeof parts, calls: () => [...calls.values()], reset };
}
