import { dirname } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openArtifact } from '../../../trainer/artifact/artifact.ts';
import { digestRatings } from '../../../trainer/data/digest.ts';
import { joinFile } from '../../../trainer/data/index.ts';
import { describeUntitled, titledOnly } from '../../../trainer/data/titled.ts';
import { jsEngine } from '../../../trainer/engines/js.ts';
import { resolveOptions } from '../../../trainer/models/options.ts';
import { train } from '../../../trainer/train/train.ts';
import { datasetOf, lowRank, ratingsOf } from '../../fixtures/datasets.ts';
import { rowsOf, writeTemporary } from './files.ts';

const film = (movieId: number) => ({ movieId, title: `Film ${movieId}`, year: 1990, genres: ['Drama'] });
const films = (...ids: number[]) => new Map(ids.map((movieId) => [movieId, film(movieId)]));

const RATINGS = ratingsOf([
  [1, 10, 3, 100],
  [1, 900_000_000, 4, 200],
  [2, 900_000_000, 4, 250],
  [2, 10, 2, 300],
  [2, 900_000_001, 2, 300],
]);

describe('films without a title', () => {
  it('films without a title are left out, counted, and change the digest', () => {
    const { dataset, untitled } = titledOnly(datasetOf(RATINGS, films(10, 20)));
    expect(untitled).toEqual({ ratings: 3, movies: 2 });
    expect(rowsOf(dataset.ratings)).toEqual([
      [1, 10, 3, 100],
      [2, 10, 2, 300],
    ]);
    expect(dataset.sha256).toBe(digestRatings(dataset.ratings));
    expect([...dataset.movies.keys()]).toEqual([10, 20]);
  });

  it('a data set whose film file names all films stays as it is, and so does one without a film file', () => {
    for (const movies of [films(10, 900_000_000, 900_000_001), films()]) {
      const whole = datasetOf(RATINGS, movies);
      expect(titledOnly(whole)).toEqual({ dataset: whole, untitled: { ratings: 0, movies: 0 } });
    }
  });

  it('the words for what was left out have numbers that people read', () => {
    expect(describeUntitled({ ratings: 3000, movies: 3000 })).toBe(
      '3,000 ratings of 3,000 films without a title left out',
    );
    expect(describeUntitled({ ratings: 1, movies: 1 })).toBe('1 rating of 1 film without a title left out');
  });

  it('a training has the films of the film file and no other, whatever is rated', async () => {
    const ratings = lowRank(12, 10, 0.6);
    const named = films(1, 2, 3, 4, 5, 6, 7, 8, 77);
    const { manifest, movies } = openArtifact(await trained(datasetOf(ratings, named)));
    expect([...movies.movieIds]).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 77]);
    expect(manifest.dataset).toMatchObject({ movies: 9, ratings: ratings.movieIds.filter((id) => id <= 8).length });
  });

  it('a training without a film file has ids as titles', async () => {
    const { movies } = openArtifact(await trained(datasetOf(lowRank(12, 3, 1))));
    expect([0, 1, 2].map((row) => movies.title(row))).toEqual(['Movie 1', 'Movie 2', 'Movie 3']);
  });

  it('a film file beside further ratings names their films, and the others keep their ids as titles', async () => {
    const path = await writeTemporary('mine.dat', '7::30::5::400\n7::40::3::400\n');
    await writeTemporary('movies.csv', 'movieId,title,genres\n30,Alien (1979),Horror\n', dirname(path));
    const base = datasetOf(ratingsOf([[1, 10, 3, 100]]));
    const { dataset, untitled } = titledOnly((await joinFile(base, path)).dataset);
    expect(Array.from(dataset.movies.values(), ({ title }) => title)).toEqual(['Movie 10', 'Alien']);
    expect(untitled).toEqual({ ratings: 1, movies: 1 });
    const alone = await joinFile(base, await writeTemporary('alone.dat', '7::40::3::400\n'));
    expect(titledOnly(alone.dataset).untitled.ratings).toBe(0); // nothing better exists
  });
});

function trained(dataset: ReturnType<typeof datasetOf>) {
  return train(jsEngine(), dataset, resolveOptions({ factors: 2, relevanceFactors: 3, sweeps: 1 }));
}
