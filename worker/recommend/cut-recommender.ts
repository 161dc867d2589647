import { type Part, rowOfPart, rowsInPart } from '../../shared/artifact/parts.ts';
import { FILTERS, type MovieFilter, withMinRatings } from '../../shared/filters/movie-filters.ts';
import { joinedSums } from '../../shared/math/reproducible-sums.ts';
import { POOL } from '../../shared/model/diversity.ts';
import type { RowScores, UserVectors } from '../../shared/model/model.ts';
import type { Ranked, Selection } from '../../shared/model/scorer.ts';
import type { CutVectors } from '../wasm/cut-vectors.ts';
import {
  mergeRanked,
  type PartAnswer,
  type PartChoice,
  type PartJointRanked,
  type PartRanked,
  type PartService,
  type PartStanding,
} from '../wasm/part-service.ts';
import { directionsOf } from '../wasm/scorer.ts';
import { type RankedModel, Recommender, spreadOut, type TopOrder } from './recommender.ts';
import { type AskedStandings, joinedStanding, type ScoredStanding, type Standing } from './standing.ts';
import type { JointLists, JointlyRanked } from './together.ts';

/** A selection that parts can be told of. */
interface AskedSelection extends Selection {
  readonly filter: MovieFilter;
  readonly candidates?: Int32Array;
}

type AskPart = (service: PartService, part: Part) => Promise<PartAnswer<PartRanked>>;

/**
 * Ranks the movies of a version whose catalogue is cut: each part ranks its own, and the best of all are the best of
 * their lists. They are those of `Recommender`, to the bit.
 */
export class CutRecommender {
  readonly #vectors: CutVectors;
  /** Of the catalogue alone, without vectors. */
  readonly #catalogue: Recommender;

  constructor(vectors: CutVectors, catalogue: Recommender) {
    this.#vectors = vectors;
    this.#catalogue = catalogue;
  }

  static of(model: RankedModel & { readonly vectors: CutVectors }): CutRecommender {
    return new CutRecommender(model.vectors, new Recommender(model));
  }

  /** The same, by parts that are asked through these vectors. */
  by(vectors: CutVectors): CutRecommender {
    return new CutRecommender(vectors, this.#catalogue);
  }

  hide(rows: Iterable<number>): void {
    this.#catalogue.hide(rows);
  }

  select(filter: MovieFilter, hidden: Selection['hidden'] = [], candidates?: Iterable<number>): AskedSelection {
    const selection = this.#catalogue.select(filter, hidden);
    return { ...selection, filter: filterIn(filter), ...(candidates && { candidates: Int32Array.from(candidates) }) };
  }

  /** The same with a least number of ratings where the filter names none. */
  selectRated(filter: MovieFilter, least: number): AskedSelection {
    return this.select(withMinRatings(filter, least));
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
    const ranked = await this.#merged(most, (service, part) =>
      service.best(this.#vectors.askedOf(part), {
        ...choiceIn(selection as AskedSelection, part),
        user: userIn(plain, part),
        blend,
        count: most,
      }),
    );
    if (diversity === 0) return ranked;
    const pool = ranked.slice(0, POOL).map(({ row }) => row);
    return spreadOut(await this.#vectors.bring(pool), ranked, count, diversity);
  }

