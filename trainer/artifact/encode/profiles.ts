import { type Data, Float32, Int32 } from 'apache-arrow';
import type { Profile } from '../../../shared/model/model.ts';
import { offsetsOf } from '../../math/sparse.ts';
import { batchOf, fileOf, lists, numeric, texts, vectors } from '../arrow-data.ts';

/** profiles.arrow: one record batch. */
export function encodeProfiles(profiles: readonly Profile[]): Uint8Array<ArrayBuffer> {
  const column = <T>(of: (profile: Profile) => T) => profiles.map(of);
  const genres = column((one) => one.genres);
  const movies = column((one) => Array.from(one.movieIds));
  return fileOf([
    batchOf(profiles.length, {
      profile: texts(column((one) => one.profile)),
      name: texts(column((one) => one.name)),
      users: numeric(new Int32(), Int32Array.from(column((one) => one.users))),
      genres: lists(offsetsOf(genres.map(({ length }) => length)), texts(genres.flat())),
      movies: lists(
        offsetsOf(movies.map(({ length }) => length)),
        numeric(new Int32(), Int32Array.from(movies.flat())),
      ),
      bias: numeric(new Float32(), Float32Array.from(column((one) => one.bias))),
      factors: vectorsOf(column((one) => one.factors)),
      relevance: vectorsOf(column((one) => one.relevance)),
    }),
  ]);
}

function vectorsOf(rows: readonly ArrayLike<number>[]): Data {
  return vectors(Float32Array.from(rows.flatMap((row) => Array.from(row))), rows.length);
}
