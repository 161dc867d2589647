import { expect, it } from 'vitest';
import { findChromium } from '../../trainer/report/png.ts';
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

it('the disk bench trains from a disk and in memory, and tells the memory of both', async () => {
  const tiny = '--millions 0.02 --held 0.02 --factors 7 --sweeps 1 --relevance-movies 50 --threads 1'.split(' ');
  const { trainings } = JSON.parse(await succeed('bench', ['disk', ...tiny, '--json']));
  expect(trainings.map(({ from }: { from: string }) => from)).toEqual(['memory', 'disk']);
  for (const training of trainings) {
    expect(training).toMatchObject({ 'ratings, millions': 0.02, users: positive, 'MB at most': positive });
  }
});

it('the serve bench measures answers, the first answer, and memory while versions change, and no request fails', async () => {
  const tiny = '--movies 300 --flip-movies 300 --users 70 --seconds 0.2 --connections 2 --repeat 1 --flips 6'.split(
    ' ',
  );
  const { speed, cold, flips } = JSON.parse(
    await succeed('bench', ['serve', '--servers', 'workerd', ...tiny, '--json']),
  );
  expect(speed.map(({ asked, failed }: { asked: string; failed: number }) => [asked, failed])).toEqual([
    ['constant JSON', 0],
    ['/health', 0],
    ['/recommend, trained user', 0],
    ['/recommend, trained user in memory', 0],
    ['/recommend, trained user in memory, by=next', 0],
    ['/recommend, 100 ratings in D1', 0],
    ['/recommend, 100 ratings in D1, in memory', 0],
    ['POST /recommend, 100 ratings', 0],
  ]);
  for (const row of speed) {
    expect(row).toMatchObject({ server: 'workerd', connections: 2, perSecond: positive, p50: positive, p99: positive });
    expect(row.p99).toBeGreaterThanOrEqual(row.p50);
  }
  expect(cold.map(({ asked }: { asked: string }) => asked)).toEqual(['trained user', '100 ratings in D1']);
  for (const row of cold) {
    for (const part of ['start', 'pointer', 'model', 'user', 'score']) expect(row[part]).toEqual(positive);
    expect(row.answer).toBeGreaterThan(row.model);
  }
  expect(flips).toMatchObject({ flips: 6, seen: 6, load: { answers: positive, failed: 0 } });
  // Each of the six versions before would leave eleven pages behind; what is made under load takes less than one of them.
  const page = 1 << 16;
  expect(flips.first.buffers).toBeGreaterThan(300 * 64 * 4);
  expect(flips.first.wasm).toBeGreaterThan(10 * page);
  expect(flips.settled.buffers).toBeLessThan(flips.first.buffers + 11 * page);
  expect(flips.settled.wasm).toBeLessThanOrEqual(flips.first.wasm + page);
});

it('the score bench runs in workerd: the exact lists are those of the full scan', async () => {
  const tiny = ['--movies', '500', '--columns', '16', '--repeat', '1'];
  const { rows } = JSON.parse(await succeed('bench', ['score', ...tiny, '--json']));
  expect(rows.map(({ model }: { model: string }) => model)).toEqual(['spectrum', 'plain']);
  for (const row of rows) {
    expect(row).toMatchObject({ movies: 500, columns: 16, users: 1000, differing: 0, gain: expect.any(Number) });
  }
});

it('the engine bench prints its tables as Markdown, with command, machine and date', async () => {
  const tiny = '--data ml-100k --width 32 --threads 1 --dense 64 --columns 8 --repeat 1'.split(' ');
  const [sweeps, dense, caption] = (await succeed('bench', ['engine', ...tiny, '--markdown'])).trim().split('\n\n');
  expect(sweeps).toMatch(/^\| data \| width \| threads \| best \|.*\n\| --- .*\n\| ml-100k \| 32 \| 1 \| \d+ \|/);
  expect(dense).toMatch(/^\| n \| columns \| threads \| multiply GFLOP\/s \|/);
  expect(caption).toContain(`\`npm run bench -- engine ${tiny.join(' ')}\`.`);
  expect(caption).toMatch(/node v\d+\.\d+\.\d+, \d+ \w+ \d{4}\.$/);
});

it('the engine bench times sweeps one after the other on the same numbers', async () => {
  const tiny = ['--data', 'ml-100k', '--width', '8', '--threads', '1', '--dense', '64', '--repeat', '4'];
  const { sweeps, dense } = JSON.parse(await succeed('bench', ['engine', ...tiny, '--json']));
  expect(sweeps).toEqual([expect.objectContaining({ data: 'ml-100k', width: 8, threads: 1, best: positive })]);
  expect(dense).toEqual([expect.objectContaining({ n: 64, 'cholesky GFLOP/s': positive })]);
});

