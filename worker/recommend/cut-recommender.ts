import { type Part, rowsInPart } from '../../shared/artifact/parts.ts';
import { type MovieFilter, withMinRatings } from '../../shared/filters/movie-filters.ts';
import { joinedSums } from '../../shared/math/reproducible-sums.ts';
import { POOL } from '../../shared/model/diversity.ts';
import type { UserVectors } from '../../shared/model/model.ts';
import type { Ranked, Selection } from '../../shared/model/scorer.ts';
import { Similarity } from '../../shared/model/similarity.ts';
import type { CutVectors } from '../wasm/cut-vectors.ts';
import { JoinedVectors } from '../wasm/joined-vectors.ts';
import type { MovieVectors } from '../wasm/movie-vectors.ts';
import {
  mergeRanked,
  type PartAnswer,
  type PartChoice,
  type PartRanked,
  type PartService,
} from '../wasm/part-service.ts';
import { directionsOf } from '../wasm/scorer.ts';
import type { AddedModel } from './added-model.ts';
import { jointOfAdded, rankedWith, scoresOfAdded, standingsAmongAdded } from './added-scores.ts';
import { filterIn, jointlyRanked, plainUser, rankedIn, rowIn, standingIn, userIn, usersIn } from './by-part.ts';
import { type RankedModel, Recommender, spreadOut, type TopOrder } from './recommender.ts';
import { saneScores } from './sane.ts';
import { type AskedStandings, joinedStanding, type ScoredStanding, type Standing } from './standing.ts';
import { type JointLists, type JointlyRanked, sumsOfSquares } from './together.ts';

/** A selection that parts can be told of. */
interface AskedSelection extends Selection {
  readonly filter: MovieFilter;
  readonly candidates?: Int32Array;
}

type CutModel = RankedModel & { readonly vectors: CutVectors };

type AskPart = (service: PartService, part: Part) => Promise<PartAnswer<PartRanked>>;

/**
 * Ranks the movies of a version whose catalogue is cut: each part ranks its own, and the best of all are the best of
 * their lists. They are those of `Recommender`, to the bit.
 */
export class CutRecommender {
  readonly #own: CutModel;
  /** Of the catalogue alone, without vectors. */
  readonly #catalogue: Recommender;
  #added: AddedModel | undefined;

  constructor(own: CutModel, catalogue = new Recommender(own), added?: AddedModel) {
    this.#own = own;
    this.#catalogue = catalogue;
    this.#added = added;
  }

