import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Model } from '../../../shared/model/model.ts';
import { foldIn } from '../../../shared/model/score.ts';
import { openArtifact, readArtifact } from '../../../trainer/artifact/artifact.ts';
import type { Ratings } from '../../../trainer/data/dataset.ts';
import { Measurement } from '../../../trainer/evaluate/measurement.ts';
import { UserTrial } from '../../../trainer/evaluate/user-trial.ts';
import { Tally } from '../../../trainer/experiments/simulation/arms.ts';
import { listScore } from '../../../trainer/math/metrics.ts';
import { compareModels } from '../../../trainer/retrain/verdict/compare.ts';
import { ratingsOf } from '../../fixtures/datasets.ts';
import { movieIdOf } from '../../fixtures/groups.ts';

const FIXTURE = join(import.meta.dirname, '../../fixtures/artifact');
const USER = 1;
/** Movies that came after the model was trained. */
const NEW_MOVIES = [900_001, 900_002, 900_003];

const shown = ratingsOf(Array.from({ length: 8 }, (_, j) => [USER, movieIdOf(2 * j), j % 2 === 0 ? 5 : 1, j] as const));

let model: Model;
/** Of the user's list the first and the fourth movie are liked, the second is not; so are three that the model lacks. */
let asked: Ratings;
let positions: Int32Array;
beforeAll(async () => {
  model = openArtifact(await readArtifact(FIXTURE));
  const known = knownOf(shown);
  const user = { vectors: foldIn(model, known), asked: [], seen: new Set(known.rows) };
  const best = new UserTrial(model, shown, user).rank(new Float32Array(model.movies.count));
  const idAt = (place: number) => model.movies.movieIds[best[place]];
  asked = ratingsOf([
    [USER, idAt(0), 4.5, 100],
    [USER, idAt(1), 3, 101],
    [USER, idAt(3), 5, 102],
    ...NEW_MOVIES.map((movieId, j) => [USER, movieId, 4, 200 + j] as const),
  ]);
  positions = Int32Array.from({ length: asked.count }, (_, i) => i);
});

const knownOf = ({ movieIds, stars }: Ratings) => ({ rows: Int32Array.from(movieIds, model.movies.rowOf), stars });
function trialOfUser(): UserTrial {
  const known = knownOf(shown);
  return new UserTrial(model, asked, { vectors: foldIn(model, known), asked: positions, seen: new Set(known.rows) });
}

describe('UserTrial', () => {
  it('counts each liked movie that the model lacks as a relevant movie of its own', () => {
    expect(trialOfUser().relevant.size).toBe(2 + NEW_MOVIES.length);
  });

  it('ranks twenty movies, none of which the user has seen', () => {
    const top = trialOfUser().rank(new Float32Array(model.movies.count));
    expect(top).toHaveLength(20);
    for (const row of knownOf(shown).rows) expect(top).not.toContain(row);
  });

  it('takes the relevant movies from other ratings than the asked ones when told to', () => {
    const user = { vectors: foldIn(model, knownOf(shown)), asked: [0], ahead: positions, seen: new Set<number>() };
    const trial = new UserTrial(model, asked, user);
    expect(trial.predicted).toHaveLength(1);
    expect(trial.relevant.size).toBe(5);
  });
});

describe('every offline measurement', () => {
  it('gives one user the same RMSE and NDCG@10 as the shared trial', () => {
    const trial = trialOfUser();
    const scores = new Float32Array(model.movies.count);
    const rmse = Math.sqrt(trial.squares.reduce((sum, square) => sum + square, 0) / asked.count);
    const { ndcg } = listScore(trial.rank(scores), trial.relevant);
    expect(ndcg).toBeGreaterThan(0);

    const measurement = new Measurement(model, asked, new Float32Array(model.movies.count));
    const known = knownOf(shown);
    const user = { vectors: foldIn(model, known), rated: known, seen: new Set(known.rows) };
    measurement.add(positions, user, () => 3);
    const tally = new Tally(asked);
    const visit = { userId: USER, positions: [...positions], ahead: [...positions] };
    tally.add(model, visit, known, new Set(known.rows));
    const { champion } = compareModels([{ shown, test: asked }], model, model);
    for (const measured of [measurement.result().metrics, tally.quality(), champion]) {
      expect(measured.rmse).toBeCloseTo(rmse, 12);
      expect(measured['ndcg@10']).toBe(ndcg);
    }
  });
});
