import { describe, expect, it } from 'vitest';
import { FILES } from '../../../shared/artifact/schema.ts';
import { decodeModel } from '../../../shared/model/decode/model.ts';
import type { StoredFilm } from '../../../shared/ratings/tables/film.ts';
import { FilmsBeside, MOST_ADDED } from '../../../worker/recommend/added-model.ts';
import kernel from '../../../worker/wasm/kernels/scorer.wasm';
import { fixtureFile, fixtureManifest } from '../app.ts';
import { vectorsOf } from '../wasm/vectors.ts';

const model = decodeModel(fixtureManifest(), {
  movies: fixtureFile(FILES.movies),
  posterior: fixtureFile(FILES.posterior),
});
const own = { ...model, vectors: vectorsOf(kernel, model.movies) };
const M = model.movies.count;

/** A film that the version lacks. */
const film = (n: number, change: Partial<StoredFilm> = {}): StoredFilm => ({
  id: `film ${n}`,
  movieId: 1_000_000 + n,
  about: { title: `Film ${n}`, year: 1990, genres: ['Horror'] },
  available: true,
  ...change,
});

describe('films beside a version', () => {
  it('keep their rows when others come, go and change, so that a request under way still means the same films', async () => {
    const beside = new FilmsBeside(own);
    const rows = async (films: readonly StoredFilm[]) => {
      const { movies } = (await beside.with(films))!.model;
      return films.map(({ movieId }) => movies.rowOf(movieId));
    };
    expect(await rows([film(1), film(2)])).toEqual([M, M + 1]);
    const gone = film(1, { available: false });
    expect(await rows([gone, film(2), film(0)])).toEqual([M, M + 1, M + 2]);
    const renamed = film(2, { about: { title: 'Another title', year: null, genres: [] } });
    expect(await rows([gone, renamed, film(0)])).toEqual([M, M + 1, M + 2]);
    expect((await beside.with([gone, renamed, film(0)]))!.model.movies.title(M + 1)).toBe('Another title');
  });

  it('are the newest where there are too many, and those that have a row stay', async () => {
    const beside = new FilmsBeside(own);
    const films = Array.from({ length: MOST_ADDED + 5 }, (_, n) => film(n));
    const { movies } = (await beside.with(films))!.model;
    expect(movies.count).toBe(M + MOST_ADDED);
    expect([4, 5].map((n) => movies.rowOf(film(n).movieId))).toEqual([-1, M]);
    expect((await beside.with([...films, film(9999)]))!.model.movies.rowOf(film(9999).movieId)).toBe(-1);
  });

  it('are none where the version knows all that is said of', async () => {
    const known = film(0, { movieId: model.movies.movieIds[0] });
    expect(await new FilmsBeside(own).with([])).toBeUndefined();
    expect(await new FilmsBeside(own).with([known])).toBeUndefined();
  });
});
