import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import { CURRENT_KEY } from '../../../shared/artifact/schema.ts';
import { readArtifact } from '../../../trainer/artifact/artifact.ts';
import { MAY, parse } from './account.ts';
import type { Resources } from './configuration.ts';
import type { World } from './world.ts';
import { failureOf, type Wrangler } from './wrangler.ts';

/** Which model to put into service. */
export interface ModelChoice {
  /** What to train on where nothing is in service. */
  readonly data: string;
  /** An artifact folder, put into service in any case. */
  readonly model?: string;
}

const trainInto = (data: string, folder: string) => ['--data', data, '--out', folder];
const publishFrom = (folder: string) => ['--model', folder, '--remote'];

/** Where a model is trained for a first deployment; one that broke off later finds it there. */
function trainedFolder(data: string, { folder }: Resources): string {
  return join(folder, `model-${basename(data)}`);
}

export function modelCommands({ data, model }: ModelChoice, resources: Resources): string[] {
  const { environment, bucket } = resources;
  const folder = model ?? trainedFolder(data, resources);
  const publish = `MARQUEE_ENV=${environment} npm run publish -- ${publishFrom(folder).join(' ')}`;
  return [
    `npx wrangler ${currentOf(bucket).join(' ')}`,
    ...(model ? [] : [`npm run train -- ${trainInto(data, folder).join(' ')}`]),
    publish,
  ];
}

/** Puts a model into service where none is, or the one that was named. */
export async function firstModel({ data, model }: ModelChoice, resources: Resources, world: World): Promise<string> {
  const version = await versionInService(world.wrangler, resources.bucket);
  if (!model && version) return `${version} stays in service`;
  const folder = model ?? trainedFolder(data, resources);
  if (!model && !existsSync(join(folder, 'manifest.json'))) await world.marquee('train', trainInto(data, folder));
  const { manifest } = await readArtifact(folder);
  if (manifest.version === version) return `${version} is in service`;
  await world.marquee('publish', publishFrom(folder));
  return `${manifest.version} is in service`;
}

function currentOf(bucket: string): string[] {
  return ['r2', 'object', 'get', `${bucket}/${CURRENT_KEY}`, '--remote', '--pipe'];
}

async function versionInService(wrangler: Wrangler, bucket: string): Promise<string | null> {
  const args = currentOf(bucket);
  const answer = await wrangler(args);
  if (answer.status === 0) return (parse(answer.stdout) as { version: string }).version;
  if (/key does not exist/.test(answer.stdout + answer.stderr)) return null;
  throw failureOf(args, answer, MAY.r2);
}
