import type { Rated } from '../state/api.ts';
import { ApiError } from '../state/api-error.ts';
import type { List } from '../state/state.ts';
import type { askNetwork } from './neural.ts';

/** Whether this machine had the networks' runtime when the page was built. */
declare const RUNS_NETWORKS: boolean;

const LISTED = 20;
/** Films that the network puts in order: as many as one answer of the Worker holds. */
export const RERANKED = 100;

/** The network's order of a list, with its stars and a sentence about where they come from. */
export async function reranked(list: List, ratings: readonly Rated[]): Promise<List> {
  const movieIds = list.rows.map(({ pick }) => pick.movieId);
  const { stars, people, alike } = await load()
    .then((ask) => ask(ratings, movieIds))
    .catch((cause: unknown) => {
      throw Object.assign(new ApiError('The neural network could not be asked.', 'Try again later.'), { cause });
    });
  const rows = list.rows
    .filter(({ pick }) => stars.has(pick.movieId))
    .map(({ pick, moved }) => {
      const predictedRating = onScale(stars.get(pick.movieId)!);
      return { moved, pick: { ...pick, uncertainty: undefined, predictedRating } };
    })
    .sort((a, b) => stars.get(b.pick.movieId)! - stars.get(a.pick.movieId)!);
  const whose = alike > 0 ? `the ${alike} whose ratings come closest to yours` : 'the average of them';
  const sentence = `A neural network’s order of your best ${rows.length}, with its stars. It never saw you: of its ${people.toLocaleString('en')} people it answers as ${whose}.`;
  return { ...list, rows: rows.slice(0, LISTED), more: false, sentence };
}

/** Loads a script of its own, with the runtime, on demand. */
async function load(): Promise<typeof askNetwork> {
  if (!RUNS_NETWORKS) throw new Error('built without the networks’ runtime');
  return (await import('./neural.ts')).askNetwork;
}

function onScale(stars: number): number {
  return Math.max(0.5, Math.min(5, stars));
}
