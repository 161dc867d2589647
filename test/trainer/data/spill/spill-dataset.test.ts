import { readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { joinFile, loadDataset } from '../../../../trainer/data/index.ts';
import { indexRatings, timesByUser } from '../../../../trainer/data/rating-matrix.ts';
import { scaleOf } from '../../../../trainer/data/scale.ts';
import { spillDataset } from '../../../../trainer/data/spill/spill-dataset.ts';
import { timesBetween } from '../../../../trainer/data/times.ts';
import { titledOnly } from '../../../../trainer/data/titled.ts';
import { rowBlocks, rowsBetween } from '../../../../trainer/math/sparse.ts';
import { SpillFolder } from '../../../../trainer/math/spill-file.ts';
import { mulberry } from '../../../fixtures/random.ts';
import { errorOf, temporaryFolder, writeTemporary } from '../files.ts';

/** Rows in no order, of pairs that repeat, some without a time. */
function messyRows(count: number, seed: number): string {
  const uniform = mulberry(seed);
  const below = (n: number) => Math.floor(n * uniform());
  const row = () => [
    uniform() < 0.1 ? 2 ** 31 - 1 - below(300) : 1 + below(3000),
    uniform() < 0.1 ? 900_000_000 + below(40) : 1 + below(90),
    (1 + below(10)) / 2,
    uniform() < 0.2 ? '' : 1_000_000_000 + below(500),
  ];
  return `userId,movieId,rating,timestamp\n${Array.from({ length: count }, () => `${row().join(',')}\n`).join('')}`;
}

function spillFolder(parent?: string): SpillFolder {
  const spill = new SpillFolder(parent);
  onTestFinished(() => spill.close());
  return spill;
}

const TINY = { partRatings: 300, blockRatings: 100 };

it.each(['with a movie file', 'without one'])('ratings on a disk are the ratings in memory, %s', async (films) => {
  const path = await writeTemporary('ratings.csv.gz', messyRows(4000, 1));
  const lines = Array.from({ length: 80 }, (_, m) => `${m + 5},Film ${m} (1999),Drama\n`).join('');
  if (films === 'with a movie file') {
    await writeTemporary('movies.csv', `movieId,title,genres\n${lines}`, dirname(path));
  }
  const extra = [
    await writeTemporary('more.csv', messyRows(900, 2)),
    await writeTemporary('last.csv', messyRows(300, 3)),
  ];
  await writeTemporary('movies.csv', 'movieId,title,genres\n900000007,Beside (2001),War\n', dirname(extra[1]));
  const [heldNotes, notes]: [string[], string[]] = [[], []];
  let held = await loadDataset(path, { onNote: (note) => heldNotes.push(note) });
  const joined: object[] = [];
  for (const file of extra) {
    const { dataset, ...added } = await joinFile(held, file);
    joined.push({ path: file, ...added });
    held = dataset;
  }
  const { dataset, untitled } = titledOnly(held);
  const matrix = indexRatings(dataset.ratings, dataset.movies);

  const spilled = await spillDataset(spillFolder(), path, extra, { onNote: (note) => notes.push(note) }, TINY);
  const { byUser, byMovie } = spilled.matrix;
  expect(rowsBetween(byUser, 0, byUser.rows)).toEqual(matrix.byUser);
  expect(rowsBetween(byMovie, 0, byMovie.rows)).toEqual(matrix.byMovie);
  expect([...rowBlocks(byMovie)].length).toBeGreaterThan(10);
  expect(timesBetween(spilled.times, 0, dataset.ratings.count)).toEqual(timesByUser(dataset.ratings));
  expect(spilled).toMatchObject({
    name: dataset.name,
    sha256: dataset.sha256,
    ratings: { count: dataset.ratings.count },
    matrix: { userIds: matrix.userIds, movieIds: matrix.movieIds },
    scale: scaleOf(dataset.ratings),
    newest: Math.max(...dataset.ratings.timestamps),
    untitled,
    joined,
  });
  expect([...spilled.movies]).toEqual([...dataset.movies]);
  expect(notes).toEqual(expect.arrayContaining(heldNotes));
});

it('rows of a join that have no time are told of, as many as in memory', async () => {
  const [path, more] = [
    await writeTemporary('a.csv', messyRows(400, 4)),
    await writeTemporary('b.csv', messyRows(200, 5)),
  ];
  const [heldNotes, notes]: [string[], string[]] = [[], []];
  await joinFile(await loadDataset(path), more, (note) => heldNotes.push(note));
  await spillDataset(spillFolder(), path, [more], { onNote: (note) => notes.push(note) }, TINY);
  expect(heldNotes).toHaveLength(1);
  expect(notes).toContain(heldNotes[0]);
});

it('a disk keeps no name of spilled ratings, not even of those that break off', async () => {
  const parent = join(await temporaryFolder(), 'spill');
  const path = await writeTemporary('ratings.csv', `${messyRows(500, 6)}7,8,nine,1\n`);
  const error = await errorOf(spillDataset(spillFolder(parent), path, [], {}, TINY));
  expect(error.message).toContain(`${path}:502`);
  expect(await readdir(parent)).toEqual([]); // files without a name: a killed process leaves nothing either
});
