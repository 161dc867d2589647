import type { StoredUser } from '../../shared/artifact/users-file.ts';
import { topK } from '../../shared/math/topk.ts';
import type { Model, Profile } from '../../shared/model/model.ts';
import { naturalTitle } from '../../shared/title.ts';

const TYPICAL_MOVIES = 10;
const NAMED_MOVIES = 2;
const TYPICAL_GENRES = 2;
/** Share of a group that must like a movie, and of its likes that must go to a genre, to stand for the group. */
const LEAST_SHARE = 0.05;

type About = Pick<Profile, 'profile' | 'name' | 'genres' | 'movieIds'>;

/**
 * What is typical of groups of users against all of them together. A movie or a genre to which the share a of a group's
 * likes goes, and p of everybody's, stands out by (a − p) / √p, its part of the standardised residual; that favours neither
 * what everybody likes nor what hardly anybody knows. Shares of likes, not of users: a group that rated little likes every
 * movie less often than others do.
 */
export function describeTastes(model: Model, groups: readonly (readonly StoredUser[])[]): About[] {
  const everybody = likesOf(model, groups.flat());
  const taken = new Set<string>();
  return groups.map((group) => {
    const own = likesOf(model, group);
    const movies = typicalMovies(own, everybody);
    const genres = typicalGenres(model, own.movies, everybody.movies);
    const titles = Array.from(movies.subarray(0, NAMED_MOVIES), (row) => naturalTitle(model.movies.title(row)));
    const about = [genres.slice(0, TYPICAL_GENRES).join(' and '), titles.join(', ')].filter((part) => part !== '');
    return {
      profile: unusedSlug(genres, taken),
      name: about.join(': ') || 'Everything',
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
  for (const { movieIds, stars } of users) {
    for (let j = 0; j < stars.length; j++) {
      if (stars[j] >= relevancePrior.history.likeFrom) likes[movies.rowOf(movieIds[j])]++;
    }
  }
  return { users: users.length, movies: likes };
}

function typicalMovies(own: Likes, all: Likes): Int32Array {
  const least = Math.max(2, LEAST_SHARE * own.users);
  const [a, p] = [sharesOf(own.movies), sharesOf(all.movies)];
  const worth = a.map((share, row) => (own.movies[row] >= least ? (share - p[row]) / Math.sqrt(p[row]) : 0));
  return topK(worth, TYPICAL_MOVIES, (row) => worth[row] > 0);
}

/** Genres that stand out, the most first. */
function typicalGenres({ movies }: Model, own: Int32Array, all: Int32Array): string[] {
  const shares = (likes: Int32Array) =>
    sharesOf(
      movies.genreNames.map((_, g) =>
        likes.reduce((sum, n, row) => (movies.genreBits[row] & (1 << g) ? sum + n : sum), 0),
      ),
    );
  const [a, p] = [shares(own), shares(all)];
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

/** "sci-fi-action"; where others have that name already, with the next genres, in the end with a number. */
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
