import { CURRENT_KEY, FILES } from '../../../shared/artifact/schema.ts';
import { median } from '../harness/synthetic.ts';
import type { BucketRead } from '../machines/memory-bucket.ts';
import { type Stores, withWorkerd } from '../machines/stores.ts';
import type { Bundle } from '../machines/workerd.ts';

/** The first answer of a fresh isolate, milliseconds; medians over fresh processes. */
export interface FirstAnswer extends Parts {
  readonly asked: string;
}

interface Parts {
  /** Process and isolate, until it listens; before the request. */
  readonly start: number;
  /** Request to answer. */
  readonly answer: number;
  /** Its parts: until current.json, then the manifest, is asked for and there; */
  readonly pointer: number;
  readonly manifest: number;
  /** from there until the index of users and what a list takes are read, checked and decoded, and the user is asked for; */
  readonly model: number;
  /** the read of the user's batch; and the rest: vectors that the answer waits for, scores, items, the way back. */
  readonly user: number;
  readonly score: number;
}

/** Starts the Worker anew and asks it once, again and again; each question in turn. */
export async function firstAnswers(
  bundle: Bundle,
  stores: Stores,
  questions: Readonly<Record<string, string>>,
  repeat: number,
): Promise<FirstAnswer[]> {
  const runs = Object.entries(questions).map(([asked, path]) => ({ asked, path, answers: [] as Parts[] }));
  for (let turn = 0; turn < repeat; turn++) {
    for (const { path, answers } of runs) answers.push(await firstAnswer(bundle, stores, path));
  }
  return runs.map(({ asked, answers }) => {
    const names = Object.keys(answers[0]) as (keyof Parts)[];
    const medians = names.map((name) => [name, Number(median(answers.map((each) => each[name])).toFixed(1))]);
    return { asked, ...Object.fromEntries(medians) };
  });
}

function firstAnswer(bundle: Bundle, stores: Stores, path: string): Promise<Parts> {
  return withWorkerd(bundle, stores, {}, async ({ url, startedIn }) => {
    stores.bucket.reads.length = 0;
    const began = performance.now();
    const response = await fetch(url + path);
    const text = await response.text();
    const ended = performance.now();
    if (response.status !== 200) throw new Error(`the first answer is ${response.status}: ${text}`);
    return { start: startedIn, ...partsOf(stores.bucket.reads, began, ended) };
  });
}

/** When what was read tells where the time went. */
function partsOf(reads: readonly BucketRead[], began: number, ended: number): Omit<Parts, 'start'> {
  const of = (name: string) => reads.filter(({ key, method }) => method === 'get' && key.endsWith(name));
  const end = (name: string) => Math.max(...of(name).map((read) => read.ended));
  const batch = of(FILES.users).at(-1)!;
  const [pointer, manifest] = [end(CURRENT_KEY), end(FILES.manifest)];
  return {
    answer: ended - began,
    pointer: pointer - began,
    manifest: manifest - pointer,
    model: batch.began - manifest,
    user: batch.ended - batch.began,
    score: ended - batch.ended,
  };
}
