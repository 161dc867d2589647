import type { Manifest } from '../../../shared/artifact/manifest.ts';
import { artifactKey } from '../../../shared/artifact/schema.ts';
import type { StoredFilm } from '../../../shared/ratings/tables/film.ts';
import { loadCompact } from '../../version/compact-loader.ts';
import type { Send } from '../state/api.ts';
import { answerOf } from '../state/api-error.ts';
import { privateApp } from './app.ts';
import { OwnRatings } from './own-ratings.ts';
import type { Texts } from './texts.ts';

/** What `GET /compact` answers. */
export interface CompactAnswer {
  readonly manifest: Manifest;
  readonly hidden: readonly number[];
  readonly films?: readonly StoredFilm[];
}

/** What private mode is made of. */
interface Means {
  /** Sends a request to where the model is. */
  readonly fetched: Send;
  readonly kernel: WebAssembly.Module;
  /** Where ratings and marks are kept. */
  readonly texts: Texts;
}

/** Loads the model into this browser, and answers from there. Throws `ApiError`, `bad-artifact`. */
export async function startPrivate({ fetched, kernel, texts }: Means): Promise<Send> {
  const about = await answerOf<CompactAnswer>(fetched('/compact'));
  const bucket = filesOf(about.manifest.version, fetched);
  const served = await loadCompact(bucket, about, kernel);
  return privateApp({ served, ratings: new OwnRatings(texts), bucket, fetched });
}

/** As much of R2 as loading takes, over the Worker's route. */
function filesOf(version: string, fetched: Send): R2Bucket {
  const before = artifactKey(version, '');
  const get = async (key: string) => {
    const response = await fetched(`/compact/${version}/${key.slice(before.length)}`);
    return response.ok ? response : null;
  };
  return { get } as unknown as R2Bucket;
}
