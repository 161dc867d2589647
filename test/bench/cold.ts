import { CURRENT_KEY, FILES } from '../../shared/schema.ts';
import type { BucketRead } from './bucket.ts';
import { type Stores, withWorkerd } from './serving.ts';
import { median } from './synthetic.ts';
import type { Bundle } from './workerd.ts';

/** The first answer of a fresh isolate, milliseconds; medians over fresh processes. */
export interface FirstAnswer {
  /** Process and isolate, until it listens; before the request. */
  readonly start: number;
  /** Request to answer. */
  readonly answer: number;
  /** Its parts: until current.json, then the manifest, is asked for and there; */
  readonly pointer: number;
  readonly manifest: number;
  /** from there until the model and the index of its users are read, checked and decoded, and the user is asked for; */
  readonly model: number;
  /** of which serving.arrow was under way; */
  readonly vectors: number;
  /** the read of the user's batch; and the rest: scores, items, the way back. */
  readonly user: number;
  readonly score: number;
}

/** Starts the Worker anew and asks it once, again and again. */
export async function firstAnswer(bundle: Bundle, stores: Stores, path: string, repeat: number): Promise<FirstAnswer> {
  const runs: FirstAnswer[] = [];
  for (let run = 0; run < repeat; run++) {
    await withWorkerd(bundle, stores, {}, async ({ url, startedIn }) => {
      stores.bucket.reads.length = 0;
      const began = performance.now();
      const response = await fetch(url + path);
      const text = await response.text();
      const ended = performance.now();
      if (response.status !== 200) throw new Error(`the first answer is ${response.status}: ${text}`);
      runs.push({ start: startedIn, ...partsOf(stores.bucket.reads, began, ended) });
    });
  }
  const names = Object.keys(runs[0]) as (keyof FirstAnswer)[];
  return Object.fromEntries(
    names.map((name) => [name, Number(median(runs.map((run) => run[name])).toFixed(1))]),
  ) as unknown as FirstAnswer;
}

/** When what was read tells where the time went. */
function partsOf(reads: readonly BucketRead[], began: number, ended: number): Omit<FirstAnswer, 'start'> {
  const of = (name: string) => reads.filter(({ key, method }) => method === 'get' && key.endsWith(name));
  const end = (name: string) => Math.max(...of(name).map((read) => read.ended));
  const [batch, vectors] = [of(FILES.users).at(-1)!, of(FILES.serving)[0]];
  const [pointer, manifest] = [end(CURRENT_KEY), end(FILES.manifest)];
  return {
    answer: ended - began,
    pointer: pointer - began,
    manifest: manifest - pointer,
    model: batch.began - manifest,
    vectors: vectors.ended - vectors.began,
    user: batch.ended - batch.began,
    score: ended - batch.ended,
  };
}
