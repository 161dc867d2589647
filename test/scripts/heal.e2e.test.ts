import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { withBindings } from '../../scripts/lib/bindings.ts';
import { migrate } from '../../scripts/lib/migrations.ts';
import { readRatings, writeRatings } from '../../shared/ratings/rating-store.ts';
import { markPull } from '../../trainer/retrain/heal/identity.ts';
import { takeLease } from '../../trainer/retrain/lease.ts';
import { pullLog } from '../../trainer/retrain/log/log.ts';
import { marquee, newFolder, succeed } from './command.ts';

let folder: string;
let env: { MARQUEE_STATE: string };

const inState = <T>(work: Parameters<typeof withBindings<T>>[1]) => withBindings(false, work, env.MARQUEE_STATE);

beforeAll(async () => {
  folder = await newFolder();
  env = { MARQUEE_STATE: join(folder, 'state') };
  await inState(async ({ MODELS, DB }) => {
    await migrate(DB);
    const rate = (userId: number, count: number) => {
      const ratings = Array.from({ length: count }, (_, j) => ({ movieId: j + 1, rating: 4, timestamp: j + 1 }));
      return writeRatings(DB, userId, ratings, 'page');
    };
    await rate(7, 6);
    await pullLog(MODELS, DB, undefined, undefined, () => markPull(MODELS, DB));
    const restored = [
      'DELETE FROM rating_log WHERE seq > 2',
      'DELETE FROM rating WHERE movie_id > 2',
      "UPDATE sqlite_sequence SET seq = 2 WHERE name = 'rating_log'",
      "UPDATE store SET pull = ''",
    ];
    await DB.batch(restored.map((sql) => DB.prepare(sql)));
    await rate(8, 3);
  });
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('npm run heal', () => {
  it('says on a dry run what it would do, does it, and then finds nothing to do', async () => {
    const plan = [
      "D1 or R2 was restored: D1 agrees with R2's rating log up to 2 of 6",
      '       3 rows of the log that came since, for the next retrain',
      '       4 ratings that only R2 had, back in D1',
    ];
    expect((await succeed('heal', ['--dry-run'], env)).trimEnd().split('\n')).toEqual([
      ...plan,
      'nothing was changed: npm run heal does it',
    ]);
    expect((await succeed('heal', [], env)).trimEnd().split('\n')).toEqual([...plan, 'healed: epoch 2 begins']);
    expect(await inState(({ DB }) => readRatings(DB, 7))).toHaveLength(6);
    expect(JSON.parse(await succeed('heal', ['--json'], env))).toMatchObject({ decision: 'sound', epoch: 2 });
  });

  it('exits with 4 while a retrain holds the lease, unless --take-over is given', async () => {
    const lease = { holder: 'elsewhere, process 7', milliseconds: 3_600_000, now: Date.now };
    await inState(({ MODELS }) => takeLease(MODELS, lease));
    const { status, stdout } = await marquee('heal', [], env);
    expect({ status, stdout }).toEqual({ status: 4, stdout: expect.stringContaining('elsewhere, process 7') });
    await succeed('heal', ['--take-over'], env);
  });
});
