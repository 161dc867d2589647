import { spawn } from 'node:child_process';
import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { marquee, newFolder, QUICK, ROOT, succeed, writeTinySet } from './command.ts';

let folder: string;
const at = (name: string) => join(folder, name);

beforeAll(async () => {
  folder = await newFolder();
  await writeTinySet(folder);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Runs `train`, and sends the signal when it says that its state is kept. */
async function interrupt(signal: NodeJS.Signals, args: readonly string[]) {
  const child = spawn(process.execPath, [join(ROOT, 'scripts/train.ts'), ...args], { cwd: ROOT });
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text) => {
    if (!stderr.includes('Ctrl-C') && `${stderr}${text}`.includes('Ctrl-C')) child.kill(signal);
    stderr += text;
  });
  const ended = await new Promise((resolve) => child.once('close', (code, by) => resolve({ code, by })));
  return { ended, stderr };
}

describe('train --checkpoint', () => {
  it.each(['SIGINT', 'SIGTERM'] as const)(
    'ends at %s with its state kept, and the same command goes on',
    async (signal) => {
      const long = ['--data', folder, ...QUICK, '--sweeps', '400'];
      const kept = [...long, '--checkpoint', at(`state-${signal}`), '--out', at(`resumed-${signal}`)];
      const { ended, stderr } = await interrupt(signal, kept);
      expect(ended).toEqual({ code: 130, by: null });
      expect(stderr).toMatch(/interrupted; what was learned is in .*\nTo go on, give the same command again\.\n$/);
      expect(await readdir(at(`state-${signal}`))).toEqual(['rating-model.checkpoint']);
      expect(await readdir(folder)).not.toContain(`resumed-${signal}`);

      const other = await marquee('train', [...kept, '--seed', '7']);
      expect(other.status).toBe(1);
      expect(other.stderr).toMatch(/is of another training:\n {2}seed: got 42, expected 7\nTrain with the same data/);

      const again = await marquee('train', kept);
      expect(again.stderr).toMatch(/goes on after sweep \d+ of 400\n/);
      expect(again.status).toBe(0);
      expect(await readdir(folder)).not.toContain(`state-${signal}`);
      await succeed('train', [...long, '--out', at('whole')]);
      for (const name of ['movies.arrow', 'users.arrow', 'posterior.arrow']) {
        const [resumed, whole] = [await readFile(at(`resumed-${signal}/${name}`)), await readFile(at(`whole/${name}`))];
        expect(Buffer.compare(resumed, whole), name).toBe(0);
      }
    },
  );
});

describe('train --from', () => {
  it('takes few sweeps, and names the version that it started from', async () => {
    const flags = ['--data', folder, '--factors', '7', '--relevance-factors', '8', '--threads', '1', '--json'];
    const earlier = JSON.parse(await succeed('train', [...flags, '--out', at('earlier')]));
    const warm = JSON.parse(await succeed('train', [...flags, '--from', at('earlier'), '--out', at('warm')]));
    expect(earlier.config.sweeps).toBe(25);
    expect(warm.config).toMatchObject({ sweeps: 4, from: earlier.version });
    const more = [...flags, '--from', at('earlier'), '--sweeps', '5', '--out', at('more')];
    expect(JSON.parse(await succeed('train', more)).config.sweeps).toBe(5);
  });

  it('of other factors, or of no artifact, says so', async () => {
    await succeed('train', ['--data', folder, ...QUICK, '--out', at('seven')]);
    const [factors, missing] = await Promise.all([
      marquee('train', ['--data', folder, ...QUICK, '--factors', '9', '--from', at('seven')]),
      marquee('train', ['--data', folder, ...QUICK, '--from', at('nowhere')]),
    ]);
    expect(factors.status).toBe(2);
    expect(factors.stderr).toMatch(/--factors: got 9, expected 7, the factors of \d+T\d+Z-\w+, which training starts/);
    expect(missing.status).toBe(1);
    expect(missing.stderr).toMatch(/nowhere\/manifest\.json does not exist\nName an artifact folder/);
  });
});
