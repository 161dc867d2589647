import { describe, expect, it } from 'vitest';
import { filmsOf } from '../../../trainer/data/titled.ts';
import { withToldFilms } from '../../../trainer/retrain/told-films.ts';
import { datasetOf, lowRank } from '../../fixtures/datasets.ts';

const ABOUT = { title: 'Fern', year: 2001, genres: ['Drama'], url: 'https://x.example/fern' };
const film = (id: string, movieId: number) => ({ id, movieId, about: ABOUT, available: true });
const base = datasetOf(lowRank(4, 5, 1));
const movie = (movieId: number, id: string) => ({ movieId, title: id, year: null, genres: [], own: { id } });

describe('withToldFilms', () => {
  it('a film that the data set lacks comes in under its number with all that was said of it', () => {
    const { movies, ratings } = withToldFilms({ ...base, movies: new Map([[1, movie(1, 'a')]]) }, [film('fern', 900)]);
    expect(ratings).toBe(base.ratings);
    expect(movies.get(900)).toEqual({
      movieId: 900,
      title: 'Fern',
      year: 2001,
      genres: ['Drama'],
      own: { id: 'fern', url: 'https://x.example/fern' },
    });
  });

  it('where the film file names it, by number or by id, the file holds', () => {
    const dataset = { ...base, movies: new Map([[1, movie(1, 'a')]]) };
    expect(withToldFilms(dataset, [film('other', 1), film('a', 900)])).toBe(dataset);
  });

  it('in a data set without a film file the rated films keep their place', () => {
    const dataset = { ...base, movies: new Map() };
    const films = filmsOf(dataset);
    expect(filmsOf(withToldFilms(dataset, [film('fern', 900)]))).toEqual(new Set([...films, 900]));
  });
});
