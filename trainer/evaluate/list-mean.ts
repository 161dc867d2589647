import { type Alike, listDistance } from '../../shared/model/diversity.ts';
import { NextMean, type NextQuality, RankingMean, type RankingQuality } from '../math/metrics.ts';
import { type Reach, ReachMean, type Renown } from './reach.ts';

/** Quality of lists, how little their films resemble each other, and how far they reach. */
export interface ListQuality extends RankingQuality {
  /** Mean of 1 − likeness (`shared/model/similarity.ts`) over the pairs of the top 10, averaged over users. */
  readonly 'distance@10': number;
  /** Of the lists of 20 whose NDCG is measured. */
  readonly reach: Reach;
  /** How often the very next film that a user rated, liked or not, stands high; absent where the split has no order. */
  readonly next?: NextQuality;
  /** The same of every tested film in turn; only where it was asked for. */
  readonly successive?: NextQuality;
}

/** Averages over the lists of users who have something relevant, and over the places of users' next films. */
export class ListMean {
  readonly #alike: Alike;
  readonly #ranking = new RankingMean();
  /** Of the next film of each user. */
  readonly next = new NextMean();
  /** Of every tested film in turn. */
  readonly successive = new NextMean();
  readonly #reach: ReachMean;
  #distance = 0;

  constructor(alike: Alike, renown: Renown) {
    this.#alike = alike;
    this.#reach = new ReachMean(renown);
  }

  /**
   * @param top rows, best first, 20 where there are so many
   * @param relevant not empty
   * @returns this user's NDCG@10
   */
  add(top: Int32Array, relevant: ReadonlySet<number>): number {
    this.#distance += listDistance(top.subarray(0, 10), this.#alike);
    this.#reach.add(top);
    return this.#ranking.add(top, relevant);
  }

  quality(): ListQuality {
    const ranking = this.#ranking.quality();
    const [next, successive] = [this.next.quality(), this.successive.quality()];
    return {
      ...ranking,
      'distance@10': this.#distance / Math.max(1, ranking.users),
      reach: this.#reach.reach(),
      ...(next.asked > 0 && { next }),
      ...(successive.asked > 0 && { successive }),
    };
  }
}
