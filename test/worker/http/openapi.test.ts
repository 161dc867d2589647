import { describe, expect, it } from 'vitest';
import { createApp } from '../../../worker/app.ts';
import kernel from '../../../worker/wasm/kernels/scorer.wasm';
import { PAGES } from '../../fuzz/pages.ts';
import { fixtureManifest, startApp, startSession } from '../app.ts';

const app = startApp();
// biome-ignore lint/suspicious/noExplicitAny: a document
type Any = any;
const { body: document } = await app.get('/openapi.json');

const operations: Any[] = Object.values<Any>(document.paths).flatMap((path) => Object.values(path));
const queryOf = (path: string, name: string) =>
  document.paths[path].get.parameters.find((parameter: Any) => parameter.name === name).schema;

describe('GET /openapi.json', () => {
  it('gives every operation an id of its own, made of its method and path', () => {
    const ids = operations.map(({ operationId }) => operationId);
    expect(new Set(ids).size).toBe(ids.length);
    for (const id of ids) expect(id).toMatch(/^(get|post|put|delete)[A-Z][A-Za-z]*$/);
    expect(document.paths['/recommend.csv'].get.operationId).toBe('getRecommendCsv');
    expect(document.paths['/marks/{movieId}'].delete.operationId).toBe('deleteMarksByMovieId');
    expect(document.paths['/gatherings/{code}/members'].post.operationId).toBe('postGatheringsByCodeMembers');
  });

  it('has every route but those that the fuzz asks as pages, so that none is left out of either', () => {
    const described = Object.entries<Any>(document.paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    );
    const known = new Set([...described, ...PAGES.map((page) => `GET ${page}`)]);
    const named = (path: string) =>
      path.replace('/film/:movieId{\\d+}', '/film/1').replace(/:(\w+)(\{[^}]*\})?/g, '{$1}');
    const routes = createApp({ kernel }).routes.filter(({ method }) => method !== 'ALL');
    const asked = routes.map(({ method, path }) => `${method} ${named(path)}`);
    expect(asked.length).toBeGreaterThan(70);
    expect(asked.filter((route) => !known.has(route))).toEqual([]);
  });

  it('types every answer: a problem where it went wrong, no body where the caller has it already', () => {
    for (const { operationId, responses } of operations) {
      if (operationId.startsWith('getHealth')) continue; // always answers with the same body
      const problem = responses.default.content['application/problem+json'].schema;
      expect(problem, operationId).toEqual({ $ref: '#/components/schemas/Problem' });
      for (const [status, { content }] of Object.entries<Any>(responses)) {
        expect(content === undefined, `${operationId} ${status}`).toBe(status === '304');
      }
    }
    for (const path of ['/gatherings/{code}', '/gatherings/{code}/question', '/map/films', '/poster/{movieId}']) {
      expect(Object.keys(document.paths[path].get.responses), path).toContain('304');
    }
  });

  it('says the bounds of the elements of lists, of names and of times', () => {
    expect(queryOf('/top', 'genre')).toMatchObject({ maxItems: 500, items: { minLength: 1, maxLength: 200 } });
    expect(queryOf('/next', 'skip')).toMatchObject({ items: { type: 'integer', minimum: 0, maximum: 2_147_483_647 } });
    const { properties } = document.paths['/gatherings'].post.requestBody.content['application/json'].schema;
    expect(properties.name).toMatchObject({ minLength: 1, maxLength: 24, pattern: '\\S' });
    const { timestamp } = document.components.schemas.NewMark.properties;
    expect(timestamp).toMatchObject({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER });
  });

  it('says what a body may not combine, and that one value may stand without its list', () => {
    const bodyOf = (path: string) => document.paths[path].post.requestBody.content['application/json'].schema;
    const recommend = bodyOf('/recommend');
    expect(recommend.oneOf.map(({ required }: Any) => required[0])).toEqual(['ratings', 'people', 'suppose']);
    expect(recommend.dependentRequired).toEqual({ user: ['suppose'] });
    for (const schema of [recommend, bodyOf('/explain/{movieId}')]) {
      expect(schema.not).toEqual({ required: ['by', 'blend'] });
      expect(schema.properties.genre).toMatchObject({ type: ['array', 'string'], minLength: 1, maxItems: 500 });
      expect(schema.properties.excludeId).toMatchObject({ type: ['array', 'integer'], minimum: 0, maxItems: 500 });
    }
    expect(queryOf('/top', 'genre').type).toBe('array');
    const { items } = document.components.schemas.Batch.properties.people;
    const one = (way: string) => ({ type: 'object', required: [way] });
    expect(items.oneOf).toEqual([one('user'), one('profile'), one('ratings')]);
  });

  it('allows each format of a manifest that this release reads', () => {
    const { enum: formats } = document.components.schemas.Manifest.properties.formatVersion;
    expect(formats).toContain(fixtureManifest().formatVersion);
    expect(formats.length).toBeGreaterThan(1);
  });

  it('says where a body may be left out, and there it may', async () => {
    const { headers } = await startSession(app);
    for (const path of ['/gatherings', '/gatherings/{code}/members']) {
      expect(document.paths[path].post.requestBody.required ?? false).toBe(false);
    }
    const opened = await app.request('POST', '/gatherings', { headers });
    expect(opened.status).toBe(200);
    expect(await app.request('POST', `/gatherings/${opened.body.code}/members`, { headers })).toMatchObject({
      status: 200,
    });
  });
});

describe('a path that a route with a parameter would match, too', () => {
  it.each(['DELETE', 'PUT', 'OPTIONS'])('answers 405 to %s, and names its own methods alone', async (method) => {
    const { status, headers } = await app.request(method, '/ratings/predictions?n=3');
    expect([status, headers.get('Allow')]).toEqual([405, 'GET, HEAD']);
  });
});
