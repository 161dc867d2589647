import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { FILES } from '../../../shared/artifact/schema.ts';
import type { StoredUser } from '../../../shared/artifact/user-batch.ts';
import { readAllUsers } from '../../../shared/artifact/users-file.ts';
import type { Model } from '../../../shared/model/model.ts';
import { scoredBy } from '../../../shared/model/next.ts';
import { foldIn, scoreMovies } from '../../../shared/model/score.ts';
import { type Artifact, openArtifact, readArtifact } from '../../../trainer/artifact/artifact.ts';
import type { Split } from '../../../trainer/data/split.ts';
import { coldStartCurve } from '../../../trainer/evaluate/cold-start.ts';
import { measure } from '../../../trainer/evaluate/evaluate.ts';
import { placeOf } from '../../../trainer/math/metrics.ts';
import { ratingsOf } from '../../fixtures/datasets.ts';

let artifact: Artifact;
let model: Model;
/** Users of the fixture, asked for the film that comes right after their last one. */
let users: readonly StoredUser[];
let trained: Split;
let places: readonly number[];

const rowsOf = ({ movieIds }: StoredUser) => Int32Array.from(movieIds, model.movies.rowOf);

/** The movie after the last one of a user that takes part and has one that they did not rate. */
function filmAfter(user: StoredUser): number | undefined {
  const { rows, starts, successors } = model.next!;
  const rated = rowsOf(user);
  const last = rated.at(-1)!;
  const place = rows.indexOf(last);
  const own = place < 0 ? [] : [...successors.subarray(starts[place], starts[place + 1])].map((at) => rows[at]);
  return own.find((row) => !rated.includes(row));
}

beforeAll(async () => {
  artifact = await readArtifact(join(import.meta.dirname, '../../fixtures/artifact'));
  const { users: file, ...rest } = openArtifact(artifact);
  model = rest;
  const all: StoredUser[] = [];
  for await (const user of readAllUsers(file, artifact.manifest)) all.push(user);
  users = all.filter((user) => filmAfter(user) !== undefined);
  const earlier = users.flatMap(({ userId, movieIds, stars }) =>
    Array.from(movieIds, (movieId, j) => [userId, movieId, stars[j], j] as const),
  );
  const asked = users.map((user) => [user.userId, model.movies.movieIds[filmAfter(user)!], 3, 1000] as const);
  trained = { name: 'loo', train: ratingsOf(earlier), test: ratingsOf(asked), shown: null, isOrdered: true };
  places = users.map((user) => {
    const rated = { rows: rowsOf(user), stars: Float32Array.from(user.stars) };
    const scores = new Float32Array(model.movies.count);
    scoreMovies(model, scoredBy(foldIn(model, rated), { blend: 0, next: model.next }, model, rated), 0, scores);
    const seen = new Set(rated.rows);
    return placeOf(scores, filmAfter(user)!, (row) => model.movies.ratingCounts[row] > 0 && !seen.has(row));
  });
});

const folded = (): Split => ({ ...trained, name: 'users', shown: trained.train });
const hits = () => places.filter((place) => place < 10).length / users.length;

describe('an evaluation of a split with an order', () => {
  it('asks for the next film by what is watched next, of users of the training and of people who are folded in', async () => {
    expect(users.length).toBeGreaterThan(50);
    expect(hits()).toBeGreaterThan(0.5);
    for (const split of [trained, folded()]) {
      const { byNext, metrics } = await measure(artifact, split);
      expect(byNext!.next.asked).toBe(users.length);
      expect(byNext!.next['hr@10']).toBeCloseTo(hits(), 12);
      expect(metrics.next!['hr@10']).toBeLessThan(hits());
    }
  });

  it('orders every list so where that is asked for, and then asks once', async () => {
    for (const split of [trained, folded()]) {
      const { byNext, metrics } = await measure(artifact, split, { by: 'next', popularity: [0, 1] });
      expect(byNext).toBeUndefined();
      expect(metrics.next!['hr@10']).toBeCloseTo(hits(), 12);
    }
  });

  it('asks nothing more where the model did not learn it, or the split has no order', async () => {
    const { isOrdered: _, ...unordered } = trained;
    expect(await measure(artifact, unordered)).not.toHaveProperty('byNext');
    const files = new Map([...artifact.files].filter(([name]) => name !== FILES.next));
    const without = { manifest: artifact.manifest, files };
    expect(await measure(without, trained)).not.toHaveProperty('byNext');
    await expect(measure(without, trained, { by: 'next' })).rejects.toMatchObject({ code: 'bad-flag' });
  });

  it('measures newcomers by it: without ratings they get what is popular', () => {
    const split = { ...folded(), test: ratingsOf(users.map((user) => [user.userId, 2, 5, 1000])) };
    const [none] = coldStartCurve(model, split, 'first', 'next');
    const [same] = coldStartCurve(model, split, 'first', 'relevance');
    expect(none.shown).toBe(0);
    expect(none.metrics['ndcg@10']).toBe(same.metrics['ndcg@10']);
  });
});
