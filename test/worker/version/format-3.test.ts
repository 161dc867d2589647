import { env } from 'cloudflare:workers';
import { describe, expect, it } from 'vitest';
import { FILES } from '../../../shared/artifact/schema.ts';
import { decodeModel } from '../../../shared/model/decode/model.ts';
import { orderedBy } from '../../../shared/model/ordering.ts';
import { foldIn, scoreMovies } from '../../../shared/model/score.ts';
import { inFormat3 } from '../../fixtures/format-3.ts';
import { movieIdOf, userIdOf } from '../../fixtures/groups.ts';
import { fixtureFile, fixtureManifest, publishFixture, startApp } from '../app.ts';

const RATINGS = [0, 4, 9, 21].map((row, j) => ({ movieId: movieIdOf(row), rating: 5 - j }));
const VERSION = '20260101T000000Z-format3';
const names = [FILES.movies, FILES.users, FILES.posterior, FILES.serving, FILES.profiles];
const given = new Map(names.map((name) => [name as string, fixtureFile(name)]));
const old = await inFormat3({ ...fixtureManifest(), version: VERSION }, given);

/** The scores of the whole list, by movie, as shared/ computes them from the files. */
function expected(): Map<number, number> {
  const [movies, posterior] = [FILES.movies, FILES.posterior].map((name) => old.files.get(name)!);
  const model = decodeModel(old.manifest, { movies, posterior });
  const rated = {
    rows: Int32Array.from(RATINGS, ({ movieId }) => model.movies.rowOf(movieId)),
    stars: Float32Array.from(RATINGS, ({ rating }) => rating),
  };
  const scores = new Float32Array(model.movies.count);
  scoreMovies(model, orderedBy(foldIn(model, rated), { blend: 0 }, model.relevancePrior, RATINGS.length), 0, scores);
  return new Map(Array.from(scores, (score, row) => [model.movies.movieIds[row], score]));
}

describe.each([
  ['with serving.arrow', true],
  ['without serving.arrow', false],
])('a version of format 3 %s', (_, serving) => {
  it('is served: it folds in and explains as its files say', async () => {
    const files = serving ? old.manifest.files : old.manifest.files.filter(({ name }) => name !== FILES.serving);
    const manifest = { ...old.manifest, historyScales: undefined, files };
    const damage = Object.fromEntries(names.map((name) => [name, old.files.get(name)!]));
    await publishFixture(env.MODELS, VERSION, { damage, manifest });
    const app = startApp();
    const { status, body } = await app.post('/recommend', { ratings: RATINGS, blend: 0, k: 100, explain: 5 });
    expect(status).toBe(200);
    expect(body.model.version).toBe(VERSION);
    const scores = expected();
    for (const { movieId, score } of body.items) expect(score).toBeCloseTo(scores.get(movieId)!, 5);
    expect(body.items[0].because[0]).toMatchObject({ why: 'liked' });
    expect((await app.get(`/recommend?user=${userIdOf(0)}`)).body.basis).toBe('trained');
  });
});
