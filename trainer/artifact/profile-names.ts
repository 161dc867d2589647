import type { StoredUser } from '../../shared/artifact/user-batch.ts';
import { topK } from '../../shared/math/topk.ts';
import { likedFrom } from '../../shared/model/history.ts';
import type { Model, Profile } from '../../shared/model/model.ts';
import { naturalTitle } from '../../shared/title.ts';

const TYPICAL_MOVIES = 10;
const NAMED_MOVIES = 2;
const TYPICAL_GENRES = 2;
/** Share of a group that must like a movie to be typical, and share of the likes that must go to a genre. */
const LEAST_SHARE = 0.05;

type TasteDescription = Pick<Profile, 'profile' | 'name' | 'genres' | 'movieIds'>;

/**
 * Names groups of users by what is typical of each, compared with all of them together. A movie or genre that gets the share
 * a of a group's likes and p of everybody's stands out by (a − p) / √p, the standardised residual. That favours neither what
 * everybody likes nor what few know. Shares are of likes, not of users, because a group that rated little likes every movie
 * less often than others do.
 */
export function describeTastes(model: Model, groups: readonly (readonly StoredUser[])[]): TasteDescription[] {
  const everybody = likesOf(model, groups.flat());
  const taken = new Set<string>();
  return groups.map((group) => {
    const likes = likesOf(model, group);
    const movies = typicalMovies(likes, everybody);
    const genres = typicalGenres(model, likes.movies, everybody.movies);
    const titles = Array.from(movies.subarray(0, NAMED_MOVIES), (row) => naturalTitle(model.movies.title(row)));
    const parts = [genres.slice(0, TYPICAL_GENRES).join(' and '), titles.join(', ')].filter((part) => part !== '');
    return {
      profile: unusedSlug(genres, taken),
      name: parts.join(': ') || 'Everything',
      genres: genres.slice(0, TYPICAL_GENRES),
      movieIds: Int32Array.from(movies, (row) => model.movies.movieIds[row]),
    };
  });
}

interface Likes {
  readonly users: number;
  /** Users who like each movie. */
  readonly movies: Int32Array; // (M)
}

function likesOf({ movies, relevancePrior }: Model, users: readonly StoredUser[]): Likes {
  const likes = new Int32Array(movies.count);
  const likeFrom = likedFrom(relevancePrior.history);
  for (const { movieIds, stars } of users) {
    for (let j = 0; j < stars.length; j++) {
      if (stars[j] >= likeFrom) likes[movies.rowOf(movieIds[j])]++;
    }
  }
  return { users: users.length, movies: likes };
}

/** Rows of the movies that stand out, the most first. */
function typicalMovies(group: Likes, everybody: Likes): Int32Array {
  const least = Math.max(2, LEAST_SHARE * group.users);
  const [a, p] = [sharesOf(group.movies), sharesOf(everybody.movies)];
  const worth = a.map((share, row) => (group.movies[row] >= least ? (share - p[row]) / Math.sqrt(p[row]) : 0));
  return topK(worth, TYPICAL_MOVIES, (row) => worth[row] > 0);
}

/** Genres that stand out, the most first. */
function typicalGenres({ movies }: Model, groupLikes: Int32Array, allLikes: Int32Array): string[] {
  const shares = (likes: Int32Array) => {
    const counts = new Map(movies.genreNames.map((name) => [name, 0]));
    likes.forEach((n, row) => {
      for (const name of n > 0 ? movies.genres(row) : []) counts.set(name, counts.get(name)! + n);
    });
    return sharesOf([...counts.values()]);
  };
  const [a, p] = [shares(groupLikes), shares(allLikes)];
  const worth = a.map((share, g) => (share >= LEAST_SHARE ? (share - p[g]) / Math.sqrt(p[g]) : 0));
  return Array.from(
    topK(worth, worth.length, (g) => worth[g] > 0),
    (g) => movies.genreNames[g],
  );
}

/** Counts as shares of their sum. */
function sharesOf(counts: ArrayLike<number>): Float64Array {
  const shares = Float64Array.from(counts);
  const total = shares.reduce((sum, n) => sum + n, 0) || 1;
  return shares.map((n) => n / total);
}

/** A name such as "sci-fi-action" that is not taken: with one more genre where it is, else with a number. */
function unusedSlug(genres: readonly string[], taken: Set<string>): string {
  const slug = (parts: readonly string[]) =>
    parts
      .join('-')
      .toLowerCase()
      .replace(/['’]/g, '')
      .replace(/[^a-z0-9]+/g, '-');
  const candidates = [TYPICAL_GENRES, TYPICAL_GENRES + 1].map((n) => slug(genres.slice(0, n)) || 'taste');
  for (let n = 2; candidates.every((name) => taken.has(name)); n++) candidates.push(`${candidates[0]}-${n}`);
  const found = candidates.find((name) => !taken.has(name))!;
  taken.add(found);
  return found;
}