  async similar(rows: readonly number[], count: number, selection: Selection): Promise<Ranked[]> {
    const directions = directionsOf(await this.#vectors.bring(rows), rows);
    const asked = { ...(selection as AskedSelection), hidden: [...selection.hidden, ...rows] };
    return this.#merged(count, (service, part) =>
      service.similar(this.#vectors.askedOf(part), { ...choiceIn(asked, part), directions, count }),
    );
  }

  /** Loads the version in all parts, and scores every movie for a user. Throws as `Recommender.requireSane`. */
  async requireSane(user: UserVectors): Promise<void> {
    const { parts } = this.#vectors;
    const plain = plainUser(user);
    await parts.each((service, part) => service.open(this.#vectors.askedOf(part), plain));
  }

  /** `Recommender.squares`. */
  async squares(users: readonly UserVectors[]): Promise<{ readonly totals: Float64Array }> {
    const plain = users.map(plainUser);
    const { parts } = this.#vectors;
    const sums = await parts.each((service, part) =>
      service.squares(this.#vectors.askedOf(part), usersIn(plain, part)),
    );
    return { totals: joinedSums(sums) };
  }

  /** `Recommender.joint`. */
  async joint({ users, lists, ...asked }: JointLists, selection: Selection): Promise<JointlyRanked[][]> {
    const plain = users.map(plainUser);
    const { parts } = this.#vectors;
    const answers = await parts.each((service, part) =>
      service.joint(this.#vectors.askedOf(part), {
        ...asked,
        ...choiceIn(selection as AskedSelection, part),
        users: usersIn(plain, part),
        lists: lists.map((list) => ({ ...list, without: [...rowsInPart(list.without, part)] })),
      }),
    );
    return lists.map(({ people }, l) => {
      const ranked = answers.map((own, at) => jointlyRanked(own[l], people.length, { index: at + 1, of: parts.count }));
      return mergeRanked(ranked, asked.count);
    });
  }

  /** `Recommender.standings`: the part that has the movie says how it scores, then all say what comes before it. */
  async standings(row: number, { lists, selection, hidden, ...asked }: AskedStandings): Promise<ScoredStanding[]> {
    const plain = lists.map(({ user }) => plainUser(user));
    const { parts } = this.#vectors;
    const own = { index: (row % parts.count) + 1, of: parts.count };
    const scores = await parts.one(own, (service) =>
      service.scoresOf(this.#vectors.askedOf(own), rowIn(row, own), usersIn(plain, own), asked.blend),
    );
    const answers = await parts.each((service, part) => {
      const users = usersIn(plain, part);
      return service.standings(this.#vectors.askedOf(part), {
        ...asked,
        ...choiceIn(selection as AskedSelection, part),
        row: rowIn(row, part),
        rated: rowsInPart(hidden, part),
        lists: lists.map(({ shown }, l) => ({
          user: users[l],
          score: scores[l],
          shown: [...rowsInPart(shown, part)],
        })),
      });
    });
    return lists.map((_, l) => {
      const standings = answers.map((of, at) => standingIn(of[l], { index: at + 1, of: parts.count }));
      return { score: scores[l], ...joinedStanding(standings, asked.most) };
    });
  }

  async #merged(count: number, ask: AskPart): Promise<Ranked[]> {
    const { parts } = this.#vectors;
    const lists = await parts.each(ask);
    const ranked = lists.map((list, at) => rankedIn(list, { index: at + 1, of: parts.count }));
    return mergeRanked(ranked, count);
  }
}

/** A part's list by rows of the catalogue. */
function rankedIn({ rows, scores }: PartRanked, part: Part): Ranked[] {
  return Array.from(rows, (row, i) => ({ row: rowOfPart(row, part), score: scores[i] }));
}

/** @param P how many people it is for */
function jointlyRanked({ each, ...list }: PartJointRanked, P: number, part: Part): JointlyRanked[] {
  return rankedIn(list, part).map((ranked, i) => ({ ...ranked, each: [...each.subarray(i * P, (i + 1) * P)] }));
}

function standingIn({ outOf, before, above }: PartStanding, part: Part): Standing {
  const [first, ...nearest] = rankedIn(above, part);
  return { outOf, before, first, nearest };
}

/** Where a row of the catalogue stands among a part's rows: between two where the part has not got it. */
function rowIn(row: number, { index, of }: Part): number {
  return (row - index + 1) / of;
}

/** The filters alone of what a list is asked for by. */
function filterIn(asked: MovieFilter): MovieFilter {
  const values: Readonly<Record<string, unknown>> = asked;
  return Object.fromEntries(FILTERS.flatMap(({ name }) => (values[name] === undefined ? [] : [[name, values[name]]])));
}

function choiceIn({ filter, hidden, candidates }: AskedSelection, part: Part): PartChoice {
  return {
    filter,
    hidden: rowsInPart(hidden, part),
    ...(candidates && { candidates: rowsInPart(candidates, part) }),
  };
}

/** What a score needs of a user; copies, since a view would take along what it is a view of. */
function plainUser({ bias, deviation, biasShare, certainty, factors, relevance, added }: UserVectors): UserVectors {
  const [p, x] = [new Float64Array(factors), new Float64Array(relevance)];
  return { bias, deviation, biasShare, certainty, factors: p, relevance: x, ...(added && { added }) };
}

/** By the rows of a part. */
function userIn(user: UserVectors, part: Part): UserVectors {
  return user.added ? { ...user, added: addedIn(user.added, part) } : user;
}

function usersIn(users: readonly UserVectors[], part: Part): UserVectors[] {
  return users.map((user) => userIn(user, part));
}

/** In a plain loop: several thousand films may gain something. */
function addedIn({ rows, scores }: RowScores, part: Part): RowScores {
  const own = new Float64Array(rows.length);
  let count = 0;
  for (let i = 0; i < rows.length; i++) if (rows[i] % part.of === part.index - 1) own[count++] = scores[i];
  return { rows: rowsInPart(rows, part), scores: own.slice(0, count) };
}
