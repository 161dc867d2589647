import { dirname } from 'node:path';
import { describe, expect, it } from 'vitest';
import { joinFile } from '../../../trainer/data/index.ts';
import { datasetOf, ratingsOf } from '../../fixtures/datasets.ts';
import { errorOf, type Row, rowsOf, writeTemporary } from './files.ts';

const HEAT = { movieId: 20, title: 'Heat', year: 1995, genres: ['Crime'] };
const BASE: readonly Row[] = [
  [1, 10, 3, 100],
  [1, 20, 4, 200],
  [2, 10, 2, 300],
];
const base = datasetOf(ratingsOf(BASE), new Map([[20, HEAT]]));

describe('joinFile', () => {
  it('a joined file adds new users, new movies and new ratings of known users, in :: and in CSV', async () => {
    const dat = await joinFile(base, await writeTemporary('mine.dat', '7::30::5::400\n2::20::1::500\n'));
    const csv = await joinFile(
      base,
      await writeTemporary('mine.csv', 'movieId,userId,rating,timestamp\n30,7,5,400\n20,2,1,500\n'),
    );
    expect(rowsOf(dat.dataset.ratings)).toEqual([...BASE, [7, 30, 5, 400], [2, 20, 1, 500]]);
    expect(dat).toMatchObject({ ratings: 2, known: 0, dataset: { name: 'synthetic + mine.dat' } });
    expect(csv.dataset.sha256).toBe(dat.dataset.sha256);
    expect(csv.dataset.sha256).not.toBe(base.sha256);
  });

  it('the later timestamp wins for a pair that both have, and the file where they are equal', async () => {
    const path = await writeTemporary('mine.dat', '1::10::5::99\n1::20::1::200\n2::10::4.5::301\n');
    const { dataset, known } = await joinFile(base, path);
    expect(rowsOf(dataset.ratings)).toEqual([
      [1, 10, 3, 100],
      [1, 20, 1, 200],
      [2, 10, 4.5, 301],
    ]);
    expect(known).toBe(3);
  });

  it('rows without a time count as new as the newest rating before them, file after file', async () => {
    const notes: string[] = [];
    const path = await writeTemporary('first.csv', 'userId,movieId,rating\n1,10,5\n7,10,4\n');
    const first = await joinFile(base, path, (note) => notes.push(note));
    expect(notes).toEqual([`${path}: ratings without a time count as new as the newest before: 2`]);
    const second = await joinFile(first.dataset, await writeTemporary('second.csv', 'userId,movieId,rating\n7,10,2\n'));
    expect(rowsOf(second.dataset.ratings)).toEqual([
      [1, 20, 4, 200],
      [2, 10, 2, 300],
      [1, 10, 5, 300],
      [7, 10, 2, 300],
    ]);
  });

  it('new movies get their titles from the movie file beside the ratings, and untitled ones are listed', async () => {
    const path = await writeTemporary('mine.dat', '7::20::5::400\n7::30::5::400\n7::40::3::400\n');
    const films = 'movieId,title,genres\n20,Another (2001),War\n30,Alien (1979),Horror\n50,Unrated (2002),War\n';
    await writeTemporary('movies.csv', films, dirname(path));
    const { dataset, untitled } = await joinFile(base, path);
    expect([...dataset.movies.values()]).toEqual([
      HEAT, // the data set's own entry stays
      { movieId: 30, title: 'Alien', year: 1979, genres: ['Horror'] },
    ]);
    expect(untitled).toEqual([40]);
  });

  it('a malformed file is refused by name and line', async () => {
    const error = await errorOf(joinFile(base, await writeTemporary('mine.dat', '7::20::5::400\n7::x::5::400\n')));
    expect(error.message).toMatch(/mine\.dat:2: got "7::x::5::400", expected a movieId/);
  });
});