  /** The same, by parts that are asked through these vectors. */
  by(vectors: CutVectors): CutRecommender {
    return new CutRecommender({ ...this.#own, vectors }, this.#catalogue, this.#added);
  }

  /** Ranks these films too, instead of those before: here, since no part has them. */
  add(added: AddedModel | undefined): void {
    this.#added = added;
    this.#catalogue.add(added);
  }

  hide(rows: Iterable<number>): void {
    this.#catalogue.hide(rows);
  }

  select(filter: MovieFilter, hidden: Selection['hidden'] = [], candidates?: Iterable<number>): AskedSelection {
    const only = candidates && Int32Array.from(candidates);
    const selection = this.#catalogue.select(filter, hidden, only);
    return { ...selection, filter: filterIn(filter), ...(only && { candidates: only }) };
  }

  /** `Recommender.selectRated` */
  selectRated(filter: MovieFilter, least: number): AskedSelection {
    return { ...this.#catalogue.selectRated(filter, least), filter: filterIn(withMinRatings(filter, least)) };
  }

  top(by: TopOrder, count: number, selection: Selection): Ranked[] {
    return this.#catalogue.top(by, count, selection);
  }

  async recommend(
    user: UserVectors,
    blend: number,
    count: number,
    selection: Selection,
    diversity = 0,
  ): Promise<Ranked[]> {
    const most = diversity > 0 ? Math.max(count, POOL) : count;
    const plain = plainUser(user);
    const own = await this.#merged(most, (service, part) =>
      service.best(this.#own.vectors.askedOf(part), {
        ...this.#choiceIn(selection as AskedSelection, part),
        user: userIn(plain, part),
        blend,
        count: most,
      }),
    );
    const ranked = this.#withAdded(own, most, selection, (added) => scoresOfAdded(added, user, blend));
    if (diversity === 0) return ranked;
    const pool = ranked.slice(0, POOL).map(({ row }) => row);
    return spreadOut(await this.#bring(pool), ranked, count, diversity);
  }

  async similar(rows: readonly number[], count: number, selection: Selection): Promise<Ranked[]> {
    const directions = directionsOf(await this.#bring(rows), rows);
    const asked = { ...(selection as AskedSelection), hidden: [...selection.hidden, ...rows] };
    const own = await this.#merged(count, (service, part) =>
      service.similar(this.#own.vectors.askedOf(part), { ...this.#choiceIn(asked, part), directions, count }),
    );
    return this.#withAdded(own, count, asked, ({ films }) => new Similarity(films).along(directions));
  }

  /** Loads the version in all parts, and scores every movie for a user. Throws as `Recommender.requireSane`. */
  async requireSane(user: UserVectors): Promise<void> {
    const { vectors } = this.#own;
    const plain = plainUser(user);
    await vectors.parts.each((service, part) => service.open(vectors.askedOf(part), plain));
  }

  /** `Recommender.squares`. */
  async squares(users: readonly UserVectors[]): Promise<{ readonly totals: Float64Array }> {
    const plain = users.map(plainUser);
    const { vectors } = this.#own;
    const sums = await vectors.parts.each((service, part) =>
      service.squares(vectors.askedOf(part), usersIn(plain, part)),
    );
    const added = this.#added;
    const beside = added && sumsOfSquares(users.length, (p) => scoresOfAdded(added, users[p], 0));
    return { totals: joinedSums(beside ? [...sums, beside] : sums) };
  }

  /** `Recommender.joint`. */
  async joint(joint: JointLists, selection: Selection): Promise<JointlyRanked[][]> {
    const { users, lists, ...asked } = joint;
    const plain = users.map(plainUser);
    const { parts } = this.#own.vectors;
    const answers = await parts.each((service, part) =>
      service.joint(this.#own.vectors.askedOf(part), {
        ...asked,
        ...this.#choiceIn(selection as AskedSelection, part),
        users: usersIn(plain, part),
        lists: lists.map((list) => ({ ...list, without: [...this.#rowsIn(list.without, part)] })),
      }),
    );
    const beside = this.#added && jointOfAdded(this.#added, joint, selection, this.#first);
    return lists.map(({ people }, l) => {
      const ranked = answers.map((own, at) => jointlyRanked(own[l], people.length, { index: at + 1, of: parts.count }));
      return saneScores(mergeRanked(beside ? [...ranked, beside[l]] : ranked, asked.count), this.#own.manifest);
    });
  }

  /** `Recommender.standings`: the part that has the movie says how it scores, then all say what comes before it. */
  async standings(row: number, standings: AskedStandings): Promise<ScoredStanding[]> {
    const { lists, selection, hidden, ...asked } = standings;
    const plain = lists.map(({ user }) => plainUser(user));
    const { parts } = this.#own.vectors;
    const scores = await this.#scoresOf(row, plain, asked.blend);
    const answers = await parts.each((service, part) => {
      const users = usersIn(plain, part);
      return service.standings(this.#own.vectors.askedOf(part), {
        ...asked,
        ...this.#choiceIn(selection as AskedSelection, part),
        row: rowIn(row, part),
        rated: this.#rowsIn(hidden, part),
        lists: lists.map(({ shown }, l) => ({
          user: users[l],
          score: scores[l],
          shown: [...this.#rowsIn(shown, part)],
        })),
      });
    });
    const beside = this.#added && standingsAmongAdded(this.#added, { row, scores }, standings, this.#first);
    return lists.map((_, l) => {
      const each: Standing[] = answers.map((of, at) => standingIn(of[l], { index: at + 1, of: parts.count }));
      return { score: scores[l], ...joinedStanding(beside ? [...each, beside[l]] : each, asked.most) };
    });
  }

  /** A movie's score in the lists of some users. */
  async #scoresOf(row: number, users: readonly UserVectors[], blend: number): Promise<ArrayLike<number>> {
    const added = this.#added;
    if (added && row >= this.#first) {
      return users.map((user) => scoresOfAdded(added, user, blend)[row - this.#first]);
    }
    const { vectors } = this.#own;
    const part = { index: (row % vectors.parts.count) + 1, of: vectors.parts.count };
    return vectors.parts.one(part, (service) =>
      service.scoresOf(vectors.askedOf(part), rowIn(row, part), usersIn(users, part), blend),
    );
  }

  /** Row of the first film beside the version. */
  get #first(): number {
    return this.#own.movies.count;
  }

  #withAdded(
    own: Ranked[],
    most: number,
    selection: Selection,
    scoresOf: (added: AddedModel) => Float32Array,
  ): Ranked[] {
    if (!this.#added) return own;
    const ranked = rankedWith(own, { added: scoresOf(this.#added), first: this.#first, selection, most });
    return saneScores(ranked, this.#own.manifest);
  }

  #bring(rows: readonly number[]): Promise<MovieVectors | JoinedVectors> {
    const { vectors } = this.#own;
    return this.#added ? new JoinedVectors(vectors, this.#added.films).bring(rows) : vectors.bring(rows);
  }

  /** Of the rows, those that the part has: films beside the version are in none. */
  #rowsIn(rows: ArrayLike<number>, part: Part): Int32Array {
    return rowsInPart(this.#added ? Int32Array.from(rows).filter((row) => row < this.#first) : rows, part);
  }

  #choiceIn({ filter, hidden, candidates }: AskedSelection, part: Part): PartChoice {
    return {
      filter,
      hidden: this.#rowsIn(hidden, part),
      ...(candidates && { candidates: this.#rowsIn(candidates, part) }),
    };
  }

  async #merged(count: number, ask: AskPart): Promise<Ranked[]> {
    const { parts } = this.#own.vectors;
    const lists = await parts.each(ask);
    const ranked = lists.map((list, at) => rankedIn(list, { index: at + 1, of: parts.count }));
    return mergeRanked(ranked, count);
  }
}
