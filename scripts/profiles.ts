import { openArtifact, readArtifact, writeArtifact } from '../trainer/artifact/artifact.ts';
import { DEFAULT_PROFILES, withProfiles } from '../trainer/artifact/profiles.ts';
import { answer, bounded, command, number, run } from './lib/cli.ts';

interface Flags {
  readonly model: string;
  readonly clusters: number;
  readonly seed: number;
  readonly json?: boolean;
}

const program = command('profiles', 'clusters the users into ready-made taste profiles and puts them into an artifact')
  .requiredOption('--model <folder>', 'an artifact folder')
  .option('--clusters <number>', 'how many profiles', number, DEFAULT_PROFILES)
  .option('--seed <number>', 'seed of the clustering', number, 42)
  .option('--json', 'print one JSON object');

await run<Flags>(program, async ({ model: folder, clusters, seed, json }) => {
  const settings = {
    clusters: bounded(clusters, '--clusters', 1, 100),
    seed: bounded(seed, '--seed', 0, 0xffffffff),
  };
  const artifact = await withProfiles(await readArtifact(folder), settings);
  await writeArtifact(folder, artifact);
  const { profiles } = openArtifact(artifact);
  const items = profiles.map(({ profile, name, users, genres, movieIds }) => ({
    profile,
    name,
    users,
    genres,
    movieIds: [...movieIds],
  }));
  const lines = items.map(
    ({ profile, name, users }) => `${String(users).padStart(6)} users  ${profile}\n${' '.repeat(14)}${name}`,
  );
  answer(json, { folder, version: artifact.manifest.version, items }, lines.join('\n'));
});
