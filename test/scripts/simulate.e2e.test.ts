import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { marquee, newFolder, QUICK, ratingsCsv, succeed, TINY, writeTinySet } from './command.ts';

const HOUR = 3600;
const DAY = 24 * HOUR;

let folder: string;
beforeAll(async () => {
  folder = await newFolder();
  const ratings = await writeTinySet(folder);
  // Ten people come late, one rating of somebody's an hour.
  const late = (i: number) => ratings.userIds[i] > TINY.users - 10;
  const timestamps = ratings.timestamps.map((_, i) => 1e9 + (late(i) ? DAY * 60 : 0) + ((i * 7919) % 331) * HOUR);
  await writeFile(join(folder, 'ratings.csv'), ratingsCsv({ ...ratings, timestamps }));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('npm run simulate', () => {
  it('replays visits to a Worker that retrains, and measures what fold-in and retrain bring', async () => {
    const out = join(folder, 'simulation');
    const flags = ['--data', folder, ...QUICK, '--from', '2001-11-01', '--days', '14', '--out', out, '--json'];
    const { overall, periods } = JSON.parse(await succeed('simulate', flags));
    expect(periods.length).toBe(2);
    const [quiet, both] = [overall.neither, overall['fold-in and retrain']];
    for (const report of periods) {
      expect(report.sameOverHttp).toBe(report.visits);
      expect(report.arms['fold-in only'].ratings).toBe(report.ratings);
      expect(report.retrain.leftOut.flatPeople).toBe(0);
    }
    // The first period knows of no retrain yet.
    expect(periods[0].arms['retrain only']).toEqual(periods[0].arms.neither);
    expect(periods[0].arms['fold-in and retrain']).toEqual(periods[0].arms['fold-in only']);
    expect(periods[0].arms['fold-in only'].rmse).not.toBe(periods[0].arms.neither.rmse);
    expect(both.rmse).toBeLessThan(quiet.rmse + 0.02);
    const page = await readFile(join(out, 'simulation.html'), 'utf8');
    expect(page.match(/<svg/g)).toHaveLength(3);
    for (const arm of Object.keys(overall)) {
      expect(page.split(`>${arm}</text>`)).toHaveLength(1 + 3);
    }
    expect(page.match(/<path[^>]* stroke="var\(--(accent|second)\)"/g)).toHaveLength(4 * 3);
    expect(page).not.toMatch(/<(script|link|img|iframe|object)\b/);
    expect(page).toContain(both.rmse.toFixed(4));
    expect(JSON.parse(await readFile(join(out, 'simulation.json'), 'utf8'))).toMatchObject({ overall });
  });

  it.each([
    [['--days', '3', '--weeks', '2'], 2, /--days and --weeks exclude each other/],
    [['--from', 'tomorrow'], 2, /--from: got "tomorrow"/],
    [['--from', '2099-01-01'], 1, /no ratings after the simulation's start/],
  ])('refuses %j', async (flags, expected, reason) => {
    const { status, stderr } = await marquee('simulate', ['--data', folder, ...flags]);
    expect(status).toBe(expected);
    expect(stderr).toMatch(reason);
  });
});
