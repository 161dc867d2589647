import { expect, it } from 'vitest';
import { openArtifact } from '../../../../trainer/artifact/artifact.ts';
import { loadDataset } from '../../../../trainer/data/index.ts';
import { openEngine } from '../../../../trainer/engines/index.ts';
import { resolveOptions } from '../../../../trainer/models/options.ts';
import { train } from '../../../../trainer/train/train.ts';
import { temporaryFolder, writeTemporary } from '../files.ts';

const RATINGS = [1, 2, 3].flatMap((user) => [10, 20, 30].map((movie) => `${user},${movie},${user + 1},100`));
const LINKS = 'movieId,imdbId,tmdbId\n10,0114709,862\n20,0113497,\n40,1,1\n';

/** A data set with such a links.csv beside it. */
async function folderWith(links: string): Promise<string> {
  const folder = await temporaryFolder();
  await writeTemporary('ratings.csv', `userId,movieId,rating,timestamp\n${RATINGS.join('\n')}\n`, folder);
  await writeTemporary('movies.csv', 'movieId,title,genres\n10,A (1995),Drama\n20,B (1995),\n30,C (1996),\n', folder);
  await writeTemporary('links.csv', links, folder);
  return folder;
}

it('loadDataset gives films the numbers that links.csv names, and no others', async () => {
  const { movies } = await loadDataset(await folderWith(LINKS));
  expect(movies.get(10)).toMatchObject({ imdbId: 114709, tmdbId: 862 });
  expect(movies.get(20)).toMatchObject({ imdbId: 113497 });
  expect(movies.get(20)).not.toHaveProperty('tmdbId');
  expect(movies.get(30)).toEqual({ movieId: 30, title: 'C', year: 1996, genres: [] });
  expect(movies.size).toBe(3);
});

it('loadDataset leaves out a links.csv that it cannot read, and numbers that fit into no column, and notes it', async () => {
  const notes: string[] = [];
  const { movies } = await loadDataset(await folderWith('id,title\n10,A\n'), { onNote: (note) => notes.push(note) });
  expect(movies.get(10)).not.toHaveProperty('imdbId');
  expect(notes.join('\n')).toMatch(/links\.csv is left out: .*lacks the columns/);
  const large = await loadDataset(await folderWith('movieId,imdbId,tmdbId\n10,9999999999,862\n'));
  expect(large.movies.get(10)).toMatchObject({ tmdbId: 862 });
  expect(large.movies.get(10)).not.toHaveProperty('imdbId');
});

it('a model keeps these numbers, and has no such columns where its data set has no links', async () => {
  const engine = await openEngine('js', { threads: 1 });
  const options = resolveOptions({ factors: 1, relevanceFactors: 3, sweeps: 1 });
  const dataset = await loadDataset(await folderWith(LINKS));
  const unlinked = {
    ...dataset,
    movies: new Map(
      [...dataset.movies].map(([id, { title, year, genres }]) => [id, { movieId: id, title, year, genres }]),
    ),
  };
  const [linked, plain] = [await train(engine, dataset, options), await train(engine, unlinked, options)];
  await engine.close();
  const { links } = openArtifact(linked).movies;
  expect([...links!.imdbIds]).toEqual([114709, 113497, 0]);
  expect([...links!.tmdbIds]).toEqual([862, 0, 0]);
  expect(openArtifact(plain).movies.links).toBe(undefined);
  expect(openArtifact(plain).movies.factors).toEqual(openArtifact(linked).movies.factors);
});
