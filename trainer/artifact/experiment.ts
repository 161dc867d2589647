import * as z from 'zod';
import { type Arm, type Experiment, experimentSchema, versionsOf } from '../../shared/artifact/experiment.ts';
import type { Current, Manifest } from '../../shared/artifact/manifest.ts';
import { allParts, partFile, partsIn } from '../../shared/artifact/parts.ts';
import { type Pointer, readPointer, writePointer } from '../../shared/artifact/pointer.ts';
import { FILES } from '../../shared/artifact/schema.ts';
import { ROOM } from '../../shared/artifact/serving-layout.ts';
import { MarqueeError } from '../../shared/errors.ts';
import type { Bucket } from '../../shared/storage/bucket.ts';
import { readManifest, verifyVersion } from './versions.ts';

/** A pointer that can be read. */
type Readable = Pointer & { readonly current: Current };

/**
 * Begins an experiment.
 *
 * @param admit throws when a sound version must not be served
 * @throws `bad-flag` for impossible arms; `bad-artifact` for a damaged version; `publish-conflict` while another one is on
 */
export async function startExperiment(
  bucket: Bucket,
  asked: Experiment,
  admit?: (version: string) => Promise<void>,
): Promise<Experiment> {
  const { data: experiment, error } = experimentSchema.safeParse(asked);
  if (!experiment) throw badArms(z.prettifyError(error));
  const pointer = await pointerOf(bucket);
  const on = pointer.current.experiment;
  if (on && Date.parse(on.ends) > Date.parse(experiment.startedAt)) {
    throw new MarqueeError('publish-conflict', `the experiment ${on.name} is on until ${on.ends}`, {
      fix: 'npm run experiment -- stop ends it, npm run experiment -- promote ARM makes an arm everybody’s.',
    });
  }
  if (!(Date.parse(experiment.ends) > Date.parse(experiment.startedAt)))
    throw badArms(`it would end ${experiment.ends}, which is over`);
  const served = (await readManifest(bucket, pointer.current.version)).manifest;
  const others = versionsOf(experiment.arms).filter((version) => version !== served.version);
  for (const version of others) await requireServable(bucket, version, served, admit);
  for (const arm of experiment.arms) await requireNext(bucket, arm, served);
  await writePointer(bucket, pointer, { ...pointer.current, experiment });
  return experiment;
}

/** Ends the experiment, or stops some arms: their people get what everybody gets. Throws `bad-flag` where there is none. */
export async function stopExperiment(bucket: Bucket, arms?: readonly string[]): Promise<Experiment> {
  const pointer = await pointerOf(bucket);
  const experiment = experimentOf(pointer);
  const stopped = experiment.arms.map((arm) => (arms?.includes(arm.name) ? { ...arm, stopped: true as const } : arm));
  const left = arms === undefined ? undefined : { ...experiment, arms: stopped };
  await writePointer(bucket, pointer, { ...pointer.current, experiment: left });
  return left ?? experiment;
}

/**
 * Gives an arm's version and settings to everybody, and ends the experiment. Throws `bad-flag` for an unknown arm,
 * `bad-artifact` for a damaged version.
 */
export async function promoteArm(
  bucket: Bucket,
  name: string,
  admit?: (version: string) => Promise<void>,
): Promise<Current> {
  const pointer = await pointerOf(bucket);
  const { arms } = experimentOf(pointer);
  const arm = arms.find((arm) => arm.name === name);
  if (!arm) throw badArms(`there is no arm ${name}, but ${arms.map((arm) => arm.name).join(', ')}`);
  const { settings = pointer.current.settings, version = pointer.current.version } = arm;
  const promoted = { ...pointer.current, settings, experiment: undefined };
  const current =
    version === promoted.version ? promoted : { ...promoted, ...(await published(bucket, promoted, version)) };
  await admit?.(version);
  await writePointer(bucket, pointer, current);
  return current;
}

/** The experiment that is on, with the version in service; null: there is none. Throws `bad-artifact`. */
export async function currentExperiment(bucket: Bucket): Promise<Experiment | null> {
  return (await pointerOf(bucket)).current.experiment ?? null;
}

async function published(bucket: Bucket, { version: previous }: Current, version: string) {
  const manifestSha256 = await verifyVersion(bucket, version);
  return { version, previous, publishedAt: new Date().toISOString(), manifestSha256 };
}

async function pointerOf(bucket: Bucket): Promise<Readable> {
  const pointer = await readPointer(bucket);
  if (pointer?.flaw) throw pointer.flaw;
  if (pointer) return pointer as Readable;
  throw new MarqueeError('no-model', 'nothing was published yet', {
    fix: 'Run `npm start`, or `npm run publish`, first.',
  });
}

function experimentOf({ current: { experiment } }: Readable): Experiment {
  if (experiment) return experiment;
  throw new MarqueeError('not-found', 'no experiment is on', { fix: 'npm run experiment -- start NAME begins one.' });
}

/** A version is whole, may be served, and fits into an isolate beside the one in service. */
async function requireServable(bucket: Bucket, version: string, served: Manifest, admit?: typeof fine) {
  await verifyVersion(bucket, version);
  const { manifest } = await readManifest(bucket, version);
  if (partsIn(manifest) !== partsIn(served)) {
    throw badArms(
      `version ${version} is cut into ${partsIn(manifest)} parts, ${served.version} into ${partsIn(served)}`,
    );
  }
  const bytes = vectorBytes(manifest) + vectorBytes(served);
  if (bytes > 2 * ROOM) {
    throw badArms(
      `versions ${version} and ${served.version} have ${bytes} bytes of vectors, and an isolate has room for ${2 * ROOM}`,
    );
  }
  await (admit ?? fine)(version);
}

async function fine(_version: string): Promise<void> {}

/** In one Worker. */
function vectorBytes(manifest: Manifest): number {
  const bytesOf = (file: string) => manifest.files.find(({ name }) => name === file)?.bytes;
  const [part] = allParts(partsIn(manifest));
  if (part) return bytesOf(partFile('serving', part))!;
  return bytesOf(FILES.serving) ?? bytesOf(FILES.movies) ?? 0;
}

async function requireNext(bucket: Bucket, { name, version, settings }: Arm, served: Manifest): Promise<void> {
  if (settings?.by !== 'next') return;
  const manifest = version === undefined ? served : (await readManifest(bucket, version)).manifest;
  if (manifest.files.some((file) => file.name === FILES.next)) return;
  throw badArms(`arm ${name}: version ${manifest.version} has no ${FILES.next}, which by=next needs`);
}

function badArms(why: string): MarqueeError {
  return new MarqueeError('bad-flag', why, { fix: 'npm run experiment -- --help shows how an experiment is written.' });
}
