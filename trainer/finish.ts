import type { Artifact } from './artifact.ts';
import { DEFAULT_PROFILES, withProfiles } from './profiles.ts';

/** What a trained version gets before it is kept or published: taste profiles. */
export async function finish(artifact: Artifact): Promise<Artifact> {
  return withProfiles(artifact, { clusters: DEFAULT_PROFILES, seed: Number(artifact.manifest.config.seed ?? 0) });
}
