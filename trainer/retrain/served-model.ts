import { MarqueeError } from '../../shared/errors.ts';
import type { Bucket } from '../../shared/storage/bucket.ts';
import type { Artifact } from '../artifact/artifact.ts';
import { publishedArtifact, versionInService } from '../artifact/publish.ts';
import { KNOWN_DATASETS } from '../data/locate.ts';

/** What is in service when a night begins. */
export interface ServedModel {
  /** null: nothing was published yet. */
  readonly version: string | null;
  /** null: nothing was published yet, or it is of another release or damaged: nothing to start from or to compare with. */
  readonly artifact: Artifact | null;
}

export async function readServed(bucket: Bucket): Promise<ServedModel> {
  const version = await versionInService(bucket);
  if (version === null) return { version, artifact: null };
  try {
    return { version, artifact: await publishedArtifact(bucket, version) };
  } catch (error) {
    if (error instanceof MarqueeError && error.code === 'bad-artifact') return { version, artifact: null };
    throw error;
  }
}

/** What to train on: the data asked for, else those of the model in service. Throws `bad-flag` where neither is known. */
export function baseDataset(asked: string | undefined, { artifact }: ServedModel): string {
  const name = asked ?? artifact?.manifest.dataset.name;
  if (asked !== undefined || (name !== undefined && KNOWN_DATASETS.includes(name))) return name!;
  const why = name
    ? `${name}, which the model in service was trained on, is no known data set`
    : 'no model is in service';
  throw new MarqueeError('bad-flag', `--data is needed: ${why}`);
}
