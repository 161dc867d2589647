import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Artifact } from '../../../../trainer/artifact/artifact.ts';
import { openEngine } from '../../../../trainer/engines/index.ts';
import { resolveOptions, type TrainingOptions } from '../../../../trainer/models/options.ts';
import type { CheckpointSettings, TrainingRun, TrainingStep } from '../../../../trainer/models/run.ts';
import {
  CHECKPOINT_FILE,
  readCheckpoint,
  removeCheckpoint,
} from '../../../../trainer/models/variational/checkpoint.ts';
import { train } from '../../../../trainer/train/train.ts';
import { datasetOf, filmFile, lowRank } from '../../../fixtures/datasets.ts';
import { newFolder } from '../../../scripts/command.ts';

const ratings = lowRank(50, 40, 0.5);
const dataset = datasetOf(
  ratings,
  filmFile(
    ratings,
    [1, 2, 999].map((movieId) => ({ movieId, title: '', year: 1990 + movieId, genres: ['War'] })),
  ),
);
const quick = { factors: 5, relevanceFactors: 4, sweeps: 6, minRatings: 5 };

/** Longer than any test: only what must be written is. */
const RARELY = 1e6;

let folder: string;
let checkpoint: CheckpointSettings;

beforeEach(async () => {
  folder = await newFolder();
  checkpoint = { folder: join(folder, 'state'), everySeconds: RARELY };
});
afterEach(() => rm(folder, { recursive: true }));

async function trained(
  engineName: string,
  changed: Partial<TrainingOptions> = {},
  run: TrainingRun = {},
  onStep?: (step: TrainingStep) => void,
  data = dataset,
): Promise<Artifact> {
  const engine = await openEngine(engineName, { threads: 2 });
  try {
    return await train(engine, data, resolveOptions({ ...quick, ...changed }), onStep, run);
  } finally {
    await engine.close();
  }
}

/** A training that is interrupted in a sweep. */
async function interrupted(engineName: string, sweep: number, changed: Partial<TrainingOptions> = {}): Promise<void> {
  const controller = new AbortController();
  const reason = new Error('enough');
  const onStep = (step: TrainingStep) => {
    if (step.step === 'rating' && step.sweep === sweep) controller.abort(reason);
  };
  const { signal } = controller;
  await expect(trained(engineName, changed, { checkpoint, signal }, onStep)).rejects.toBe(reason);
}

const file = () => join(checkpoint.folder, CHECKPOINT_FILE);

describe('a training that was interrupted and goes on', () => {
  it.each([
    ['js', 1, {}],
    ['js', 4, { fullCovarianceUpTo: 0 }],
    ['wasm', 1, { fullCovarianceUpTo: 0 }],
    ['wasm', 3, {}],
    ['wasm', 5, { fullCovarianceUpTo: 500 }],
    ['wasm', 6, { fullCovarianceUpTo: 500 }],
    ['wasm', 6, {}],
  ])(
    'a training resumed on %s after sweep %i %j gives the bytes of an uninterrupted one',
    async (engineName, sweep, changed) => {
      await interrupted(engineName, sweep, changed);
      const steps: TrainingStep[] = [];
      const resumed = await trained(engineName, changed, { checkpoint }, (step) => steps.push(step));
      const whole = await trained(engineName, changed);
      expect(steps[0]).toEqual({ step: 'resume', sweep, sweeps: 6 });
      expect(steps.filter(({ step }) => step === 'rating').length).toBe(6 - sweep);
      for (const name of ['movies.arrow', 'users.arrow', 'posterior.arrow']) {
        expect(Buffer.compare(resumed.files.get(name)!, whole.files.get(name)!), name).toBe(0);
      }
    },
  );

  it('a training that ended without warning resumes from the last state written', async () => {
    const dying = (step: TrainingStep) => {
      if (step.step === 'rating' && step.sweep === 4) throw new Error('power cut');
    };
    await expect(trained('wasm', {}, { checkpoint: { ...checkpoint, everySeconds: 0 } }, dying)).rejects.toThrow('cut');
    const steps: TrainingStep[] = [];
    await trained('wasm', {}, { checkpoint }, (step) => steps.push(step));
    expect(steps[0]).toMatchObject({ step: 'resume', sweep: 3 });
  });

  it('a resumed training keeps the earlier model that it started from', async () => {
    const [from, other] = [await trained('wasm', { seed: 1 }), await trained('wasm', { seed: 2 })];
    const controller = new AbortController();
    controller.abort(new Error('at once'));
    await expect(trained('wasm', {}, { from, checkpoint, signal: controller.signal })).rejects.toThrow('at once');
    await expect(trained('wasm', {}, { from: other, checkpoint })).rejects.toThrow(
      `from: got ${from.manifest.version}, expected ${other.manifest.version}`,
    );
    const [resumed, whole] = [await trained('wasm', {}, { from, checkpoint }), await trained('wasm', {}, { from })];
    expect(Buffer.compare(resumed.files.get('movies.arrow')!, whole.files.get('movies.arrow')!)).toBe(0);
  });
});

