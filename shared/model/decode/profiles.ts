import { column, readTable, requireLists, scalars, vectors } from '../../artifact/arrow-columns.ts';
import type { Manifest } from '../../artifact/manifest.ts';
import { FILES } from '../../artifact/schema.ts';
import type { Profile } from '../model.ts';

/** profiles.arrow → its profiles. Throws `bad-artifact`. */
export function decodeProfiles(bytes: Uint8Array, manifest: Manifest): Profile[] {
  const table = readTable(bytes, manifest, FILES.profiles);
  const P = table.numRows;
  const { factors: K, relevanceFactors: E } = manifest;
  const biases = scalars(table, Float32Array, 'bias', P);
  const factors = vectors(table, Float32Array, 'factors', P, K);
  const relevance = vectors(table, Float32Array, 'relevance', P, E);
  for (const name of ['genres', 'movies']) requireLists(table, name);
  const value = <T>(name: string, row: number) => column(table, name).at(row) as T;
  return Array.from({ length: P }, (_, row) => ({
    profile: value<string>('profile', row),
    name: value<string>('name', row),
    users: value<number>('users', row),
    genres: [...value<Iterable<string>>('genres', row)],
    movieIds: value<Int32Array>('movies', row),
    bias: biases[row],
    factors: factors.subarray(row * K, (row + 1) * K),
    relevance: relevance.subarray(row * E, (row + 1) * E),
  }));
}
