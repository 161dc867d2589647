import type { Manifest } from '../../artifact/manifest.ts';
import type { Catalogue, Model } from '../model.ts';
import { decodeMovies } from './catalogue.ts';
import { decodeNext } from './next.ts';
import { decodePosterior } from './posterior.ts';
import { decodeProfiles } from './profiles.ts';

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
