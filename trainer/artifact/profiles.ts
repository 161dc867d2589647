import { FILES } from '../../shared/artifact/schema.ts';
import type { StoredUser } from '../../shared/artifact/user-batch.ts';
import type { Profile } from '../../shared/model/model.ts';
import { kmeans } from '../math/kmeans.ts';
import { type Artifact, openArtifact, usersOf, withFile } from './artifact.ts';
import { encodeProfiles } from './encode/profiles.ts';
import { describeTastes } from './profile-names.ts';

export interface ProfileSettings {
  /** Number of profiles; fewer where there are not enough users. */
  readonly clusters: number;
  readonly seed: number;
}

export const DEFAULT_PROFILES = 8;
/** About the fewest users that make a profile. */
const LEAST_USERS = 5;
const NO_TIMES = new Uint32Array(0);
/** Users that are clustered. More change nothing. */
const MOST_USERS = 20_000;

/** The artifact with `profiles.arrow`, which replaces one that it had. Without users it stays as it is. */
export async function withProfiles(artifact: Artifact, settings: ProfileSettings): Promise<Artifact> {
  const profiles = await tasteProfiles(artifact, settings);
  if (profiles.length === 0) return artifact;
  return withFile(artifact, FILES.profiles, encodeProfiles(profiles), profiles.length);
}

/**
 * Ready-made tastes, those of most users first: k-means over the users' relevance vectors, which rank. A profile is the mean of
 * its users' rating and relevance vectors and scores like a user.
 *
 * The output vectors are orthogonal axes of one scale, so the distance of two relevance vectors is that of the users' scores
 * over all movies. The mean of all users is subtracted first and the rest scaled to length 1. So profiles differ in what is
 * liked, not in how much was rated.
 */
async function tasteProfiles(artifact: Artifact, { clusters, seed }: ProfileSettings): Promise<Profile[]> {
  const model = openArtifact(artifact);
  const users: StoredUser[] = [];
  const step = Math.max(1, artifact.manifest.dataset.users / MOST_USERS);
  let at = 0;
  for await (const user of usersOf(artifact)) if (at++ >= users.length * step) users.push(kept(user));
  const C = Math.min(clusters, Math.max(1, Math.floor(users.length / LEAST_USERS)));
  if (users.length === 0) return [];
  const { labels } = kmeans(directions(users), model.movies.relevanceCount, { clusters: C, seed });
  const groups = Array.from({ length: C }, (_, c) => users.filter((_, u) => labels[u] === c))
    .filter((group) => group.length > 0)
    .sort((a, b) => b.length - a.length);
  const descriptions = describeTastes(model, groups);
  return groups.map((group, g) => ({
    ...descriptions[g],
    users: group.length,
    bias: meanOf(group, ({ bias }) => [bias])[0],
    factors: meanOf(group, ({ factors }) => factors),
    relevance: meanOf(group, ({ relevance }) => relevance),
  }));
}

/** The user apart from the batch that they were read from. */
function kept(user: StoredUser): StoredUser {
  const { factors, relevance, movieIds, stars } = user;
  return {
    ...user,
    factors: factors.slice(),
    relevance: relevance.slice(),
    movieIds: movieIds.slice(),
    stars: stars.slice(),
    times: NO_TIMES, // profiles do not look at them
  };
}

/** Each user's relevance vector minus the mean of all, scaled to length 1, (U, E). */
function directions(users: readonly StoredUser[]): Float64Array {
  const mean = meanOf(users, ({ relevance }) => relevance);
  const E = mean.length;
  const out = new Float64Array(users.length * E);
  users.forEach(({ relevance }, u) => {
    const direction = out.subarray(u * E, (u + 1) * E);
    for (let e = 0; e < E; e++) direction[e] = relevance[e] - mean[e];
    const length = Math.hypot(...direction);
    if (length > 0) for (let e = 0; e < E; e++) direction[e] /= length;
  });
  return out;
}

function meanOf(users: readonly StoredUser[], vector: (user: StoredUser) => ArrayLike<number>): Float32Array {
  const sum = new Float64Array(vector(users[0]).length);
  for (const user of users) {
    const values = vector(user);
    for (let x = 0; x < sum.length; x++) sum[x] += values[x] / users.length;
  }
  return Float32Array.from(sum);
}
