import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Manifest } from '../../../shared/artifact/manifest.ts';
import { FILES } from '../../../shared/artifact/schema.ts';
import type { Artifact } from '../../../trainer/artifact/artifact.ts';
import { loadDataset } from '../../../trainer/data/index.ts';
import { EMBEDDED_DATASET } from '../../../trainer/data/locate.ts';
import { spillDataset } from '../../../trainer/data/spill/spill-dataset.ts';
import type { Engine } from '../../../trainer/engines/engine.ts';
import { openEngine } from '../../../trainer/engines/index.ts';
import { jsEngine } from '../../../trainer/engines/js.ts';
import { SpillFolder } from '../../../trainer/math/spill-file.ts';
import { resolveOptions, type TrainingOptions } from '../../../trainer/models/options.ts';
import { attachReport } from '../../../trainer/report/attach.ts';
import { train } from '../../../trainer/train/train.ts';
import { trainSpilled } from '../../../trainer/train/train-spilled.ts';
import { temporaryFolder } from '../data/files.ts';

/** So small that the embedded set is twenty parts, and more blocks. */
const TINY = { partRatings: 5000, blockRatings: 3000 };

let engine: Engine;
beforeAll(async () => {
  engine = await openEngine('wasm', { threads: 2 });
});
afterAll(() => engine.close());

async function fromDisk(what: Engine, options: TrainingOptions, folder: string): Promise<Artifact> {
  const spill = new SpillFolder();
  try {
    const dataset = await spillDataset(spill, EMBEDDED_DATASET, [], {}, TINY);
    const destination = { folder: () => folder, attach: attachReport };
    return await trainSpilled(what, dataset, options, TINY.blockRatings, destination);
  } finally {
    spill.close();
  }
}

/** What a manifest says that does not depend on when it was written. */
function aboutOf({ version, createdAt, seconds, files, ...about }: Manifest): object {
  return { ...about, files: files.filter(({ name }) => name !== FILES.report) };
}

describe('a training from a disk', () => {
  it('writes the bytes of one in memory, with the defaults but for factors and sweeps', async () => {
    const options = resolveOptions({ factors: 23, sweeps: 2 });
    const held = await attachReport(await train(engine, await loadDataset(EMBEDDED_DATASET), options));
    const folder = join(await temporaryFolder(), 'model');
    const { manifest } = await fromDisk(engine, options, folder);
    expect((await readdir(folder)).sort()).toEqual([...held.files.keys()].sort());
    for (const { name } of held.manifest.files) {
      if (name === FILES.report) continue; // it tells version and time
      expect(Buffer.compare(await readFile(join(folder, name)), held.files.get(name)!), name).toBe(0);
    }
    expect(aboutOf(manifest)).toEqual(aboutOf(held.manifest));
  });

  it('is refused by an engine that needs its ratings in memory, and leaves no folder', async () => {
    const parent = await temporaryFolder();
    await expect(fromDisk(jsEngine(), resolveOptions(), join(parent, 'model'))).rejects.toMatchObject({
      code: 'no-engine',
      message: 'the js engine does not stream ratings from a disk',
    });
    expect(await readdir(parent)).toEqual([]);
  });
});
