import { writeFile } from 'node:fs/promises';
import { openArtifact, readArtifact } from '../trainer/artifact.ts';
import { loadPairs, loadRatings } from '../trainer/datasets/index.ts';
import { predictPairs } from '../trainer/predict.ts';
import { command, run } from './cli.ts';

interface Flags {
  readonly model: string;
  readonly pairs: string;
  readonly ratings?: string;
  readonly out: string;
}

const program = command('predict', 'predicts the ratings of (user, movie) pairs')
  .requiredOption('--model <folder>', 'an artifact folder')
  .requiredOption('--pairs <file>', 'CSV with userId,movieId')
  .option('--ratings <file>', 'users in it are folded in from these ratings alone')
  .requiredOption('--out <file>', 'CSV to write: userId,movieId,prediction');

await run<Flags>(program, async ({ model: folder, pairs: pairsFile, ratings, out }) => {
  const { users, ...model } = openArtifact(await readArtifact(folder));
  const pairs = await loadPairs(pairsFile);
  const predictions = await predictPairs(model, users, pairs, ratings ? await loadRatings(ratings) : null);
  const lines = ['userId,movieId,prediction'];
  predictions.forEach((prediction, i) => {
    lines.push(`${pairs.userIds[i]},${pairs.movieIds[i]},${prediction.toFixed(6)}`);
  });
  await writeFile(out, `${lines.join('\n')}\n`);
  console.log(`${out}: ${pairs.count} predictions by ${model.manifest.version}`);
});
