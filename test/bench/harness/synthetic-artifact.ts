import type { Manifest } from '../../../shared/artifact/manifest.ts';
import { FORMAT_VERSION } from '../../../shared/artifact/schema.ts';
import { byPopularity } from '../../../shared/artifact/serving-layout.ts';
import type { UserVectors } from '../../../shared/model/model.ts';
import { foldIn } from '../../../shared/model/score.ts';
import { type Artifact, buildArtifact, openArtifact } from '../../../trainer/artifact/artifact.ts';
import type { MovieColumns, PosteriorColumns, UserColumns } from '../../../trainer/artifact/columns.ts';
import { mulberry } from '../../fixtures/random.ts';
import { plantNext } from './synthetic-next.ts';

/** K rating factors and the bias make rows of 64; E relevance factors. */
const K = 63;
const E = 128;
const D = K + 1;

/** What was liked, and what was just watched. */
const SCALES = [
  { decay: 10, floor: 0.1, likeFrom: 4, dislikeBelow: 3, dislikeWeight: -0.2 },
  { decay: 3, floor: 0, likeFrom: 0, dislikeBelow: 0, dislikeWeight: 0 },
];
const S = SCALES.length;

/** Movies that the relevance model knows: training's default (`--relevance-movies`). */
const RELEVANCE_MOVIES = 6000;

/** Movies that may be asked about. */
const ASKED = 300;
const MEAN = 3.5;
const TAU = 1.6;
const GENRES = [
  'Action',
  'Adventure',
  'Animation',
  'Comedy',
  'Crime',
  'Documentary',
  'Drama',
  'Horror',
  'Sci-Fi',
  'War',
];
const WORDS = ['Amber', 'Bridge', 'Circus', 'Desert', 'Engine', 'Forest', 'Garden', 'Harbor', 'Island', 'Journey'];

export interface ArtifactShape {
  readonly version: string;
  readonly movies: number; // M
  readonly users: number; // U
  readonly seed?: number;
}

/** Ids have gaps, as real ones do. */
export const movieIdAt = (row: number) => 3 * row + 1;
export const userIdAt = (row: number) => 2 * row + 1;

/**
 * An artifact that serves like a trained one of its size, through the project's own encoders. What a scan's speed depends
 * on follows a model trained on ML-1M: of the variance of scores over users the leading 8, 16 and 32 of the 64 axes carry
 * 85, 93 and 97%; few movies have most of the ratings, and vectors of movies that few rated are short. Users rate by a
 * planted taste, and their stored vectors are folded in from those ratings, as training's last pass does it.
 */
export function syntheticArtifact({ version, movies: M, users: U, seed = 1 }: ArtifactShape): Artifact {
  const random = mulberry(seed);
  const movies = plantMovies(M, random);
  const posterior = plantPosterior(movies);
  const rated = plantRatings(movies, U, random);
  const ratings = rated.offsets[U];
  const about = manifestOf({ version, movies: M, users: U, seed }, ratings);
  const blank = { biases: new Float32Array(U), factors: new Float32Array(U * K), relevance: new Float32Array(U * E) };
  const next = plantNext(movies, { movies: RELEVANCE_MOVIES, relevanceFactors: E });
  const tables = { movies, posterior, next };
  const model = openArtifact(buildArtifact(about, { ...tables, users: userColumns(U, rated, blank) }));
  for (let u = 0; u < U; u++) {
    const [from, to] = [rated.offsets[u], rated.offsets[u + 1]];
    const stars = Float32Array.from(rated.halfStars.subarray(from, to), (half) => half / 2);
    const user: UserVectors = foldIn(model, { rows: rated.rows.subarray(from, to), stars });
    blank.biases[u] = user.bias;
    blank.factors.set(user.factors, u * K);
    blank.relevance.set(user.relevance, u * E);
  }
  return buildArtifact(about, { ...tables, users: userColumns(U, rated, blank) });
}

/** Standard deviation of axis x in users and in movies alike: the variance of scores falls as (x + 1)^−1.6. */
const deviation = (x: number) => (x + 1) ** (-1.6 / 4);

