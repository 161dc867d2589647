import { readPointer } from '../../shared/artifact/pointer.ts';
import { MarqueeError } from '../../shared/errors.ts';
import type { Bucket } from '../../shared/storage/bucket.ts';
import type { Artifact } from '../artifact/artifact.ts';
import { badArtifact, publishedArtifact } from '../artifact/versions.ts';
import { KNOWN_DATASETS } from '../data/locate.ts';

/** The model in service when a night begins. */
export interface ServedModel {
  /** null: nothing has been published yet. */
  readonly version: string | null;
  /** null: nothing is published yet, or this release cannot read it. Then training starts cold and nothing is compared. */
  readonly artifact: Artifact | null;
  /** Why there is a version and no artifact, or no version where something was published. */
  readonly flaw: MarqueeError | null;
}

export async function readServed(bucket: Bucket): Promise<ServedModel> {
  const pointer = await readPointer(bucket);
  if (!pointer?.current) return { version: null, artifact: null, flaw: pointer?.flaw ?? null };
  const { version, manifestSha256 } = pointer.current;
  try {
    return { version, artifact: await publishedArtifact(bucket, version, manifestSha256), flaw: null };
  } catch (error) {
    return { version, artifact: null, flaw: badArtifact(error) };
  }
}

/**
 * The data set to train on: the requested one, else that of the model in service. Throws `bad-flag` when neither is known,
 * `bad-artifact` when the model in service is damaged.
 */
export function baseDataset(requested: string | undefined, { artifact, flaw }: ServedModel): string {
  if (requested === undefined && flaw) {
    throw new MarqueeError('bad-artifact', `the model in service is damaged: ${flaw.message}`, {
      fix:
        '`npm run models` lists the versions and `npm run rollback -- VERSION` puts a good one into service; ' +
        '`npm run retrain -- --data SET` trains one anew.',
    });
  }
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
