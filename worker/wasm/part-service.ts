import { allParts, type Part } from '../../shared/artifact/parts.ts';
import { type ErrorCode, MarqueeError } from '../../shared/errors.ts';
import type { MovieFilter } from '../../shared/filters/movie-filters.ts';
import type { PartialSums } from '../../shared/math/reproducible-sums.ts';
import type { FactorMoments, MapScale } from '../../shared/model/film-map.ts';
import type { UserVectors } from '../../shared/model/model.ts';
import type { Ranked } from '../../shared/model/scorer.ts';
import type { Directions } from '../../shared/model/similarity.ts';

/** Which part of which version is asked for; the part answers for it or not at all. */
export interface AskedPart {
  readonly version: string;
  /** What current.json says of its manifest, if it does. */
  readonly manifestSha256?: string;
  readonly part: Part;
}

/** Which movies of a part may be listed, by its own rows. */
export interface PartChoice {
  readonly filter: MovieFilter;
  readonly hidden: Int32Array;
  /** The only ones to choose from. */
  readonly candidates?: Int32Array;
}

/** What a list of a part is asked for by. */
export interface PartList extends PartChoice {
  readonly user: UserVectors;
  readonly blend: number;
  readonly count: number;
}

export interface PartLikeness extends PartChoice {
  /** That movies are to be like (`Similarity.directions`). */
  readonly directions: Directions;
  readonly count: number;
}

/** Lists for several people that a part is asked for at once. */
export interface PartJoint extends PartChoice {
  readonly users: readonly UserVectors[];
  readonly lists: readonly PartJointList[];
  readonly blend: number;
  readonly together: 'least' | 'mean';
  readonly count: number;
}

interface PartJointList {
  /** By index of the users. */
  readonly people: readonly number[];
  /** By which the relevance of each is multiplied. */
  readonly factors: readonly number[];
  /** The part's rows that this list leaves out besides. */
  readonly without: readonly number[];
}

/** The best movies of a part for several people, by its own rows, best first. */
export interface PartJointRanked extends PartRanked {
  /** Scores for each of the P people, (n, P). */
  readonly each: Float32Array;
}

/** Lists in which somebody's movie stands, perhaps another part's. */
export interface PartStandings extends PartChoice {
  /** Its row by the part's own rows: a fraction where it is another part's, which stands between two rows. */
  readonly row: number;
  readonly lists: readonly PartStandingList[];
  readonly blend: number;
  readonly most: number;
  /** The part's rows that the lists leave out besides. */
  readonly rated: Int32Array;
}

interface PartStandingList {
  readonly user: UserVectors;
  /** The movie's. */
  readonly score: number;
  /** Rows of `rated` that this list has nonetheless. */
  readonly shown: readonly number[];
}

/** Where the movie stands among a part's movies, by its own rows. */
export interface PartStanding {
  readonly outOf: number;
  readonly before: number;
  /** The first of the list, if one comes before the movie, then those right before the movie. */
  readonly above: PartRanked;
}

/** The best movies of a part, by its own rows, best first. */
export interface PartRanked {
  readonly rows: Int32Array;
  readonly scores: Float32Array;
}

/** An answer, or why there is none: an error's fields do not pass from Worker to Worker by themselves. */
export type PartAnswer<T> = { readonly value: T } | { readonly error: PartError };

interface PartError {
  readonly code: ErrorCode;
  readonly message: string;
  readonly fix?: string;
  readonly details: Readonly<Record<string, unknown>>;
}

/** One of the things that a part is asked for at once. */
export interface PartCall {
  readonly name: keyof PartAnswers;
  /** What it is asked with. */
  readonly asked: readonly unknown[];
}

/** What the Worker of a part answers (`worker/part/index.ts`), by service binding alone. */
export interface PartService extends PartAnswers {
  /** The answers to each: many of them are one request to Cloudflare's limits. */
  several(calls: readonly PartCall[]): Promise<PartAnswer<unknown>[]>;
}

