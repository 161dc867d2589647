import { expect, it } from 'vitest';
import { marquee, succeed } from './command.ts';

const positive = expect.toSatisfy((value: number) => Number.isFinite(value) && value > 0, 'a positive number');

it('the train bench prints one JSON object: engines, rivals beside them, the machine', async () => {
  const tiny = [
    '--size',
    '100k',
    '--factors',
    '7',
    '--sweeps',
    '3',
    '--epochs',
    '1',
    '--repeat',
    '1',
    '--threads',
    '1',
  ];
  const result = JSON.parse(
    await succeed('bench', ['train', ...tiny, '--engines', 'wasm', '--rivals', 'sgd', '--json']),
  );
  expect(result).toMatchObject({
    bench: 'train',
    machine: { cpu: expect.any(String), cores: positive, node: process.version },
    repeat: 1,
    leftOut: [],
  });
  expect(result.trainings).toEqual([
    {
      size: '100k',
      data: expect.stringMatching(/^ml-/),
      engine: 'wasm, 1 thread, float32',
      seconds: positive,
      spread: 0,
      secondsPerSweep: positive,
      sweeps: 3,
      relevanceSeconds: positive,
      peakMegabytes: positive,
    },
  ]);
  const [marqueeRow, sgd] = result.curves;
  expect(marqueeRow).toMatchObject({ method: 'wasm', seconds: positive, marqueeSeconds: null, ratio: null });
  expect(sgd).toMatchObject({ method: 'sgd', seconds: positive, peakMegabytes: positive });
  expect(marqueeRow.rmse).toBeLessThan(sgd.rmse);
  expect(sgd.rmse).toBeLessThan(1.1);
  expect(sgd.marqueeSeconds).toEqual(positive);
  expect(sgd.ratio).toBeCloseTo(sgd.seconds / sgd.marqueeSeconds, 0);
});

it('says what it leaves out, and why', async () => {
  const flags = ['--size', '1m', '--engines', 'js', '--rivals', 'none', '--repeat', '1'];
  const stdout = await succeed('bench', ['train', ...flags]);
  expect(stdout).toContain('left out: js at 1m: it is the reference, in plain loops');
});

it.each([
  [['nope'], /Allowed choices are train, engine/, /name +train \(training by engine[\s\S]*engine \(one sweep/],
  [['train', '--size', '5g'], /--size: got "5g", expected of 100k, 1m, 10m/, /--rivals <list>/],
  [['train', '--nope'], /unknown option '--nope'/, /--rivals <list>/],
  [['engine', '--data', 'x'], /--data: got "x", expected of ml-100k/, /--width <list>/],
])('exits with 2 and shows its usage: bench %j', async (args, reason, usage) => {
  const { status, stdout, stderr } = await marquee('bench', args);
  expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
  expect(stderr).toMatch(reason);
  expect(stderr).toMatch(usage);
});
