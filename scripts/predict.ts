import { MarqueeError } from '../shared/errors.ts';
import { openArtifact, readArtifact } from '../trainer/artifact/artifact.ts';
import { loadPairs, loadRatings, readMovies } from '../trainer/data/index.ts';
import { predictNeural } from '../trainer/predict/neural.ts';
import { predictPairs } from '../trainer/predict/predict.ts';
import { command, run } from './lib/cli.ts';
import { writeCsv } from './lib/csv.ts';
import { requireOut } from './lib/out-file.ts';
import { showNote } from './lib/progress.ts';

interface Flags {
  readonly model: string;
  readonly pairs: string;
  readonly ratings?: string;
  readonly movies?: string;
  readonly neural?: boolean;
  readonly out: string;
}

const program = command('predict', 'predicts the ratings of (user, movie) pairs')
  .requiredOption('--model <folder>', 'an artifact folder')
  .requiredOption('--pairs <file>', 'CSV with userId,movieId')
  .option('--ratings <file>', 'fold the users of this file in from these ratings alone')
  .option('--movies <file>', 'movies.csv, movies.dat or u.item: gives genres and year of movies that the model lacks')
  .option('--neural', 'use the network of train --model neural; users of --ratings are predicted by the closest users')
  .requiredOption('--out <file>', 'CSV to write: userId,movieId,prediction');

await run<Flags>(program, async ({ model: folder, pairs: pairsFile, ratings, movies, neural, out }) => {
  if (neural && movies) throw new MarqueeError('bad-flag', '--movies and --neural exclude each other');
  const artifact = await readArtifact(folder);
  await requireOut(out, [pairsFile, ratings, movies]);
  const pairs = await loadPairs(pairsFile);
  const shown = ratings ? await loadRatings(ratings, showNote) : null;
  const catalogue = movies ? await readMovies(movies) : undefined;
  const { users, ...model } = openArtifact(artifact);
  const predictions = neural
    ? await predictNeural(artifact, pairs, shown)
    : await predictPairs(model, users, pairs, shown, catalogue);
  const rows = Array.from(predictions, (stars, i) => [pairs.userIds[i], pairs.movieIds[i], stars.toFixed(6)]);
  await writeCsv(out, ['userId', 'movieId', 'prediction'], rows);
  console.log(`${out}: ${pairs.count} predictions by ${model.manifest.version}`);
});
