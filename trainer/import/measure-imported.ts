import type { Manifest } from '../../shared/artifact/manifest.ts';
import { FILES } from '../../shared/artifact/schema.ts';
import { readAllUsers } from '../../shared/artifact/users-file.ts';
import { MarqueeError } from '../../shared/errors.ts';
import type { Artifact } from '../artifact/artifact.ts';
import type { Ratings } from '../data/dataset.ts';
import { measure } from '../evaluate/evaluate.ts';

/**
 * Quality on ratings that the factors were not learned from, as manifests state it.
 *
 * @param name of the test ratings
 * @throws `bad-flag` where the artifact knows nobody's ratings: baselines and lists need them
 */
export async function measureImported(artifact: Artifact, name: string, test: Ratings): Promise<Manifest['metrics']> {
  const train = await storedRatings(artifact);
  if (train.count === 0) {
    throw new MarqueeError('bad-flag', '--test needs to know what users rated before', {
      fix: 'Add --ratings, or take the tables of the Spark job with --moments.',
    });
  }
  const { metrics, baselines } = await measure(artifact, { name, train, test, shown: null }, { by: 'blend' });
  const protocol = `${name}; clipped to the scale; full ranking, relevant = asked ratings of 4 or more`;
  return { protocol, ...metrics, baselines };
}

/** The ratings that users.arrow holds. */
async function storedRatings({ manifest, files }: Artifact): Promise<Ratings> {
  const N = manifest.dataset.ratings;
  const ratings = {
    count: 0,
    userIds: new Int32Array(N),
    movieIds: new Int32Array(N),
    stars: new Float32Array(N),
    timestamps: new Float64Array(N),
  };
  for await (const { userId, movieIds, stars, times } of readAllUsers(files.get(FILES.users)!, manifest)) {
    ratings.userIds.fill(userId, ratings.count, ratings.count + movieIds.length);
    ratings.movieIds.set(movieIds, ratings.count);
    ratings.stars.set(stars, ratings.count);
    ratings.timestamps.set(times, ratings.count);
    ratings.count += movieIds.length;
  }
  return ratings;
}
