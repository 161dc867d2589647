import { env, InferenceSession, Tensor } from 'onnxruntime-web/wasm';
import {
  meanStars,
  NEIGHBOURS,
  nearestUsers,
  networkRows,
  type PredictRows,
} from '../../../shared/model/network-users.ts';

/** What the network predicts for films. Loaded only on demand. */
export interface Opinion {
  /** Stars by movie id; films that the network has never seen are absent. */
  readonly stars: ReadonlyMap<number, number>;
  /** How many people the network learned from. */
  readonly people: number;
  /** How many of them stand for this person: none without ratings. */
  readonly alike: number;
}

interface NetworkInfo {
  readonly version: string;
  readonly users: number;
  readonly movieIds: readonly number[];
}

// The runtime lies beside this page; one thread, which needs no cross-origin isolation.
env.wasm.wasmPaths = '/ort/';
env.wasm.numThreads = 1;

interface Network extends NetworkInfo {
  readonly predict: PredictRows;
}

let network: Promise<Network> | undefined;

/**
 * Asks the network of the version in service. The people with the nearest taste stand for this person, whom it never
 * saw.
 */
export async function askNetwork(
  ratings: readonly { readonly movieId: number; readonly rating: number }[],
  movieIds: readonly number[],
): Promise<Opinion> {
  network ??= open();
  network.catch(() => {
    network = undefined;
  });
  const { predict, users, movieIds: known } = await network;
  const row = networkRows(known);
  const [rated, asked] = [ratings.filter(({ movieId }) => row(movieId) > 0), movieIds.filter((id) => row(id) > 0)];
  const people = await nearestUsers(predict, users, {
    movies: Int32Array.from(rated, ({ movieId }) => row(movieId)),
    stars: Float32Array.from(rated, ({ rating }) => rating),
  });
  const means = await meanStars(predict, people, Int32Array.from(asked, row));
  return {
    stars: new Map(asked.map((id, at) => [id, means[at]])),
    people: users,
    alike: rated.length > 0 ? Math.min(NEIGHBOURS, people.length) : 0,
  };
}

async function open(): Promise<Network> {
  const info = (await (await get('/neural')).json()) as NetworkInfo;
  const bytes = await (await get(`/neural/${info.version}`)).arrayBuffer();
  const session = await InferenceSession.create(new Uint8Array(bytes));
  return {
    ...info,
    async predict(users, movies) {
      const { stars } = await session.run({ user: new Tensor('int32', users), movie: new Tensor('int32', movies) });
      return stars.data as Float32Array;
    },
  };
}

async function get(path: string): Promise<Response> {
  const response = await fetch(path);
  if (!response.ok) throw new Error(`${path} answered ${response.status}`);
  return response;
}
