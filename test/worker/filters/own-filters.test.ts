import '../../fixtures/own-filters.ts';
import { describe, expect, it } from 'vitest';
import { FILES } from '../../../shared/artifact/schema.ts';
import { selectionOf } from '../../../shared/filters/select.ts';
import { decodeModel } from '../../../shared/model/decode/model.ts';
import kernel from '../../../worker/wasm/kernels/scorer.wasm';
import { WasmScorer } from '../../../worker/wasm/scorer.ts';
import { userIdOf } from '../../fixtures/groups.ts';
import type { OwnFilter } from '../../fixtures/own-filters.ts';
import { PlainScorer } from '../../fixtures/plain-scorer.ts';
import { fixtureFile, fixtureManifest, idsOf, startApp } from '../app.ts';
import { vectorsOf } from '../wasm/vectors.ts';

const app = startApp();
const model = decodeModel(fixtureManifest(), {
  movies: fixtureFile(FILES.movies),
  posterior: fixtureFile(FILES.posterior),
});
const { movies } = model;
const USER = `/recommend?user=${userIdOf(0)}&rated=show`;

/** The movies that pass, worked out from the file's columns alone. */
function passing(test: (row: number) => boolean): number[] {
  return [...movies.movieIds.keys()].filter(test).map((row) => movies.movieIds[row]);
}

const ofNineties = passing((row) => movies.years[row] >= 1990 && movies.years[row] < 2000);
const lengths = [...movies.movieIds.keys()].map((row) => movies.title(row).length).sort((a, b) => a - b);
const LENGTH = lengths[lengths.length >> 1];
const short = passing((row) => movies.title(row).length <= LENGTH);

/** Holds the list of a request against that of `whole`, without the movies that are not allowed. */
async function expectOnly(url: string, allowed: readonly number[], whole: string) {
  const all = idsOf(await app.get(`${whole}&k=100&offset=0`)).concat(idsOf(await app.get(`${whole}&k=100&offset=100`)));
  expect(all).toHaveLength(movies.count);
  const allowedOfAll = all.filter((id) => allowed.includes(id)).slice(0, 100);
  for (const _ of ['the first time', 'by a mask']) expect(idsOf(await app.get(`${url}&k=100`))).toEqual(allowedOfAll);
}

describe('a filter that only the registry knows', () => {
  it('leaves out enough for these tests to mean something', () => {
    for (const allowed of [ofNineties, short]) {
      expect(allowed.length).toBeGreaterThan(10);
      expect(allowed.length).toBeLessThan(movies.count - 10);
    }
  });

  it('is a query parameter of GET /recommend, whether it is tested early or late', async () => {
    await expectOnly(`${USER}&decadeOf=1995`, ofNineties, USER);
    await expectOnly(`${USER}&titleLength=${LENGTH}`, short, USER);
    const both = ofNineties.filter((id) => short.includes(id));
    await expectOnly(`${USER}&titleLength=${LENGTH}&decadeOf=1990`, both, USER);
  });

  it('is a parameter of GET /similar and GET /top', async () => {
    const [movieId] = movies.movieIds;
    for (const path of [
      `/similar/${movieId}?minRatings=0`,
      `/similar?movie=${movieId}&minRatings=0`,
      '/top?by=count',
    ]) {
      const { status, body } = await app.get(`${path}&decadeOf=1995&k=100`);
      expect(status).toBe(200);
      const others = ofNineties.filter((id) => path.startsWith('/top') || id !== movieId);
      expect(idsOf({ status, body, headers: new Headers() }).sort((a, b) => a - b)).toEqual(others.slice(0, 100));
    }
  });

  it('is a field of the body of POST /recommend', async () => {
    const ratings = [{ movieId: movies.movieIds[0], rating: 5 }];
    const ask = async (filter: OwnFilter) =>
      idsOf(await app.post('/recommend', { ratings, rated: 'show', k: 100, ...filter }));
    const found = await ask({ decadeOf: 1995 });
    expect(found.length).toBeGreaterThan(10);
    expect(found.filter((id) => !ofNineties.includes(id))).toEqual([]);
    expect((await ask({ titleLength: LENGTH })).filter((id) => !short.includes(id))).toEqual([]);
  });

  it('is checked by its schema, by name', async () => {
    const { status, body } = await app.get('/recommend?decadeOf=99');
    expect([status, body.code, body.detail]).toEqual([
      400,
      'bad-parameter',
      'decadeOf: got "99", expected at least 1800',
    ]);
    expect((await app.get('/top?titleLength=short')).body.detail).toMatch(/^titleLength: got "short", expected/);
  });

  it('is refused by a version that lacks its column', async () => {
    const { status, body } = await app.get('/recommend?language=fr');
    expect([status, body.code]).toEqual([400, 'bad-parameter']);
    expect(body.detail).toBe('language: the movies of this version have no column language');
  });

  it('is documented wherever it is taken', async () => {
    const { body } = await app.get('/openapi.json');
    const schema = {
      type: 'integer',
      minimum: 1800,
      maximum: 2200,
      description: 'Only movies of the decade of this year.',
    };
    const parameter = expect.objectContaining({ name: 'decadeOf', in: 'query', required: false, schema });
    for (const path of ['/recommend', '/similar/{movieId}', '/similar', '/top']) {
      expect(body.paths[path].get.parameters).toContainEqual(parameter);
    }
    const { content } = body.paths['/recommend'].post.requestBody;
    expect(content['application/json'].schema.properties.decadeOf).toEqual(schema);
  });

  it('lists the same movies by the WASM scorer as by the plain one', () => {
    const wasm = new WasmScorer(vectorsOf(kernel, movies), model.userPrior);
    const plain = new PlainScorer(model);
    const user = {
      bias: 0.1,
      factors: Float64Array.from({ length: movies.factorCount }, (_, x) => Math.sin(x + 1)),
      relevance: Float64Array.from({ length: movies.relevanceCount }, (_, e) => Math.cos(e + 1)),
      biasShare: 0,
      deviation: 0,
    };
    const filters: OwnFilter[] = [{ decadeOf: 1995 }, { titleLength: LENGTH }, { decadeOf: 1985, titleLength: LENGTH }];
    for (const filter of filters) {
      for (const blend of [0, 1]) {
        const rowsBy = (scorer: PlainScorer | WasmScorer) =>
          scorer.best(user, blend, 30, selectionOf(movies, filter)).map(({ row }) => row);
        expect(rowsBy(wasm).length).toBeGreaterThan(5);
        expect(rowsBy(wasm)).toEqual(rowsBy(plain));
      }
    }
  });
});