export interface PartAnswers {
  /** Loads the version, and scores every movie once for somebody. */
  open(asked: AskedPart, user: UserVectors): Promise<PartAnswer<null>>;
  best(asked: AskedPart, list: PartList): Promise<PartAnswer<PartRanked>>;
  similar(asked: AskedPart, likeness: PartLikeness): Promise<PartAnswer<PartRanked>>;
  /** Σ score² of each user by relevance over the part's movies. */
  squares(asked: AskedPart, users: readonly UserVectors[]): Promise<PartAnswer<PartialSums>>;
  joint(asked: AskedPart, lists: PartJoint): Promise<PartAnswer<PartJointRanked[]>>;
  /** Scores of one movie for some users. */
  scoresOf(
    asked: AskedPart,
    row: number,
    users: readonly UserVectors[],
    blend: number,
  ): Promise<PartAnswer<Float32Array>>;
  standings(asked: AskedPart, lists: PartStandings): Promise<PartAnswer<PartStanding[]>>;
  moments(asked: AskedPart): Promise<PartAnswer<FactorMoments>>;
  /** Where the part's movies stand on a map, (n, 2). */
  places(asked: AskedPart, map: MapScale): Promise<PartAnswer<Float32Array>>;
  /** The part's rows of rated movies that relevance says something of. */
  known(asked: AskedPart): Promise<PartAnswer<Int32Array>>;
  /** The vectors of some rows, side by side in the order of `VECTORS`. */
  vectors(asked: AskedPart, rows: Int32Array): Promise<PartAnswer<Float32Array>>;
}

/** Runs what a part was asked for. */
export async function answered<T>(work: () => Promise<T>): Promise<PartAnswer<T>> {
  try {
    return { value: await work() };
  } catch (error) {
    if (!(error instanceof MarqueeError)) throw error;
    const { code, message, fix, details } = error;
    return { error: { code, message, fix, details: { ...details } } };
  }
}

/** The Workers that have the parts of a catalogue. */
export class Parts {
  readonly count: number;
  readonly #services: readonly PartService[];

  constructor(services: readonly PartService[]) {
    this.#services = services;
    this.count = services.length;
  }

  /** Asks all parts at a time. Throws what one of them throws; `store-unavailable` where one does not answer. */
  each<T>(ask: (service: PartService, part: Part) => Promise<PartAnswer<T>>): Promise<T[]> {
    return Promise.all(allParts(this.count).map((part) => this.#ask(part, ask)));
  }

  /** The same Workers, for one request: each is asked once for all that comes up in one turn of the event loop. */
  atOnce(): Parts {
    return new Parts(this.#services.map(askedAtOnce));
  }

  /** Asks one of them. Throws the same. */
  one<T>(part: Part, ask: (service: PartService, part: Part) => Promise<PartAnswer<T>>): Promise<T> {
    return this.#ask(part, ask);
  }

  async #ask<T>(part: Part, ask: (service: PartService, part: Part) => Promise<PartAnswer<T>>): Promise<T> {
    const answer = await ask(this.#services[part.index - 1], part).catch((cause: unknown) => {
      const what = `part ${part.index} of ${part.of} does not answer`;
      throw new MarqueeError('store-unavailable', `${what}: ${String(cause)}`, { fix: 'Try again.', cause });
    });
    if ('value' in answer) return answer.value;
    const { code, message, ...more } = answer.error;
    throw new MarqueeError(code, message, more);
  }
}

interface Waiting extends PartCall {
  resolve(answer: PartAnswer<unknown>): void;
  reject(error: unknown): void;
}

const NAMES = Object.keys({
  open: 0,
  best: 0,
  similar: 0,
  squares: 0,
  joint: 0,
  scoresOf: 0,
  standings: 0,
  moments: 0,
  places: 0,
  known: 0,
  vectors: 0,
} satisfies Record<keyof PartAnswers, 0>) as (keyof PartAnswers)[];

/** A part that is asked once for all that comes up in one turn of the event loop. */
function askedAtOnce(service: PartService): PartService {
  let waiting: Waiting[] = [];
  const send = async () => {
    const all = waiting;
    waiting = [];
    try {
      const answers = await service.several(all.map(({ name, asked }) => ({ name, asked })));
      for (const [at, { resolve }] of all.entries()) resolve(answers[at]);
    } catch (error) {
      for (const { reject } of all) reject(error);
    }
  };
  const ask =
    (name: keyof PartAnswers) =>
    (...asked: unknown[]) =>
      new Promise<PartAnswer<unknown>>((resolve, reject) => {
        if (waiting.push({ name, asked, resolve, reject }) === 1) setTimeout(send, 0);
      });
  const answers = Object.fromEntries(NAMES.map((name) => [name, ask(name)])) as unknown as PartAnswers;
  return { ...answers, several: (calls) => service.several(calls) };
}

/** Several lists, best first, as one of at most `count`: equal scores go to the smaller row, as in each of them. */
export function mergeRanked<R extends Ranked>(lists: readonly (readonly R[])[], count: number): R[] {
  return lists
    .flat()
    .sort((a, b) => b.score - a.score || a.row - b.row)
    .slice(0, count);
}

/** What a Worker in front of parts does not do. */
export function notOffered(): MarqueeError {
  return new MarqueeError('not-offered', 'this catalogue is cut over several Workers, which do not offer that', {
    fix: 'worker/OPERATIONS.md, "Past one isolate", says what they offer. A version of fewer films in one Worker offers all.',
  });
}
