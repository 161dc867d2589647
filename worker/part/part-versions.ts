import type { PartialSums } from '../../shared/math/reproducible-sums.ts';
import type { UserVectors } from '../../shared/model/model.ts';
import type { Ranked, Selection } from '../../shared/model/scorer.ts';
import { momentsIn, placesIn } from '../recommend/film-places.ts';
import { type RankedModel, Recommender } from '../recommend/recommender.ts';
import { loadPart } from '../version/part-loader.ts';
import { allVectors } from '../wasm/cut-vectors.ts';
import {
  type AskedPart,
  answered,
  type PartAnswer,
  type PartAnswers,
  type PartCall,
  type PartChoice,
  type PartJoint,
  type PartJointRanked,
  type PartLikeness,
  type PartList,
  type PartRanked,
  type PartService,
  type PartStanding,
  type PartStandings,
} from '../wasm/part-service.ts';

/** Versions that a part keeps: an isolate has room for two. */
const MOST_VERSIONS = 2;
/** A load that took longer belongs to a request that was cancelled, milliseconds. */
const ABANDONED = 30_000;

/** A version of a part in memory. */
interface ServedPart {
  readonly model: RankedModel;
  readonly recommender: Recommender;
}

interface Loading {
  readonly since: number;
  readonly served: Promise<ServedPart>;
}

interface Options {
  readonly kernel: WebAssembly.Module;
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
}

/** The versions of one part, by name: those asked for last. Which one is in service the Worker in front knows. */
export class PartVersions {
  readonly #kernel: WebAssembly.Module;
  readonly #now: () => number;
  readonly #kept = new Map<string, ServedPart>();
  readonly #loading = new Map<string, Loading>();

  constructor({ kernel, now = Date.now }: Options) {
    this.#kernel = kernel;
    this.#now = now;
  }

  /** What the part answers for a request. */
  over(bucket: R2Bucket, background: Pick<ExecutionContext, 'waitUntil'>): PartService {
    const served = (asked: AskedPart) => this.#get(bucket, asked, background);
    const answers: PartAnswers = {
      open: (asked, user) => answered(async () => requireSane(await served(asked), user)),
      best: (asked, list) => answered(async () => best(await served(asked), list)),
      similar: (asked, likeness) => answered(async () => similar(await served(asked), likeness)),
      squares: (asked, users) => answered(async () => plainSums((await served(asked)).recommender.squares(users))),
      joint: (asked, lists) => answered(async () => joint(await served(asked), lists)),
      scoresOf: (asked, ...of) => answered(async () => (await served(asked)).recommender.scoresOf(...of)),
      standings: (asked, lists) => answered(async () => standings(await served(asked), lists)),
      moments: (asked) => answered(async () => momentsIn((await served(asked)).model)),
      places: (asked, map) => answered(async () => placesIn((await served(asked)).model, map)),
      known: (asked) => answered(async () => (await served(asked)).model.vectors.known()),
      vectors: (asked, rows) => answered(async () => allVectors((await served(asked)).model.vectors, rows)),
    };
    return { ...answers, several: (calls) => answersTo(answers, calls) };
  }

  async #get(bucket: R2Bucket, asked: AskedPart, background: Pick<ExecutionContext, 'waitUntil'>): Promise<ServedPart> {
    const { version, part } = asked;
    const name = `${version} ${part.index}/${part.of}`;
    const kept = this.#kept.get(name);
    if (kept) {
      this.#keep(name, kept);
      return kept;
    }
    const pending = this.#loading.get(name);
    if (pending && this.#now() - pending.since < ABANDONED) return pending.served;
    this.#makeRoom(MOST_VERSIONS - 1 - this.#loading.size);
    const loading = { since: this.#now(), served: this.#load(bucket, asked, name) };
    this.#loading.set(name, loading);
    const done = loading.served.then(
      () => undefined,
      () => undefined,
    );
    background.waitUntil(
      done.finally(() => {
        if (this.#loading.get(name) === loading) this.#loading.delete(name);
      }),
    );
    return loading.served;
  }

  async #load(bucket: R2Bucket, asked: AskedPart, name: string): Promise<ServedPart> {
    const model = await loadPart(bucket, asked, this.#kernel);
    const served = { model, recommender: new Recommender(model) };
    this.#makeRoom(MOST_VERSIONS - 1);
    this.#keep(name, served);
    return served;
  }

  /** As the one asked for last. */
  #keep(name: string, served: ServedPart): void {
    this.#kept.delete(name);
    this.#kept.set(name, served);
  }

  /** Lets go of those that nobody asked for the longest. */
  #makeRoom(most: number): void {
    for (const name of this.#kept.keys()) if (this.#kept.size > most) this.#kept.delete(name);
  }
}

/** One after the other: each may need room to score all movies. */
async function answersTo(answers: PartAnswers, calls: readonly PartCall[]): Promise<PartAnswer<unknown>[]> {
  const all: PartAnswer<unknown>[] = [];
  for (const { name, asked } of calls) {
    const answer = answers[name] as (...asked: readonly unknown[]) => Promise<PartAnswer<unknown>>;
    all.push(await answer(...asked));
  }
  return all;
}

function requireSane({ recommender }: ServedPart, user: UserVectors): null {
  recommender.requireSane(user);
  return null;
}

function best(served: ServedPart, { user, blend, count, ...choice }: PartList): PartRanked {
  return rankedOf(served.recommender.recommend(user, blend, count, selectionOf(served, choice)));
}

function similar(served: ServedPart, { directions, count, ...choice }: PartLikeness): PartRanked {
  return rankedOf(served.recommender.along(directions, count, selectionOf(served, choice)));
}

function joint(served: ServedPart, { users, lists, blend, together, count, ...choice }: PartJoint): PartJointRanked[] {
  const asked = { users, lists, blend, together, count };
  const ranked = served.recommender.joint(asked, selectionOf(served, choice));
  return ranked.map((list) => ({ ...rankedOf(list), each: Float32Array.from(list.flatMap(({ each }) => each)) }));
}

function standings(served: ServedPart, { row, lists, blend, most, rated, ...choice }: PartStandings): PartStanding[] {
  const asked = { lists, blend, most, selection: selectionOf(served, choice), hidden: rated };
  const scores = lists.map(({ score }) => score);
  return served.recommender.standingsBeside(row, scores, asked).map(({ outOf, before, first, nearest }) => ({
    outOf,
    before,
    above: rankedOf(first === undefined ? nearest : [first, ...nearest]),
  }));
}

/** An object with methods does not pass from Worker to Worker. */
function plainSums({ coarse, fine }: PartialSums): PartialSums {
  return { coarse, fine };
}

function selectionOf({ recommender }: ServedPart, { filter, hidden, candidates }: PartChoice): Selection {
  return recommender.select(filter, hidden, candidates);
}

function rankedOf(ranked: readonly Ranked[]): PartRanked {
  return {
    rows: Int32Array.from(ranked, ({ row }) => row),
    scores: Float32Array.from(ranked, ({ score }) => score),
  };
}
