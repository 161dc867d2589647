import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type Artifact, readArtifact } from '../artifact/artifact.ts';
import type { Dataset, Ratings } from '../data/dataset.ts';
import { digestRatings } from '../data/digest.ts';
import { userSequences } from '../data/rating-matrix.ts';
import { takeRatings } from '../data/ratings.ts';
import { ratingBlocks, rewrite } from '../data/spill/rewrite.ts';
import type { SpilledDataset, SpillSizes } from '../data/spill/spill-dataset.ts';
import { filmsOf } from '../data/titled.ts';
import type { Engine } from '../engines/engine.ts';
import { SpillFolder } from '../math/spill-file.ts';
import type { TrainingOptions } from '../models/options.ts';
import type { TrainingRun, TrainingStep } from '../models/run.ts';
import { train } from '../train/train.ts';
import { trainSpilled } from '../train/train-spilled.ts';

/** Ratings some users at a time: ascending by user, each user's oldest first. A place counts through all blocks. */
export interface RatingBlocks {
  readonly count: number; // N
  blocks(): Iterable<Ratings>;
}

/** How a training of a night is made. */
export interface NightTraining {
  readonly engine: Engine;
  readonly options: TrainingOptions;
  readonly onStep: (step: TrainingStep) => void;
  readonly run?: TrainingRun;
}

/** Ratings that a training leaves out: those whose mark is 1. */
export interface Without {
  readonly marks: Uint8Array; // (N)
  /** The digest is that of the rest; else it stays that of the whole set. */
  readonly isSet?: boolean;
}

/** The ratings of a night, in memory or on a disk. */
export interface NightRatings extends RatingBlocks, Pick<Dataset, 'name' | 'sha256'> {
  films(): ReadonlySet<number>;
  train(training: NightTraining, without?: Without): Promise<Artifact>;
}

/** Where ratings lie that a night does not hold. */
export interface NightSpill {
  readonly dataset: SpilledDataset;
  readonly spill: SpillFolder;
  readonly sizes: SpillSizes;
}

/** Ratings in memory. */
export function heldRatings(dataset: Dataset): NightRatings {
  const ratings = takeRatings(dataset.ratings, userSequences(dataset.ratings).positions);
  const data = { ...dataset, ratings };
  const without = ({ marks, isSet }: Without) => {
    const rest = marked(ratings, marks, 0);
    return { ...data, ratings: rest, ...(isSet && { sha256: digestRatings(rest) }) };
  };
  return {
    name: data.name,
    sha256: data.sha256,
    count: ratings.count,
    blocks: () => [ratings],
    films: () => filmsOf(data),
    train: ({ engine, options, onStep, run }, left) => train(engine, left ? without(left) : data, options, onStep, run),
  };
}

/** Ratings on a disk. Those of a training that leaves some out lie there once more, as long as it lasts. */
export function spilledRatings({ dataset, spill, sizes }: NightSpill): NightRatings {
  const blocks = () => ratingBlocks(dataset, sizes.partRatings);
  const without = (own: SpillFolder, { marks, isSet }: Without) => {
    const rest = rewrite(own, dataset, unmarked(blocks(), marks), dataset.movies, sizes);
    return isSet ? rest : { ...rest, sha256: dataset.sha256 };
  };
  return {
    name: dataset.name,
    sha256: dataset.sha256,
    count: dataset.ratings.count,
    blocks,
    films: () => new Set(dataset.movies.keys()),
    async train({ engine, options, onStep, run }, left) {
      const own = new SpillFolder(spill.path);
      const folder = await mkdtemp(join(spill.path, 'marquee-night-'));
      try {
        const data = left ? without(own, left) : dataset;
        const destination = { folder: () => join(folder, 'model') };
        await trainSpilled(engine, data, options, sizes.blockRatings, destination, onStep, run);
        return await readArtifact(join(folder, 'model'));
      } finally {
        own.close();
        await rm(folder, { recursive: true, force: true });
      }
    },
  };
}

function* unmarked(blocks: Iterable<Ratings>, marks: Uint8Array): Generator<Ratings> {
  for (const { block, own } of withMarks(blocks, marks)) yield marked(block, own, 0);
}

/** Ratings that are cut in two. */
export interface Cut {
  readonly shown: Ratings;
  readonly test: Ratings;
}

/** The blocks, each cut into the ratings that are shown and those to test on, which are marked. */
export function* cutBlocks(data: RatingBlocks, marks: Uint8Array): Generator<Cut> {
  for (const { block, own } of withMarks(data.blocks(), marks)) {
    yield { shown: marked(block, own, 0), test: marked(block, own, 1) };
  }
}

/** Each block with its own part of the marks. */
export function* withMarks(
  blocks: Iterable<Ratings>,
  marks: Uint8Array,
): Generator<{ readonly block: Ratings; readonly own: Uint8Array }> {
  let begin = 0;
  for (const block of blocks) {
    yield { block, own: marks.subarray(begin, begin + block.count) };
    begin += block.count;
  }
}

/** The ratings whose mark has this value; the order stays. */
function marked(ratings: Ratings, marks: Uint8Array, value: number): Ratings {
  return takeRatings(ratings, positionsWhere(marks, value));
}

/** Positions of the marks that have this value, ascending. */
export function positionsWhere(marks: Uint8Array, value: number): Int32Array {
  let n = 0;
  const found = new Int32Array(marks.length);
  for (let i = 0; i < marks.length; i++) if (marks[i] === value) found[n++] = i;
  return found.slice(0, n);
}
