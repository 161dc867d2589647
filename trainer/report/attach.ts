import { FILES } from '../../shared/artifact/schema.ts';
import type { Artifact } from '../artifact/artifact.ts';
import { withFile } from '../artifact/artifact.ts';
import { DEFAULT_PROFILES, withProfiles } from '../artifact/profiles.ts';
import type { Evaluation } from '../evaluate/evaluate.ts';
import { optionsOf } from '../models/options.ts';
import { reportData } from './data.ts';
import { reportPage } from './page.ts';

/**
 * Adds taste profiles and the report to a trained artifact, before it is written or published.
 *
 * @param evaluation quality on held-out ratings for the report, where it was measured
 */
export async function attachReport(artifact: Artifact, evaluation?: Evaluation): Promise<Artifact> {
  const { seed } = optionsOf(artifact.manifest);
  const profiled = await withProfiles(artifact, { clusters: DEFAULT_PROFILES, seed });
  const page = new TextEncoder().encode(reportPage(await reportData(profiled, { evaluation })));
  return withFile(profiled, FILES.report, page, 1);
}
