import { cp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Bindings, withBindings } from '../../scripts/lib/bindings.ts';
import { storeFindings } from '../../scripts/lib/doctor/stores.ts';
import { migrate } from '../../scripts/lib/migrations.ts';
import { partitionKey } from '../../shared/ratings/log-partitions.ts';
import { writeRatings } from '../../shared/ratings/rating-store.ts';
import { readArtifact } from '../../trainer/artifact/artifact.ts';
import { publish } from '../../trainer/artifact/publish.ts';
import { markPull } from '../../trainer/retrain/heal/identity.ts';
import { pullLog } from '../../trainer/retrain/log/log.ts';
import { marquee, newFolder, ROOT } from './command.ts';

const FIXTURE = join(ROOT, 'test/fixtures/artifact');
const HOUR = 3_600_000;

let folder: string;
let sound: string;

beforeAll(async () => {
  folder = await newFolder();
  sound = join(folder, 'sound');
  const fill = async ({ MODELS, DB }: Bindings) => {
    await migrate(DB);
    await publish(MODELS, await readArtifact(FIXTURE));
    await writeRatings(DB, 7, [{ movieId: 1, rating: 4, timestamp: 1 }], 'api');
    await pullLog(MODELS, DB, undefined, undefined, () => markPull(MODELS, DB));
  };
  await withBindings(false, fill, sound);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** What is wrong after `harm`, where models are old after 48 hours. */
async function wrongAfter(harm: (bindings: Bindings) => Promise<unknown>, hours = 1): Promise<Record<string, string>> {
  const state = await newFolder();
  await cp(sound, state, { recursive: true });
  const { manifest } = await readArtifact(FIXTURE);
  const now = Date.parse(manifest.createdAt) + hours * HOUR;
  const mends = { flag: ' -- --remote', migrate: 'npm run deploy', publish: 'npm run deploy', maxAge: 48 };
  const look = async (bindings: Bindings) => {
    await harm(bindings);
    return storeFindings(bindings, mends, now);
  };
  const findings = await withBindings(false, look, state);
  await rm(state, { recursive: true });
  return Object.fromEntries(findings.flatMap(({ topic, says, mend }) => (mend ? [[topic, `${says} → ${mend}`]] : [])));
}

describe('what npm run doctor says of R2 and D1', () => {
  it('finds nothing wrong with sound ones', async () => {
    expect(await wrongAfter(async () => {})).toEqual({});
  });

  it.each<[string, string, string, (bindings: Bindings) => Promise<unknown>, number?]>([
    [
      'a migration that was not applied',
      'tables',
      '0009_gathering.sql → npm run deploy',
      ({ DB }) => DB.prepare("DELETE FROM d1_migrations WHERE name LIKE '0009%'").run(),
    ],
    [
      'that no model is in service',
      'model',
      'none is in service → npm run deploy',
      ({ MODELS }) => MODELS.delete(['current.json']),
    ],
    ['a model that is old', 'model', '49 h old, more than 48 → npm run retrain -- --remote', async () => {}, 49],
    [
      'a gap in the log',
      'rating log',
      'R2 lacks the numbers 2 to 4',
      ({ MODELS }) => MODELS.put(partitionKey(5, 6), ''),
    ],
    [
      'a database of an earlier time',
      'D1 beside R2',
      'npm run heal -- --remote',
      ({ DB }) => DB.prepare("UPDATE store SET pull = '', pull_before = ''").run(),
    ],
    [
      'writes that were given up on',
      'given-up writes',
      '1 wait in R2 → npm run replay -- --remote',
      ({ MODELS }) => MODELS.put('dead-letters/a.json', '{}'),
    ],
  ])('sees %s', async (_what, topic, words, harm, hours) => {
    const found = await wrongAfter(harm, hours);
    expect(Object.keys(found)).toEqual([topic]);
    expect(found[topic]).toContain(words);
  });
});

it('npm run doctor prints a line for each thing, and exits with 1 where something is wrong', async () => {
  const { status, stdout } = await marquee('doctor', [], { MARQUEE_STATE: join(folder, 'nowhere') });
  expect(status).toBe(1);
  expect(stdout).toMatch(/^ok {5}Node: v\d+/);
  expect(stdout).toContain(`WRONG  stores: nothing is kept in ${join(folder, 'nowhere')} yet\n       mend: npm start`);
  const { findings } = JSON.parse((await marquee('doctor', ['--json'], { MARQUEE_STATE: sound })).stdout);
  expect(findings).toContainEqual({ topic: 'D1 beside R2', says: 'one history, epoch 1', mend: null });
});
