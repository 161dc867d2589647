import { env } from 'cloudflare:workers';
import { beforeAll, describe, expect, it } from 'vitest';
import { exportEventsOfAll, exportMarksOfAll } from '../../../shared/exchange/write-everybody.ts';
import { movieIdOf } from '../../fixtures/groups.ts';
import { publishFixture, startApp, startSession, TOKEN } from '../app.ts';

const ADMIN = { Authorization: 'Bearer an-admin-token-for-tests' };
const NOW = Date.parse('2026-01-02T00:00:00Z') / 1000;
const app = startApp();
const people: { user: number; headers: { Cookie: string } }[] = [];

async function whole(parts: AsyncGenerator<string>): Promise<string> {
  let text = '';
  for await (const part of parts) text += part;
  return text;
}

/** Two people with three marks, one of them taken back, and two events each. */
beforeAll(async () => {
  await publishFixture(env.MODELS);
  for (const _ of [0, 1]) {
    const person = await startSession(app);
    people.push(person);
    const marks = ['watchlist', 'seen', 'dismissed'].map((mark, at) => ({ movieId: movieIdOf(at), mark }));
    await app.post('/marks', { marks }, person.headers);
    await app.remove(`/marks/${movieIdOf(2)}`, person.headers);
    const events = ['a', 'b'].map((id) => ({ id, kind: 'clicked', movieId: movieIdOf(0) }));
    expect((await app.post('/events', { events }, person.headers)).status).toBe(200);
  }
});

describe('the operator’s export', () => {
  it('has everybody’s marks, without those that were taken back', async () => {
    const lines = (await app.text('/export/all/marks', ADMIN)).split('\n');
    expect(lines[0]).toBe('userId,movieId,mark,timestamp');
    for (const { user } of people) {
      expect(lines.filter((line) => line.startsWith(`${user},`))).toEqual([
        `${user},${movieIdOf(0)},watchlist,${NOW}`,
        `${user},${movieIdOf(1)},seen,${NOW}`,
      ]);
    }
  });

  it('has everybody’s events', async () => {
    const lines = (await app.text('/export/all/events', ADMIN)).split('\n');
    expect(lines[0]).toBe('userId,movieId,kind,request,timestamp');
    for (const { user } of people) {
      const theirs = lines.filter((line) => line.startsWith(`${user},`));
      expect(theirs).toEqual(Array(2).fill(`${user},${movieIdOf(0)},clicked,,${NOW}`));
    }
  });

  it.each([1, 2, 3])('is the same read %i rows at a time', async (page) => {
    expect(await whole(exportMarksOfAll(env.DB, page))).toBe(await app.text('/export/all/marks', ADMIN));
    expect(await whole(exportEventsOfAll(env.DB, page))).toBe(await app.text('/export/all/events', ADMIN));
  });

  it('is for nobody else', async () => {
    for (const path of ['/export/all/marks', '/export/all/events']) {
      for (const headers of [{}, people[0].headers, TOKEN]) {
        expect(await app.get(path, headers)).toMatchObject({ status: 401, body: { code: 'unauthorized' } });
      }
    }
  });
});
