import { writeFile } from 'node:fs/promises';
import { openArtifact, readArtifact } from '../trainer/artifact.ts';
import { loadPairs, loadRatings, readMovies } from '../trainer/datasets/index.ts';
import { predictPairs } from '../trainer/predict.ts';
import { command, run } from './cli.ts';

interface Flags {
  readonly model: string;
  readonly pairs: string;
  readonly ratings?: string;
  readonly movies?: string;
  readonly out: string;
}

const program = command('predict', 'predicts the ratings of (user, movie) pairs')
  .requiredOption('--model <folder>', 'an artifact folder')
  .requiredOption('--pairs <file>', 'CSV with userId,movieId')
  .option('--ratings <file>', 'users in it are folded in from these ratings alone')
  .option('--movies <file>', 'movies.csv, movies.dat or u.item: of movies that the model lacks, genres and year count')
  .requiredOption('--out <file>', 'CSV to write: userId,movieId,prediction');

await run<Flags>(program, async ({ model: folder, pairs: pairsFile, ratings, movies, out }) => {
  const { users, ...model } = openArtifact(await readArtifact(folder));
  const pairs = await loadPairs(pairsFile);
  const shown = ratings ? await loadRatings(ratings) : null;
  const catalogue = movies ? await readMovies(movies) : undefined;
  const predictions = await predictPairs(model, users, pairs, shown, catalogue);
  const lines = ['userId,movieId,prediction'];
  predictions.forEach((prediction, i) => {
    lines.push(`${pairs.userIds[i]},${pairs.movieIds[i]},${prediction.toFixed(6)}`);
  });
  await writeFile(out, `${lines.join('\n')}\n`);
  console.log(`${out}: ${pairs.count} predictions by ${model.manifest.version}`);
});