/** Standard normal numbers, by Box and Muller. */
function normals(random: () => number): () => number {
  return () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

function plantMovies(M: number, random: () => number): MovieColumns {
  const normal = normals(random);
  // Rank by popularity is scattered over the rows; 0.2% of the movies have a thousand ratings or more.
  const ratingCounts = Int32Array.from({ length: M }, () => Math.floor(3 * random() ** -1.1) - 3);
  const known = (row: number) => ratingCounts[row] / (ratingCounts[row] + 20);
  /** (M, width) vectors, short where few rated. */
  const planted = (width: number, scale: number) => {
    const values = new Float32Array(M * width);
    for (let row = 0, at = 0; row < M; row++) {
      const length = scale * known(row);
      for (let x = 0; x < width; x++) values[at++] = length * deviation(x) * normal();
    }
    return values;
  };
  const factors = planted(K, 0.4);
  const relevance = planted(E, 0.4);
  for (const row of byPopularity(ratingCounts).slice(RELEVANCE_MOVIES)) relevance.fill(0, row * E, (row + 1) * E);
  const variances = Float32Array.from(
    factors,
    (_, at) => 0.16 * deviation(at % K) ** 2 * (1 - known(Math.floor(at / K))),
  );
  return {
    movieIds: Int32Array.from({ length: M }, (_, row) => movieIdAt(row)),
    titles: Array.from({ length: M }, (_, row) => `${WORDS[row % 10]} ${WORDS[Math.floor(row / 10) % 10]} ${row}, The`),
    years: Int16Array.from({ length: M }, (_, row) => (row % 25 === 5 ? 0 : 1930 + (row % 95))),
    genres: Array.from({ length: M }, (_, row) => [...new Set([GENRES[row % 7], GENRES[row % 10]])].sort()),
    ratingCounts,
    ratingMeans: Float32Array.from(ratingCounts, (n) => (n > 0 ? MEAN + 0.5 * normal() : 0)),
    biases: Float32Array.from(ratingCounts, (_, row) => known(row) * 0.4 * normal()),
    factors,
    relevance,
    history: Float32Array.from({ length: S * M * E }, (_, at) => {
      const row = Math.floor(at / (S * E));
      return 0.5 * relevance[row * E + (at % E)];
    }),
    priors: Float32Array.from({ length: M * D }, (_, at) => {
      const [row, x] = [Math.floor(at / D), at % D];
      return x < K ? 0.2 * factors[row * K + x] : 0;
    }),
    factorVariances: variances,
  };
}

interface Rated {
  readonly offsets: Int32Array; // (U + 1)
  readonly rows: Int32Array; // (N)
  readonly halfStars: Uint8Array; // (N)
}

/** 20 to some 300 ratings a user, well-known movies more often, by a planted taste and some noise. */
function plantRatings({ factors, biases, ratingCounts }: MovieColumns, U: number, random: () => number): Rated {
  const normal = normals(random);
  const offsets = new Int32Array(U + 1);
  for (let u = 0; u < U; u++) offsets[u + 1] = offsets[u] + 20 + Math.floor(280 * random() ** 2);
  const byCount = byPopularity(ratingCounts);
  const rows = new Int32Array(offsets[U]);
  const halfStars = new Uint8Array(offsets[U]);
  const taste = new Float64Array(K);
  for (let u = 0, at = 0; u < U; u++) {
    for (let x = 0; x < K; x++) taste[x] = deviation(x) * normal();
    const seen = new Set<number>();
    while (at < offsets[u + 1]) {
      const row = wellKnown(byCount, random);
      if (seen.has(row)) continue;
      seen.add(row);
      let stars = MEAN + biases[row] + 0.7 * normal();
      for (let x = 0; x < K; x++) stars += taste[x] * factors[row * K + x];
      rows[at] = row;
      halfStars[at++] = Math.min(10, Math.max(1, Math.round(2 * stars)));
    }
  }
  return { offsets, rows, halfStars };
}

/** A row as people come to rate it: half of them among the best-known sixteenth of the movies. */
export function wellKnown(byCount: Int32Array, random: () => number): number {
  return byCount[Math.floor(byCount.length * random() ** 4)];
}

function plantPosterior({ movieIds, ratingCounts }: MovieColumns): PosteriorColumns {
  const asked = byPopularity(ratingCounts)
    .subarray(0, ASKED)
    .map((row) => movieIds[row])
    .sort();
  const precision = new Float64Array(D * D);
  for (let x = 0; x < K; x++) precision[x * D + x] = deviation(x) ** -2;
  precision[K * D + K] = 6;
  const identity = Float32Array.from({ length: E * E }, (_, at) => (at % (E + 1) === 0 ? 1 : 0));
  return {
    scalars: { tau: TAU, mean: MEAN, strangerDecay: 20 },
    history: SCALES,
    precision,
    constants: new Float64Array(3 * D),
    base: new Float32Array(E),
    newcomer: Float32Array.from([...identity, ...new Float32Array(E)]),
    newMovie: new Float64Array(D),
    seen: {
      movieIds: asked,
      factors: new Float32Array(8 * asked.length),
      noise: new Float32Array(asked.length).fill(1),
    },
  };
}

function userColumns(
  U: number,
  { offsets, rows, halfStars }: Rated,
  vectors: Pick<UserColumns, 'biases' | 'factors' | 'relevance'>,
): UserColumns {
  return {
    userIds: Int32Array.from({ length: U }, (_, u) => userIdAt(u)),
    ...vectors,
    ratedOffsets: offsets,
    ratedMovieIds: rows.map(movieIdAt),
    ratedHalfStars: halfStars,
  };
}

function manifestOf(
  { version, movies, users, seed }: Required<ArtifactShape>,
  ratings: number,
): Omit<Manifest, 'files'> {
  return {
    formatVersion: FORMAT_VERSION,
    version,
    createdAt: '2026-01-01T00:00:00.000Z',
    dataset: { name: 'synthetic', ratings, users, movies, cutoff: null, sha256: '0'.repeat(64) },
    config: { seed },
    scale: { min: 0.5, max: 5, step: 0.5 },
    mean: MEAN,
    tau: TAU,
    link: 'identity',
    factors: K,
    relevanceFactors: E,
    historyScales: S,
    blend: 0,
    metrics: { protocol: 'none: planted' },
    engine: 'planted',
    device: 'none',
    seconds: 0,
  };
}