describe('a checkpoint', () => {
  it('a checkpoint is one file, whose removal leaves the rest of the folder', async () => {
    await interrupted('js', 1);
    expect(await readdir(checkpoint.folder)).toEqual([CHECKPOINT_FILE]);
    await writeFile(join(checkpoint.folder, 'notes.txt'), 'mine');
    await removeCheckpoint(checkpoint.folder);
    expect(await readdir(checkpoint.folder)).toEqual(['notes.txt']);
    await rm(join(checkpoint.folder, 'notes.txt'));
    await removeCheckpoint(checkpoint.folder);
    await removeCheckpoint(checkpoint.folder);
    expect(await readdir(folder)).toEqual([]);
    expect(await readCheckpoint(checkpoint.folder, {})).toBeNull();
  });

  it('a checkpoint of other settings, data or engine is refused with what differs', async () => {
    await interrupted('js', 2);
    const before = await readFile(file());
    const refusal = async (work: Promise<unknown>) => {
      const error = await work.catch((error) => error);
      expect(error).toMatchObject({ code: 'bad-data', fix: expect.stringMatching(/same data and settings.*delete/) });
      return (error as Error).message.split('\n').slice(1);
    };
    expect(await refusal(trained('js', { factors: 6, seed: 7 }, { checkpoint }))).toEqual([
      '  factors: got 5, expected 6',
      '  seed: got 42, expected 7',
    ]);
    expect(await refusal(trained('wasm', {}, { checkpoint }))).toEqual(['  engine: got js, expected wasm']);
    const fewer = datasetOf(lowRank(50, 40, 0.4), dataset.movies);
    expect(await refusal(trained('js', {}, { checkpoint }, undefined, fewer))).toEqual([
      `  ratings: got ${ratings.count}, expected ${fewer.ratings.count}`,
    ]);
    const otherMovies = datasetOf(
      ratings,
      filmFile(ratings, [{ movieId: 999, title: '', year: 1994, genres: ['War'] }]),
    );
    expect(await refusal(trained('js', {}, { checkpoint }, undefined, otherMovies))).toEqual([
      expect.stringMatching(/^ {2}movies sha256: got \w+, expected \w+$/),
    ]);
    const sha256 = 'f'.repeat(64);
    expect(await refusal(trained('js', {}, { checkpoint }, undefined, { ...dataset, sha256 }))).toEqual([
      `  data sha256: got ${dataset.sha256}, expected ${sha256}`,
    ]);
    expect(await readFile(file())).toEqual(before);
  });

  it.each([
    ['a flipped bit in a factor', (bytes: Buffer) => flip(bytes, bytes.length - 3), /got sha256 \w{64}, expected/],
    ['a flipped bit in the header', (bytes: Buffer) => flip(bytes, bytes.lastIndexOf('"tau":1.') + 8), /got sha256/],
    ['its end missing', (bytes: Buffer) => bytes.subarray(0, -1), /got \d+ bytes, expected \d+/],
    ['something behind its end', (bytes: Buffer) => Buffer.concat([bytes, bytes]), /got \d+ bytes, expected \d+/],
    ['half a header', (bytes: Buffer) => bytes.subarray(0, 100), /is not a checkpoint/],
    ['nothing in it', () => Buffer.alloc(0), /is not a checkpoint/],
    ['another format', () => Buffer.from(`${'0'.repeat(64)}\n{"formatVersion":1}\n`), /formatVersion 1, expected 2/],
    ['a list of things missing', () => Buffer.from(`${'0'.repeat(64)}\n{"formatVersion":2}\n`), /expected record/],
    ['a header of noise', () => Buffer.from(`${'0'.repeat(64)}\nnoise\n`), /header is not JSON/],
  ])('a checkpoint with %s is refused', async (_, damage, reason) => {
    await interrupted('wasm', 2);
    await writeFile(file(), damage(await readFile(file())));
    await expect(trained('wasm', {}, { checkpoint })).rejects.toMatchObject({
      code: 'bad-data',
      message: expect.stringMatching(reason),
      fix: expect.stringContaining('Delete the file'),
    });
  });

  it('a checkpoint that cannot be written is an error', async () => {
    await writeFile(join(folder, 'state'), 'a file where the folder should be');
    await expect(trained('js', {}, { checkpoint })).rejects.toMatchObject({ syscall: expect.any(String) });
    await rm(join(folder, 'state'));
    await mkdir(join(folder, 'state', `.${CHECKPOINT_FILE}.partial`), { recursive: true });
    await expect(trained('js', {}, { checkpoint })).rejects.toMatchObject({ code: 'EISDIR' });
  });
});

function flip(bytes: Buffer, at: number): Buffer {
  bytes[at] ^= 1;
  return bytes;
}
