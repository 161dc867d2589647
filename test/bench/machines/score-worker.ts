/** The part of `npm run bench -- score` that runs inside workerd: models, and scans of them by request. */

import { parseManifest } from '../../../shared/artifact/manifest.ts';
import { FILES } from '../../../shared/artifact/schema.ts';
import { byPopularity } from '../../../shared/artifact/serving-layout.ts';
import { readAllUsers } from '../../../shared/artifact/users-file.ts';
import type { MovieFilter } from '../../../shared/filters/movie-filters.ts';
import { selectionOf } from '../../../shared/filters/select.ts';
import { decodeModel } from '../../../shared/model/decode/model.ts';
import type { Model, UserVectors } from '../../../shared/model/model.ts';
import { Recommender } from '../../../worker/recommend/recommender.ts';
import kernel from '../../../worker/wasm/kernels/scorer.wasm';
import { WasmScorer } from '../../../worker/wasm/scorer.ts';
import { ANY_MOVIE, PlainScorer } from '../../fixtures/plain-scorer.ts';
import { mulberry } from '../../fixtures/random.ts';
import { randomModel, vectorsOf } from '../../worker/wasm/vectors.ts';
import reader from './memory-read.wasm';

const K20 = 20;
/** Factors of relevance, of the most rated movies, as in a version of the default size. */
const E = 64;
const RELEVANCE_MOVIES = 6000;
/** Users that take turns while a scan is timed. */
const TIMED_USERS = 64;

interface World {
  readonly users: readonly UserVectors[];
  readonly wasm: WasmScorer;
  readonly plain: PlainScorer;
  readonly model: Model;
  readonly recommender: Recommender;
  /** About an eighth of the movies pass. */
  readonly filter: MovieFilter;
  /** Reads as many bytes as the vectors have, and adds them up. */
  read(): void;
}

let world: World | undefined;

/** `spectrum`: scores vary as they do in a model trained on ML-1M, vectors of rarely rated movies are short. */
export interface Shape {
  readonly kind: 'plain' | 'spectrum';
  readonly movies: number;
  readonly columns: number;
  /** Bytes within which vectors and codes find place. */
  readonly room: number;
}

function normals(random: () => number): () => number {
  return () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

function synthetic({ kind, movies: M, columns, room }: Shape): World {
  const K = columns - 2; // bias and deviation are columns too
  const random = mulberry(7);
  const normal = normals(random);
  const model = randomModel({ M, K, E });
  const { factors, relevance, history, biases, deviations, ratingCounts } = model.movies;
  const deviation = (x: number) => (kind === 'plain' ? 1 : (x + 1) ** -0.4);
  for (let row = 0; row < M; row++) {
    ratingCounts[row] = Math.floor(3 * random() ** -1.1) - 3;
    const length = kind === 'plain' ? 0.2 : (0.4 * ratingCounts[row]) / (ratingCounts[row] + 20);
    biases[row] = length * normal();
    deviations[row] = length * normal();
    for (let x = 0; x < K; x++) factors[row * K + x] = length * deviation(x) * normal();
  }
  for (const row of byPopularity(ratingCounts).slice(RELEVANCE_MOVIES)) relevance.fill(0, row * E, (row + 1) * E);
  history.set(relevance);
  const users = Array.from({ length: 1000 }, (): UserVectors => {
    const own = Float64Array.from({ length: K }, (_, x) => deviation(x) * normal());
    const wanted = Float64Array.from({ length: E }, normal);
    return { bias: 0, factors: own, relevance: wanted, biasShare: 0, deviation: 0 };
  });
  return worldOf(model, users, room);
}

async function trained(form: FormData, room: number): Promise<World> {
  const bytes = async (name: string) => new Uint8Array(await (form.get(name) as unknown as Blob).arrayBuffer());
  const manifest = parseManifest(new TextDecoder().decode(await bytes(FILES.manifest)));
  const model = decodeModel(manifest, { movies: await bytes(FILES.movies), posterior: await bytes(FILES.posterior) });
  const users: UserVectors[] = [];
  for await (const user of readAllUsers(await bytes(FILES.users), manifest)) {
    users.push({ ...user, biasShare: 0, deviation: 0 });
  }
  // Every n-th, so that they are spread over all.
  const step = Math.max(1, Math.floor(users.length / 1000));
  return worldOf(model, users.filter((_, u) => u % step === 0).slice(0, 1000), room);
}

function worldOf(model: Model, users: readonly UserVectors[], room: number): World {
  const vectors = vectorsOf(kernel, model.movies, room);
  const { columns, blocks } = vectors.places.rating;
  const { memory, read } = new WebAssembly.Instance(reader, {}).exports as unknown as {
    memory: WebAssembly.Memory;
    read(from: number, bytes: number): number;
  };
  memory.grow(Math.ceil((64 * columns * blocks) / 65536) + 1);
  // Pages that nobody wrote to are all the same one, and that one is always in the cache.
  new Float32Array(memory.buffer).fill(1);
  return {
    users,
    wasm: new WasmScorer(vectors, model.userPrior),
    plain: new PlainScorer(model),
    model,
    recommender: new Recommender({ ...model, vectors }),
    filter: { genre: model.movies.genreNames.slice(0, 2), yearFrom: 1980, yearTo: 2000, minRatings: 1 },
    read: () => void read(0, 64 * columns * blocks),
  };
}

/** What is timed: one pass for one user, by predicted rating. */
const TASKS: Record<string, (world: World, user: UserVectors) => void> = {
  nothing: () => undefined,
  read: ({ read }) => read(),
  scores: ({ wasm }, user) => wasm.scores(user, 1),
  full: ({ wasm }, user) => wasm.best(user, 1, K20, ANY_MOVIE, true),
  exact: ({ wasm }, user) => wasm.best(user, 1, K20, ANY_MOVIE),
  filtered: ({ wasm, recommender, filter }, user) => wasm.best(user, 1, K20, recommender.select(filter)),
  unseen: ({ wasm, model, filter }, user) =>
    wasm.best(
      user,
      1,
      K20,
      selectionOf(model.movies, filter, [], () => null),
    ),
  mask: ({ model, filter }) => selectionOf(model.movies, filter),
  typescript: ({ plain }, user) => plain.best(user, 1, K20, ANY_MOVIE),
};

/** Users whose list by codes is not, row for row and bit for bit, that of the scan of every vector. */
function differing({ users, wasm }: World, blend: number): number {
  const list = (user: UserVectors, everything: boolean) =>
    JSON.stringify(wasm.best(user, blend, K20, ANY_MOVIE, everything));
  return users.filter((user) => list(user, false) !== list(user, true)).length;
}

export default {
  async fetch(request: Request): Promise<Response> {
    const { pathname, searchParams } = new URL(request.url);
    if (request.method === 'POST') world = undefined; // memory holds one
    if (pathname === '/synthetic') world = synthetic(await request.json<Shape>());
    if (pathname === '/trained') world = await trained(await request.formData(), Number(searchParams.get('room')));
    if (world === undefined) return new Response('no model', { status: 409 });
    if (pathname === '/run') {
      const task = TASKS[searchParams.get('task')!];
      const repeat = Number(searchParams.get('repeat'));
      for (let i = 0; i < repeat; i++) task(world, world.users[i % Math.min(TIMED_USERS, world.users.length)]);
    }
    if (pathname === '/differing') return Response.json([0, 1].map((blend) => differing(world!, blend)));
    return Response.json(world.users.length);
  },
};
