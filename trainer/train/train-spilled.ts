import { open } from 'node:fs/promises';
import { join } from 'node:path';
import type { FileEntry } from '../../shared/artifact/manifest.ts';
import { FILES, USER_BATCH } from '../../shared/artifact/schema.ts';
import { MarqueeError } from '../../shared/errors.ts';
import { type Artifact, buildAround, writeFiles } from '../artifact/artifact.ts';
import type { UserColumns } from '../artifact/columns.ts';
import { fileRanges } from '../artifact/file-ranges.ts';
import { UsersWriter } from '../artifact/users-writer.ts';
import { writeFolder } from '../artifact/write-folder.ts';
import type { SpilledDataset } from '../data/spill/spill-dataset.ts';
import { timesBetween } from '../data/times.ts';
import type { Engine } from '../engines/engine.ts';
import { rowsBetween } from '../math/sparse.ts';
import { MODELS } from '../models/index.ts';
import { biasesOf, factorsOf } from '../models/learned.ts';
import { genresOf } from '../models/movie-features.ts';
import { listed, modelNamed, type TrainingOptions } from '../models/options.ts';
import type { RatingModel } from '../models/rating-model.ts';
import type { TrainingRun, TrainingStep } from '../models/run.ts';
import { movieColumns, posteriorColumns, ratedMovies } from './columns.ts';
import { type LearnedBlocks, learn, requireUse } from './learn.ts';
import { requireMemory, shapeOf } from './memory.ts';

/** Where the artifact goes, and what is added before it stands there. */
export interface Destination {
  readonly folder: (version: string) => string;
  readonly attach?: (artifact: Artifact) => Promise<Artifact>;
}

/** Users whose columns are made at a time: whole batches. */
const BLOCK = 16 * USER_BATCH;

/**
 * `train` for ratings that lie on a disk, and the same bytes. The artifact is written as it is made, whole or not at all:
 * its users are never held.
 *
 * @param heldRatings ratings that are in memory at a time
 * @throws `bad-flag` for a model that needs its ratings in memory, `no-engine` for an engine that does, and what `train`
 * throws
 */
export async function trainSpilled(
  engine: Engine,
  dataset: SpilledDataset,
  options: TrainingOptions,
  heldRatings: number,
  { folder: folderOf, attach = async (artifact) => artifact }: Destination,
  onStep: (step: TrainingStep) => void = () => {},
  run: TrainingRun = {},
): Promise<Artifact> {
  const started = performance.now();
  const model = modelNamed(options.model);
  const { matrix } = dataset;
  requireUse(model, run);
  const trainModel = spilledTraining(model);
  const shape = { ...shapeOf(matrix), heldRatings, genres: genresOf(dataset.movies).length };
  requireMemory(engine.name, shape, options, run.checkpoint !== undefined, run.memory);
  const learned = await learn(
    { engine, started, options, onStep, run },
    { ...dataset, times: () => dataset.times },
    (modelRun) => trainModel(modelRun, { dataset, matrix }, options),
  );
  return writeFolder(folderOf(learned.about.version), async (partial) => {
    const path = join(partial, FILES.users);
    const users = await writeUsers(path, dataset, learned);
    const bare = buildAround(learned.about, users, {
      movies: movieColumns(ratedMovies(matrix), dataset.movies, learned.factorization, learned.relevance),
      posterior: posteriorColumns(matrix, dataset.movies, learned.factorization, learned.relevance),
      next: learned.relevance.next,
    });
    const file = await open(path);
    try {
      const artifact = await attach({ ...bare, users: fileRanges(file, users.bytes) });
      await writeFiles(partial, artifact);
      return artifact;
    } finally {
      await file.close();
    }
  });
}

/** How the model trains on ratings that lie on a disk. Throws `bad-flag` where it cannot. */
function spilledTraining({ name, trainSpilled }: RatingModel): NonNullable<RatingModel['trainSpilled']> {
  if (trainSpilled) return trainSpilled;
  const able = MODELS.filter((model) => model.trainSpilled);
  throw new MarqueeError('bad-flag', `--model ${name} needs all ratings in memory`, {
    fix: `Take --model ${listed(able, 'or')}, or give it more memory: --memory.`,
  });
}

async function writeUsers(path: string, dataset: SpilledDataset, learned: LearnedBlocks): Promise<FileEntry> {
  const { userIds } = dataset.matrix;
  const writer = await UsersWriter.open(path, userIds);
  for (let from = 0; from < userIds.length; from += BLOCK) {
    await writer.write(columnsBetween(dataset, learned, from, Math.min(userIds.length, from + BLOCK)));
  }
  return writer.close();
}

function columnsBetween(
  { matrix: { userIds, movieIds, byUser }, times }: SpilledDataset,
  { factorization: { factors: K, users }, relevance }: LearnedBlocks,
  from: number,
  to: number,
): UserColumns {
  const E = relevance.prior.base.length;
  const means = users.means.subarray(from * (K + 1), to * (K + 1));
  const { offsets, indices, values } = rowsBetween(byUser, from, to);
  return {
    userIds: userIds.subarray(from, to),
    biases: biasesOf({ rows: to - from, means, variances: means }, K),
    factors: factorsOf(means, K),
    relevance: relevance.users.subarray(from * E, to * E),
    ratedOffsets: offsets,
    ratedMovieIds: indices.map((row) => movieIds[row]),
    ratedHalfStars: Uint8Array.from(values, (stars) => 2 * stars),
    ratedTimes: timesBetween(times, byUser.offsets[from], byUser.offsets[to]),
  };
}
