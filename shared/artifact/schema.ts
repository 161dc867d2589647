/**
 * The artifact's names. Shapes, everywhere in Marquee:
 *   U users · M movies · K rating factors (without the bias) · D = K + 1, factors with the bias slot last · E relevance factors
 *   S scales of a history
 *
 * movies.arrow, one record batch, rows ascending by movieId:
 *   movieId int32 · title utf8 · year int16? · genres list<dictionary<utf8>> · ratingCount int32 · ratingMean float32
 *   bias float32 · imdbId int32, tmdbId int32, both optional, 0 unknown
 *   ownId, language, poster, url utf8, available uint8, all optional, of a catalogue of one's own, empty unknown
 *   factors f32[K] · relevance f32[E] (output vectors) · history f32[S·E] (input vectors)
 *   prior f32[D] (implicit prior vectors) · factorVariance f32[K]
 * users.arrow, record batches of USER_BATCH rows, ascending by userId, schema metadata `firstUserIds`:
 *   userId int32 · bias float32 · factors f32[K] · relevance f32[E] · rated list<int32> · ratings list<uint8>
 *   times list<uint32>, optional (movie ids, oldest first, half-star counts, seconds since 1970)
 * posterior.arrow, one row: see `shared/model/decode/posterior.ts`
 * serving.arrow, optional, one row: the vectors of movies.arrow again, as the Worker keeps them (`serving-layout.ts`);
 * what a fresh isolate needs first comes first
 *   order int32[M] (row of each position) · relevance f32[R · 16 · even(E)], R blocks, after which no movie has any
 *   rating f32[⌈M/16⌉ · 16 · even(2 + K)] (bias, deviation, factors)
 *   by position: history f32[R · 16 · S · E], or uint8 with historyScale f32[R · 16 · S]
 *   by row: prior f32[M · D] · factorVariance f32[M · K], or uint8 with priorScale f32[M] · factorVarianceScale f32[M]
 * profiles.arrow, optional, a row a ready-made taste:
 *   profile utf8 · name utf8 · users int32 · genres list<utf8> · movies list<int32> (typical ones, the most first)
 *   bias float32 · factors f32[K] · relevance f32[E] (the mean of its users: it scores like a user)
 * next.arrow, optional, one row, read when somebody first asks what they watch next (`NextModel`): C movies, L successors
 *   movieIds int32[C] · history f32[C · S · F] · starts int32[C + 1] · successors int32[L] · weights f32[L · Q]
 *   decay, floor, likeFrom, dislikeBelow, dislikeWeight f64[Q] · trendWeight float64, optional
 * movies.I-of-K.arrow, serving.I-of-K.arrow, optional: parts of the catalogue (`parts.ts`), the first without vectors
 * compact.arrow.gz, optional, gzipped: the movies for a browser that answers by itself (`compact.ts`). As movies.arrow, but
 * a vector column `factors` is two, factorsLow and factorsHigh u8[K], the bytes of codes, or three, factorsTop besides;
 * schema metadata `steps`
 */
export const FORMAT_VERSION = 4;

/** The format before histories had scales. */
export const ONE_SCALE_FORMAT = 3;

/**
 * Formats that are read. In 3 a history has one scale, whose five weights are float64 columns of posterior.arrow, and
 * the `history` of serving.arrow is f32[R · 16 · even(E)], laid out as `relevance` is.
 */
export const READ_FORMATS = [ONE_SCALE_FORMAT, FORMAT_VERSION] as const;

export const FILES = {
  manifest: 'manifest.json',
  movies: 'movies.arrow',
  users: 'users.arrow',
  posterior: 'posterior.arrow',
  serving: 'serving.arrow',
  profiles: 'profiles.arrow',
  next: 'next.arrow',
  compact: 'compact.arrow.gz',
  report: 'report.html',
  /** A network of `train --model neural`, and its vocabulary (`vocabulary.ts`). */
  network: 'neural.onnx',
  vocabulary: 'neural.json',
} as const;

/**
 * Bytes of the largest next.arrow that is served: two versions of 87,000 movies and their files of this size fit into an
 * isolate. 6,000 movies of 2 · 64 numbers leave room for 130 successors each.
 */
export const LARGEST_NEXT = 12 * 2 ** 20;

/** Files without which a version cannot be served. */
export const REQUIRED_FILES = [FILES.movies, FILES.users, FILES.posterior] as const;

/** The pointer to the version in service; written last, conditionally on its etag. */
export const CURRENT_KEY = 'current.json';

/** Users per record batch of users.arrow: one range read of one batch fetches one user. */
export const USER_BATCH = 64;

/** Schema metadata of users.arrow: base64 of int32 little-endian, the first userId of each batch. */
export const FIRST_USER_IDS = 'firstUserIds';

/** R2 key (and path under the model folder's parent) of a version's file. */
export function artifactKey(version: string, file: string): string {
  return `models/${version}/${file}`;
}
