import { allParts, type Part } from '../../shared/artifact/parts.ts';
import { type ErrorCode, MarqueeError } from '../../shared/errors.ts';
import type { MovieFilter } from '../../shared/filters/movie-filters.ts';
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

/** What the Worker of a part answers (`worker/part/index.ts`), by service binding alone. */
export interface PartService {
  /** Loads the version, and scores every movie once for somebody. */
  open(asked: AskedPart, user: UserVectors): Promise<PartAnswer<null>>;
  best(asked: AskedPart, list: PartList): Promise<PartAnswer<PartRanked>>;
  similar(asked: AskedPart, likeness: PartLikeness): Promise<PartAnswer<PartRanked>>;
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

/** Several lists, best first, as one of at most `count`: equal scores go to the smaller row, as in each of them. */
export function mergeRanked(lists: readonly (readonly Ranked[])[], count: number): Ranked[] {
  return lists
    .flat()
    .sort((a, b) => b.score - a.score || a.row - b.row)
    .slice(0, count);
}

/** What a Worker in front of parts does not do. */
export function notOffered(): MarqueeError {
  return new MarqueeError('not-offered', 'this catalogue is cut over several Workers, which do not offer that', {
    fix: 'worker/README.md, "Past one isolate", says what they offer. A version of fewer films in one Worker offers all.',
  });
}
