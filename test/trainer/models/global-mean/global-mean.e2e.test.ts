import './register.ts';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Manifest } from '../../../../shared/artifact/manifest.ts';
import { marquee, newFolder, QUICK, type Result, writeTinySet } from '../../../scripts/command.ts';
import { MIDDLE, ratingModelCases } from '../cases.ts';
import { globalMean } from './index.ts';

ratingModelCases({ model: globalMean, given: { factors: 2, relevanceFactors: 4, minRatings: 5 }, beats: MIDDLE });

/** Every command starts with the same line in the registry. */
const REGISTERED = { NODE_OPTIONS: `--import=${join(import.meta.dirname, 'register.ts')}` };

describe('a rating model of one folder and one line in the registry', () => {
  let folder: string;
  const at = (name: string) => join(folder, name);
  const small = ['--factors', '2', '--relevance-factors', '4', '--threads', '1'];

  function command(name: string, flags: readonly string[]): Promise<Result> {
    return marquee(name, flags, REGISTERED);
  }

  async function answer(name: string, flags: readonly string[]) {
    const { status, stdout, stderr } = await command(name, flags);
    expect(status, stderr).toBe(0);
    return JSON.parse(stdout);
  }

  /** Trains it on the tiny set. */
  const train = (...flags: string[]) =>
    command('train', ['--data', folder, '--model', 'global-mean', ...small, ...flags]);

  beforeAll(async () => {
    folder = await newFolder();
    await writeTinySet(folder);
    const { status, stderr } = await train('--damping', '10', '--out', at('model'));
    expect(status, stderr).toBe(0);
  });
  afterAll(() => rm(folder, { recursive: true }));

  it('is a choice of --model, its settings flags with their defaults, and the manifest keeps them', async () => {
    const { stdout } = await command('train', ['--help']);
    expect(stdout.replace(/\s+/g, ' ')).toMatch(/global-mean \(mean of all ratings\).*"global-mean"/);
    expect(stdout.replace(/\s+/g, ' ')).toContain(
      '--damping <number> ratings that the middle of the scale counts for (global-mean)',
    );
    const { config }: Manifest = JSON.parse(await readFile(at('model/manifest.json'), 'utf8'));
    expect(config).toMatchObject({ model: 'global-mean', damping: 10, factors: 2 });
    expect(config).not.toHaveProperty('sweeps');
  });

  it('is evaluated beside the baselines, which it does not reach', async () => {
    const flags = ['--data', folder, '--split', 'random:0.2', '--model', 'global-mean', ...small, '--json'];
    const { metrics, baselines } = await answer('evaluate', flags);
    expect(metrics.rmse).toBeGreaterThan(baselines.bias.rmse);
    expect(metrics.rmse).toBeLessThan(1.5 * baselines.bias.rmse);
    expect(metrics['ndcg@10']).toBeGreaterThan(0);
  });

  it('is served: whoever it is, the mean is predicted, and lists come from the relevance model', async () => {
    const flags = ['--model', at('model'), '--user', '1', '--k', '5', '--out', at('lists.csv')];
    const { status, stderr } = await command('recommend', flags);
    expect(status, stderr).toBe(0);
    const [, ...lines] = (await readFile(at('lists.csv'), 'utf8')).trimEnd().split('\n');
    expect(lines).toHaveLength(5);
    const { mean } = JSON.parse(await readFile(at('model/manifest.json'), 'utf8'));
    for (const line of lines) expect(Number(line.split(',').at(-1))).toBeCloseTo(mean, 4);
  });

  it('is compared by sweeps with the others, its own settings on its rows only', async () => {
    const flags = ['--data', folder, '--out', at('sweep'), ...QUICK, '--damping', '0,100', '--json'];
    const { rows } = await answer('sweep', [...flags, '--model', 'vb,global-mean']);
    expect(rows.map(({ name }: { name: string }) => name)).toEqual([
      'vb',
      'global-mean, damping 0',
      'global-mean, damping 100',
    ]);
    expect(await readFile(at('sweep/sweep.html'), 'utf8')).toContain('orange vb, green global-mean');
  });

  it.each([
    ['--from belongs to --model vb and neural, not to global-mean', ['--from', 'models/x']],
    ['--checkpoint belongs to --model vb, dot and neural, not to global-mean', ['--checkpoint', 'state']],
    ['--tune belongs to --model vb and neural, not to global-mean', ['--tune']],
    ['--sweeps belongs to --model vb and neural, not to global-mean', ['--sweeps', '3']],
    ['--damping belongs to --model global-mean, not to vb', ['--model', 'vb', '--damping', '3']],
    ['expected number to be >=0', ['--damping', '-1']],
  ])('a command is told: %s', async (message, flags) => {
    const { status, stderr } = await train(...flags);
    expect(status).toBe(2);
    expect(stderr).toContain(message);
  });

  it('is nothing that a training of another model may start from', async () => {
    const { status, stderr } = await command('train', ['--data', folder, ...QUICK, '--from', at('model')]);
    expect(status).toBe(2);
    expect(stderr).toMatch(
      /--from: \S+ was trained with --model global-mean \(mean of all ratings\), expected vb or neural/,
    );
  });
});
