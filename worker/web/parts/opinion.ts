import { ApiError, type ModelInfo, type Picks, type Rated } from '../api.ts';
import { byId } from '../dom.ts';
import type { askNetwork } from '../neural.ts';

/** Whether this machine had the networks' runtime when the page was built (scripts/build.ts). */
declare const RUNS_NETWORKS: boolean;

const LISTED = 20;
/** Films that the network puts in order: as many as one answer of the Worker holds. */
const RERANKED = 100;
/** Bytes of the largest network that a browser is offered. */
const LARGEST = 64 * 2 ** 20;

/** The neural opinion: the network's order of the best films, computed in this browser on demand. */
export interface NeuralOpinion {
  /** Number of films to request from the Worker. */
  count(): number;
  /** The same list, or the network's order of it with its stars and a sentence about where they come from. */
  rerank(picks: Picks, ratings: readonly Rated[]): Promise<{ readonly picks: Picks; readonly basis?: string }>;
  /** Offers it where the version in service has a network. */
  offer(model: ModelInfo): void;
}

export function startOpinion(changed: () => void): NeuralOpinion {
  const box = byId<HTMLInputElement>('neural');
  box.addEventListener('change', changed);
  return {
    count: () => (box.checked ? RERANKED : LISTED),
    async rerank(picks, ratings) {
      if (!box.checked) return { picks };
      const { stars, people, alike } = await load()
        .then((ask) =>
          ask(
            ratings,
            picks.items.map(({ movieId }) => movieId),
          ),
        )
        .catch((cause) => {
          box.checked = false;
          throw Object.assign(new ApiError('The neural network could not be asked.', 'Try again later.'), { cause });
        });
      const items = picks.items
        .filter(({ movieId }) => stars.has(movieId))
        .map((item) => ({ ...item, uncertainty: undefined, predictedRating: onScale(stars.get(item.movieId)!) }))
        .sort((a, b) => stars.get(b.movieId)! - stars.get(a.movieId)!);
      const whose = alike > 0 ? `the ${alike} whose ratings come closest to yours` : 'the average of them';
      return {
        picks: { ...picks, items: items.slice(0, LISTED) },
        basis: `A neural network’s order of your best ${items.length}, with its stars. It never saw you: of its ${people.toLocaleString('en')} people it answers as ${whose}.`,
      };
    },
    offer({ files }) {
      const held = files.some(({ name, bytes }) => name === 'neural.onnx' && bytes <= LARGEST);
      byId('neural-offer').hidden = !(RUNS_NETWORKS && held);
    },
  };
}

/** Loads a script of its own, with the runtime, on demand. */
async function load(): Promise<typeof askNetwork> {
  const script = '/neural.js';
  return (await import(script)).askNetwork;
}

function onScale(stars: number): number {
  return Math.max(0.5, Math.min(5, stars));
}