it('says what it leaves out, and why', async () => {
  const flags = ['--size', '1m', '--engines', 'js', '--rivals', 'none', '--repeat', '1'];
  const stdout = await succeed('bench', ['train', ...flags]);
  expect(stdout).toContain('left out: js at 1m: it is the reference, in plain loops');
});

it.each([
  [
    ['nope'],
    /Allowed choices are train, disk, engine, flood, serve, faults, writes, cpu, soak, score, quality, map, parts/,
    /Usage: npm run bench -- \[options\] \[name\] \[flags...\]\n--help lists the flags/,
  ],
  [
    ['train', '--size', '5g'],
    /--size: got "5g", expected of 100k, 1m, 10m, 32m/,
    /Usage: npm run bench -- train \[options\]\n/,
  ],
  [['train', '--rivls', 'sgd'], /unknown option '--rivls', did you mean --rivals\?/, /Usage: npm run bench -- train /],
  [['serve', '--parts', 'x'], /--parts: got "x", expected of speed, cold, flips/, /Usage: npm run bench -- serve /],
  [['engine', '--data', 'x'], /--data: got "x", expected of ml-100k/, /Usage: npm run bench -- engine /],
])('exits with 2 and shows its usage: bench %j', async (args, reason, usage) => {
  const { status, stdout, stderr } = await marquee('bench', args);
  expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
  expect(stderr).toMatch(reason);
  expect(stderr).toMatch(usage);
});

it('the parts bench asks a catalogue that is cut, and one that is not, the same, and gets the same answers', async () => {
  const tiny = '--movies 300 --users 70 --count 2 --asked by=next,/similar --seconds 0.1 --connections 1 --repeat 1';
  const { differ, speed, memory, computed } = JSON.parse(
    await succeed('bench', ['parts', ...tiny.split(' '), '--json']),
  );
  expect(differ).toBe(0);
  for (const row of speed) expect(row).toMatchObject({ perSecond: positive, failed: 0 });
  expect(memory.map(({ worker }: { worker: string }) => worker)).toEqual(['one Worker', 'in front', 'part 1']);
  expect(computed).toHaveLength(3);
});

it.skipIf(!findChromium())('the map bench counts the frames of each motion, and the films in them', async () => {
  const { films, rows } = JSON.parse(await succeed('bench', ['map', '--films', '500', '--seconds', '0.5', '--json']));
  expect(films).toBe(500);
  expect(rows).toHaveLength(6);
  for (const row of rows) expect(row).toMatchObject({ 'frames/s': positive, 'shown/s': positive, 'films least': 500 });
});

it('the soak bench asks for a share of what the Worker answers at most, and nothing fails', async () => {
  const tiny = '--movies 300 --users 70 --minutes 0.02 --slices 2 --connections 2'.split(' ');
  const { capacity, slices } = JSON.parse(await succeed('bench', ['soak', ...tiny, '--json']));
  expect(capacity).toEqual(positive);
  expect(slices.map(({ failed }: { failed: number }) => failed)).toEqual([0, 0]);
  for (const { answers, p99, memory } of slices) expect([answers, p99, memory]).toEqual([positive, positive, positive]);
});

it('the faults bench answers everybody while the stores fail one after the other, and loses no accepted rating', async () => {
  const tiny = '--movies 300 --users 70 --seconds 0.3 --connections 2'.split(' ');
  const result = JSON.parse(await succeed('bench', ['faults', ...tiny, '--json']));
  expect(result).toMatchObject({ bench: 'faults', answers: positive, failed: 0, availability: 100, lost: 0 });
  expect(result.accepted).toBeGreaterThan(0);
  const written = ({ stored, queued, refused }: { stored: number; queued: number; refused: number }) =>
    stored > 0 ? 'stored' : queued > 0 ? 'queued' : refused > 0 ? 'refused' : 'none';
  const outcomes = result.phases.map(
    ({ faults, ...writes }: { faults: object; stored: number; queued: number; refused: number }) => [
      JSON.stringify(faults),
      written(writes),
    ],
  );
  expect(outcomes).toContainEqual(['{"d1":"silent"}', 'queued']);
  expect(outcomes).toContainEqual(['{"d1":"failing","queue":"failing"}', 'refused']);
});
