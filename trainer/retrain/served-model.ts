import { MarqueeError } from '../../shared/errors.ts';
import type { Bucket } from '../../shared/storage/bucket.ts';
import type { Artifact } from '../artifact/artifact.ts';
import { publishedArtifact, versionInService } from '../artifact/publish.ts';
import { KNOWN_DATASETS } from '../data/locate.ts';

/** The model in service when a night begins. */
export interface ServedModel {
  /** null: nothing has been published yet. */
  readonly version: string | null;
  /** null: nothing has been published yet, or this release cannot read it. There is then no start and no comparison. */
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

/** The data set to train on: the requested one, else that of the model in service. Throws `bad-flag` when neither is known. */
export function baseDataset(requested: string | undefined, { artifact }: ServedModel): string {
  const name = requested ?? artifact?.manifest.dataset.name;
  if (requested !== undefined || (name !== undefined && KNOWN_DATASETS.includes(name))) return name!;
  const why = name
    ? `${name}, which the model in service was trained on, is no known data set`
    : 'no model is in service';
  const [base, ...files] = name?.split(' + ') ?? [];
  const flags = [`--data ${base}`, ...files.map((file) => `--extra ${file}`)].join(' ');
  throw new MarqueeError('bad-flag', `--data is needed: ${why}`, {
    fix: name && `Name what it was trained on: npm run retrain -- ${flags}`,
  });
}
