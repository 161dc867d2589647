import { MarqueeError } from '../errors.ts';
import { type Bucket, listFolders } from '../storage/bucket.ts';
import { type Pointed, point, readPointer } from './pointer.ts';

interface Asked {
  /** Absent: the version that was in service before. */
  readonly version?: string;
  /**
   * Returns the SHA-256 of a version's manifest. Throws `bad-artifact` when a file is damaged.
   *
   * @param sha256 what current.json says of the manifest, if it does
   */
  readonly verify: (version: string, sha256?: string) => Promise<string>;
  /** Throws when the version, which is not damaged, must not be served. */
  readonly admit?: (version: string) => Promise<void>;
}

/** A version that went into service. */
export interface Placed extends Pointed {
  /** The name of the experiment that ended by it, null where there was none. */
  readonly ended: string | null;
}

/**
 * Points current.json at a version that the bucket has: the one named, or the one that was in service before. A named one
 * also replaces a damaged or lost current.json. An experiment ends: everybody is to get that version.
 *
 * @throws `unknown-version` when the bucket lacks it, `no-model` when nothing was published, `bad-artifact` when a file of
 *   it is damaged, or when current.json is damaged and no version was named
 */
export async function putIntoService(bucket: Bucket, { version, verify, admit }: Asked): Promise<Placed> {
  const before = await readPointer(bucket);
  if (!version && before?.flaw) throw before.flaw;
  if (!version && !before) {
    throw new MarqueeError('no-model', 'nothing was published yet', {
      fix: 'Run `npm run publish -- --model DIR` first.',
    });
  }
  const target = version ?? before?.current?.previous;
  if (!target) {
    throw new MarqueeError('unknown-version', `there is no version before ${before?.current?.version}`, {
      fix: '`npm run models` lists the versions; name one.',
    });
  }
  const known = await listFolders(bucket, 'models/');
  if (!known.includes(target)) {
    throw new MarqueeError('unknown-version', `the bucket holds no version ${target}`, {
      fix: `It holds ${known.join(', ') || 'none'}.`,
    });
  }
  const inService = target === before?.current?.version;
  const sha256 = await verify(target, inService ? before?.current?.manifestSha256 : undefined);
  await admit?.(target);
  const ended = before?.current ? { ...before, current: { ...before.current, experiment: undefined } } : before;
  return { ...(await point(bucket, ended, target, sha256)), ended: before?.current?.experiment?.name ?? null };
}
