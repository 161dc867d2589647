import { column, readTable, requireLists, scalars, vectors } from '../../artifact/arrow-columns.ts';
import type { Manifest } from '../../artifact/manifest.ts';
import { FILES } from '../../artifact/schema.ts';
import type { Catalogue, Model, Profile } from '../model.ts';
import { decodeMovies } from './catalogue.ts';
import { decodeNext } from './next.ts';
import { decodePosterior } from './posterior.ts';

/**
 * Bytes of the required files, and of the optional ones that there are → a model. Numeric columns are views of `movies`,
 * nothing is copied: keep the bytes.
 * Checks row counts and dimensions against the manifest (sizes and hashes: `verifyFile`, before). Throws `bad-artifact`.
 */
export function decodeModel(
  manifest: Manifest,
  files: { movies: Uint8Array; posterior: Uint8Array; profiles?: Uint8Array; next?: Uint8Array },
): Model {
  const movies = decodeMovies(files.movies, manifest);
  const model = { ...decodeAbout(manifest, movies, files), movies };
  return files.next ? { ...model, next: decodeNext(files.next, model) } : model;
}

/** What the files beside movies.arrow say. */
export function decodeAbout(
  manifest: Manifest,
  movies: Catalogue,
  { posterior, profiles }: { posterior: Uint8Array; profiles?: Uint8Array },
): Omit<Model, 'movies'> {
  return {
    manifest,
    ...decodePosterior(posterior, manifest, movies),
    profiles: profiles ? decodeProfiles(profiles, manifest) : [],
  };
}

function decodeProfiles(bytes: Uint8Array, manifest: Manifest): Profile[] {
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
