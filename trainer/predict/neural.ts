import { FILES } from '../../shared/artifact/schema.ts';
import { parseVocabulary, type Vocabulary } from '../../shared/artifact/vocabulary.ts';
import { MarqueeError } from '../../shared/errors.ts';
import { meanStars, nearestUsers, networkRows, type PredictRows } from '../../shared/model/network-users.ts';
import { clamp } from '../../shared/ratings/rating.ts';
import type { Artifact } from '../artifact/artifact.ts';
import { forEachUser } from '../data/by-user.ts';
import type { Pairs, Ratings } from '../data/dataset.ts';
import { optionalPart } from '../optional-part.ts';

/** The network of an artifact, run by onnxruntime-web. */
export interface OpenNetwork {
  readonly vocabulary: Vocabulary;
  readonly predict: PredictRows;
}

/** Pairs in one run of the network. */
const AT_ONCE = 1 << 15;

/** Opens the network of an artifact. Throws `bad-flag` when it has none. */
export async function openNeural({ manifest, files }: Artifact): Promise<OpenNetwork> {
  if (!manifest.files.some(({ name }) => name === FILES.network)) {
    throw new MarqueeError('bad-flag', `--neural: ${manifest.version} has no ${FILES.network}`, {
      fix: 'Train one: npm run train -- --model neural.',
    });
  }
  const { InferenceSession, Tensor } = await optionalPart('onnxruntime-web', () => import('onnxruntime-web'));
  const session = await InferenceSession.create(files.get(FILES.network)!);
  const run = async (users: Int32Array, movies: Int32Array) => {
    const { stars } = await session.run({ user: new Tensor('int32', users), movie: new Tensor('int32', movies) });
    return stars.data as Float32Array;
  };
  return {
    vocabulary: parseVocabulary(new TextDecoder().decode(files.get(FILES.vocabulary))),
    async predict(users, movies) {
      const out = new Float32Array(users.length);
      for (let at = 0; at < out.length; at += AT_ONCE) {
        out.set(await run(users.slice(at, at + AT_ONCE), movies.slice(at, at + AT_ONCE)), at);
      }
      return out;
    },
  };
}

/**
 * Predicted stars of (user, movie) pairs by an artifact's network, clipped to the scale, (N). Users of `shown` are newcomers
 * with those ratings. A user whom neither the network nor `shown` knows is the average user.
 */
export async function predictNeural(artifact: Artifact, pairs: Pairs, shown: Ratings | null): Promise<Float32Array> {
  const { vocabulary, predict } = await openNeural(artifact);
  const [user, movie] = [networkRows(vocabulary.userIds), networkRows(vocabulary.movieIds)];
  const out = await predict(pairs.userIds.map(user), pairs.movieIds.map(movie));
  const newcomers: [Int32Array, Int32Array][] = [];
  if (shown) {
    const byUser = Map.groupBy(pairs.userIds.keys(), (i) => pairs.userIds[i]);
    forEachUser(shown, (userId, positions) => {
      if (byUser.has(userId)) newcomers.push([positions, Int32Array.from(byUser.get(userId)!)]);
    });
  }
  for (const [positions, wanted] of newcomers) {
    const { movieIds, stars } = shown!;
    const ratings = {
      movies: positions.map((i) => movie(movieIds[i])),
      stars: Float32Array.from(positions, (i) => stars[i]),
    };
    const nearest = await nearestUsers(predict, vocabulary.userIds.length, ratings);
    const means = await meanStars(
      predict,
      nearest,
      wanted.map((i) => movie(pairs.movieIds[i])),
    );
    wanted.forEach((i, at) => {
      out[i] = means[at];
    });
  }
  return out.map((stars) => clamp(stars, artifact.manifest.scale));
}
