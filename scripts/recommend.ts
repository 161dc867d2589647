import { writeFile } from 'node:fs/promises';
import { MarqueeError } from '../shared/errors.ts';
import { openArtifact, readArtifact } from '../trainer/artifact.ts';
import { loadRatings } from '../trainer/datasets/index.ts';
import { recommendAll } from '../trainer/predict.ts';
import { bounded, command, number, run } from './cli.ts';

interface Flags {
  readonly model: string;
  readonly ratings: string;
  readonly k: number;
  readonly by: string;
  readonly out: string;
}

const program = command('recommend', 'recommends to every user of a rating file')
  .requiredOption('--model <folder>', 'an artifact folder')
  .requiredOption('--ratings <file>', 'ratings that the users are folded in from; their movies are left out')
  .option('--k <number>', 'movies a user', number, 20)
  .option('--by <block>', 'relevance or rating', 'relevance')
  .requiredOption('--out <file>', 'CSV to write: userId,rank,movieId,score,predictedRating');

await run<Flags>(program, async ({ model: folder, ratings, k, by, out }) => {
  if (by !== 'relevance' && by !== 'rating') {
    throw new MarqueeError('bad-flag', `--by: got "${by}", expected relevance or rating`);
  }
  const model = openArtifact(await readArtifact(folder));
  const blend = by === 'rating' ? 1 : model.manifest.blend;
  const shown = await loadRatings(ratings);
  const lines = ['userId,rank,movieId,score,predictedRating'];
  for (const item of recommendAll(model, shown, bounded(k, '--k', 1, model.movies.count), blend)) {
    lines.push(
      `${item.userId},${item.rank},${item.movieId},${item.score.toFixed(6)},${item.predictedRating.toFixed(6)}`,
    );
  }
  await writeFile(out, `${lines.join('\n')}\n`);
  console.log(`${out}: ${lines.length - 1} recommendations by ${model.manifest.version}`);
});
