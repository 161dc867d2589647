import { spawn } from 'node:child_process';
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { noOnnxruntime, noTensorflow } from '../optional-parts.ts';
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

it('train warns of ratings that are all the same', async () => {
  const rows = Array.from({ length: 400 }, (_, i) => `${1 + (i % 20)},${1 + Math.floor(i / 20)},4`);
  await writeFile(at('equal.csv'), `userId,movieId,rating\n${rows.join('\n')}\n`);
  const { status, stderr } = await marquee('train', ['--data', at('equal.csv'), ...QUICK, '--out', at('equal')]);
  expect(status).toBe(0);
  expect(stderr).toContain('all ratings are 4 stars: every prediction will be 4');
});

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
    expect(warm.config).toMatchObject({ sweeps: 2, from: earlier.version });
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

describe.skipIf(noTensorflow ?? noOnnxruntime)('train --model dot', () => {
  const quick = ['--factors', '3', '--relevance-factors', '4', '--epochs', '2', '--backend', 'wasm', '--threads', '1'];
  const dot = (...flags: string[]) => ['--data', folder, '--model', 'dot', ...quick, ...flags];

  it('prints the backend and a row an epoch as it trains, and goes on for more', async () => {
    const first = await marquee('train', dot('--checkpoint', at('dot-state'), '--out', at('dot')));
    expect(first.status).toBe(0);
    expect(first.stderr).toMatch(/gradients {8}TensorFlow\.js 4\S+, wasm/);
    expect(first.stderr).toMatch(/epoch +train loss +valid loss +RMSE +time\n(\d\/2( +\d\.\d{4}){3} +\d+\.\d s\n){2}/);
    const more = ['--checkpoint', at('dot-state'), '--resume', '--epochs', '3', '--out', at('dot'), '--json'];
    const second = await marquee('train', dot(...more));
    expect(second.stderr).toMatch(/goes on after epoch 2 of 3\n3\/3 /);
    expect(JSON.parse(second.stdout)).toMatchObject({
      link: 'sigmoid',
      config: { model: 'dot', gradient: { epochs: 3 } },
    });
    const evaluated = JSON.parse(await succeed('evaluate', dot('--range', 'none', '--no-bias', '--json')));
    expect(evaluated.config.gradient).toMatchObject({ range: null, bias: false, valid: 0 });
  });

  it('of --model neural: a network beside the lists, which predict --neural asks', async () => {
    const flags = [
      '--data',
      folder,
      '--model',
      'neural',
      ...QUICK,
      '--epochs',
      '2',
      '--layers',
      '8',
      '--backend',
      'wasm',
    ];
    await succeed('train', [...flags, '--out', at('neural')]);
    expect(await readdir(at('neural'))).toEqual(expect.arrayContaining(['neural.onnx', 'neural.json', 'movies.arrow']));
    await writeFile(at('pairs.csv'), 'userId,movieId\n1,1\n1,2\n999,3\n');
    const [model, pairs] = [
      ['--model', at('neural')],
      ['--pairs', at('pairs.csv'), '--out', at('by.csv')],
    ];
    await succeed('predict', [...model, ...pairs]);
    const lists = await readFile(at('by.csv'), 'utf8');
    await succeed('predict', [...model, ...pairs, '--neural', '--ratings', join(folder, 'ratings.csv')]);
    const network = await readFile(at('by.csv'), 'utf8');
    expect(network).toMatch(/^userId,movieId,prediction\n1,1,\d\.\d{6}\n1,2,\d\.\d{6}\n999,3,\d\.\d{6}\n$/);
    expect(network).not.toBe(lists);
    const without = await marquee('predict', ['--model', at('dot'), ...pairs, '--neural']);
    expect(without.status).toBe(2);
    expect(without.stderr).toContain('has no neural.onnx');
  });

  it.each([
    ['--lr belongs to --model dot and neural, not to vb', ['--lr', '0.1']],
    ['--sweeps belongs to --model vb and neural, not to dot', ['--model', 'dot', '--sweeps', '3']],
    ['--layers belongs to --model neural, not to dot', ['--model', 'dot', '--layers', '9']],
    ['--no-bias belongs to --model dot, not to neural', ['--model', 'neural', '--no-bias']],
    ['--from belongs to --model vb and neural, not to dot', ['--model', 'dot', '--from', 'models/x']],
    ['expected two numbers, such as 0,5.5, or none', ['--model', 'dot', '--range', '5,1']],
    ['--resume belongs to --model dot and neural', ['--resume', '--checkpoint', 'state']],
    ['--resume needs --checkpoint', ['--model', 'dot', '--resume']],
    ['expected number to be <=0.9', ['--model', 'dot', '--valid', '2']],
  ])('%s: usage, exit 2', async (message, flags) => {
    const { status, stderr } = await marquee('train', ['--data', folder, ...flags]);
    expect(status).toBe(2);
    expect(stderr).toContain(message);
    expect(stderr).toContain('Usage: npm run train --');
  });
});

describe('train --memory', () => {
  it('reads from a disk what does not fit, and writes the same bytes', async () => {
    const bytes = Array.from({ length: 4000 }, (_, i) => `${1 + (i % 200)},${1 + ((7 * i) % 40)},${1 + (i % 5)},${i}`);
    await writeFile(at('extra.csv'), `userId,movieId,rating,timestamp\n${bytes.join('\n')}\n`);
    const flags = ['--data', folder, '--extra', at('extra.csv'), ...QUICK, '--engine', 'wasm'];
    await succeed('train', [...flags, '--out', at('held')]);
    const { status, stderr } = await marquee('train', [
      ...flags,
      '--memory',
      '0',
      '--spill',
      at('spill'),
      '--out',
      at('disk'),
    ]);
    expect(stderr).toContain('ratings          read from a disk, block by block');
    expect(status).toBe(0);
    expect(await readdir(at('spill'))).toEqual([]);
    expect((await readdir(at('disk'))).sort()).toEqual((await readdir(at('held'))).sort());
    for (const name of ['movies.arrow', 'users.arrow', 'posterior.arrow', 'profiles.arrow']) {
      expect(Buffer.compare(await readFile(at(`disk/${name}`)), await readFile(at(`held/${name}`))), name).toBe(0);
    }
  });

  it('says which flag needs all ratings in memory', async () => {
    const flags = ['--data', 'ml-latest-small-2016', '--memory', '1'];
    const [evaluated, dot] = await Promise.all([
      marquee('train', [...flags, '--evaluate', 'random:0.1']),
      marquee('train', [...flags, '--model', 'dot']),
    ]);
    expect(evaluated.status).toBe(2);
    expect(evaluated.stderr).toMatch(
      /--evaluate needs all ratings in memory, about (\d+) MB\nLeave --evaluate out, or allow more: --memory \1\.\n/,
    );
    expect(dot.stderr).toMatch(/--model dot needs all ratings in memory, about \d+ MB\n/);
  });
});
