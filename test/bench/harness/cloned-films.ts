import type { Artifact } from '../../../trainer/artifact/artifact.ts';
import type { Movie } from '../../../trainer/data/dataset.ts';
import { loadDataset } from '../../../trainer/data/index.ts';
import { openEngine } from '../../../trainer/engines/index.ts';
import { resolveOptions } from '../../../trainer/models/options.ts';
import { train } from '../../../trainer/train/train.ts';
import { mulberry } from '../../fixtures/random.ts';

const CLONES = 16;

/**
 * A model trained by default settings on a data set of which every movie is sixteen, its ratings shared out among them
 * evenly at random: a large catalogue, most of it rarely rated, with the tastes of real people.
 */
export async function trainClones(name: string): Promise<Artifact> {
  const { ratings, movies, ...about } = await loadDataset(name);
  const random = mulberry(42);
  const clones = Array.from(movies.values()).flatMap((movie) =>
    Array.from({ length: CLONES }, (_, clone): Movie => ({ ...movie, movieId: CLONES * movie.movieId + clone })),
  );
  const cloned = {
    ...about,
    ratings: { ...ratings, movieIds: ratings.movieIds.map((id) => CLONES * id + Math.floor(CLONES * random())) },
    movies: new Map(clones.map((movie) => [movie.movieId, movie])),
  };
  const engine = await openEngine('auto');
  try {
    return await train(engine, cloned, resolveOptions());
  } finally {
    await engine.close();
  }
}
