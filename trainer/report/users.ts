import { FILES } from '../../shared/artifact/schema.ts';
import type { StoredUser } from '../../shared/artifact/user-batch.ts';
import { openUsers, rangesOf, readUser } from '../../shared/artifact/users-file.ts';
import { topK } from '../../shared/math/topk.ts';
import type { Model, MovieTable } from '../../shared/model/model.ts';
import { predictRating } from '../../shared/model/score.ts';
import { FIRST_PERSON } from '../../shared/ratings/people.ts';
import { naturalTitle } from '../../shared/title.ts';
import { type Artifact, usersOf } from '../artifact/artifact.ts';
import { trainedVectors } from '../data/by-user.ts';
import { random, STREAMS } from '../math/random.ts';

export interface CrossTab {
  readonly users: readonly number[];
  readonly movies: readonly string[];
  readonly cells: readonly { readonly user: number; readonly movie: string; readonly stars: number }[];
}

export interface Sample {
  readonly actual: number;
  readonly predicted: number;
}

/** Users and movies of the cross table. */
const BUSIEST = 12;
/** Ratings whose predictions are shown, about. */
const SAMPLE = 3000;

/** What a report says of users. They are read one by one, since together they may not fit into memory. */
export async function surveyUsers(artifact: Artifact, model: Model) {
  const counts = new Map<number, number>();
  const [userIds, lengths]: [number[], number[]] = [[], []];
  const sample: Sample[] = [];
  const draw = random(0, STREAMS.report).uniform;
  for await (const user of usersOf(artifact)) {
    for (const value of user.stars) counts.set(value, (counts.get(value) ?? 0) + 1);
    userIds.push(user.userId);
    lengths.push(user.stars.length);
    sample.push(...sampleOf(model, user, draw));
  }
  const busiest = topK(Int32Array.from(lengths), BUSIEST, (u) => userIds[u] < FIRST_PERSON);
  return {
    histogram: Array.from(counts, ([stars, count]) => ({ stars, count })).sort((a, b) => a.stars - b.stars),
    busiest: await usersNamed(
      artifact,
      Array.from(busiest, (u) => userIds[u]),
    ),
    sample,
  };
}

async function usersNamed({ manifest, files, users }: Artifact, userIds: readonly number[]): Promise<StoredUser[]> {
  const read = users ?? rangesOf(files.get(FILES.users)!);
  const index = await openUsers(read, manifest);
  const found: StoredUser[] = [];
  for (const userId of userIds) found.push((await readUser(read, index, userId))!);
  return found;
}

/** Ratings of the most active users for the most rated movies. People who rated on the page are never shown. */
export function crossTab(movies: MovieTable, busiest: readonly StoredUser[]): CrossTab {
  const rows = topK(movies.ratingCounts, BUSIEST);
  const titles = Array.from(rows, (row) => naturalTitle(movies.title(row)));
  const cells = busiest.flatMap(({ userId, movieIds, stars }) =>
    Array.from(rows, (row, m) => ({ movie: titles[m], at: movieIds.indexOf(movies.movieIds[row]) }))
      .filter(({ at }) => at >= 0)
      .map(({ movie, at }) => ({ user: userId, movie, stars: stars[at] })),
  );
  return { users: busiest.map(({ userId }) => userId), movies: titles, cells };
}

/** Predictions for a user's training ratings drawn at random; for all of them where there are few. */
function sampleOf(model: Model, user: StoredUser, draw: () => number): Sample[] {
  const share = SAMPLE / Math.max(1, model.manifest.dataset.ratings);
  const chosen = Array.from(user.movieIds.keys()).filter(() => draw() < share);
  if (chosen.length === 0) return [];
  const vectors = trainedVectors(model, user);
  return chosen.map((j) => ({
    actual: user.stars[j],
    predicted: predictRating(model, vectors, model.movies.rowOf(user.movieIds[j])),
  }));
}
