import { env } from 'cloudflare:workers';
import { describe, expect, it, vi } from 'vitest';
import { networkOf } from '../../../../worker/http/traffic/rate-limit.ts';
import { movieIdOf, userIdOf } from '../../../fixtures/groups.ts';
import { type Answer, startApp, startSession, TOKEN } from '../../app.ts';

const RATING = { movieId: movieIdOf(0), rating: 4 };
const open = startApp();
const limited = startApp({
  WRITES_PER_SESSION: env.THREE,
  WRITES_PER_ADDRESS: env.FIVE,
  READS_PER_SESSION: env.FIVE,
  READS_PER_ADDRESS: env.THREE,
});

let addresses = 0;
/** A new address. */
const address = () => ({ 'CF-Connecting-IP': `192.0.2.${++addresses}` });

/**
 * How many requests in a row are answered before one is refused. Twice the limit at most, since a minute may end
 * between.
 */
async function passed(limit: number, send: () => Promise<Answer>): Promise<number> {
  for (let n = 0; n <= 2 * limit; n++) {
    const answer = await send();
    if (answer.status === 200) continue;
    expect(answer).toMatchObject({ status: 429, body: { code: 'too-many-requests', status: 429 } });
    expect(answer.headers.get('Retry-After')).toBe('60');
    return n;
  }
  throw new Error(`${2 * limit + 1} requests were answered, expected ${limit}`);
}

describe('limits', () => {
  it('the limit of a session counts its writes from every address, and no other session’s', async () => {
    const [one, other] = [await startSession(open), await startSession(open)];
    const rate = () => limited.post('/ratings', RATING, { ...one.headers, ...address() });
    expect(await passed(3, rate)).toBeGreaterThanOrEqual(3);
    expect((await limited.post('/ratings', RATING, { ...other.headers, ...address() })).status).toBe(200);
    expect((await limited.get('/recommend', { ...one.headers, ...address() })).status).toBe(200);
  });

  it('the limit of an address counts its writes, including new sessions', async () => {
    const from = address();
    expect(await passed(5, () => limited.post('/session', '', from))).toBeGreaterThanOrEqual(5);
    expect((await limited.post('/session', '', address())).status).toBe(200);
  });

  it('reads are counted apart from writes, including reads that are posted', async () => {
    const from = address();
    let turn = 0;
    const read = () => {
      turn++;
      if (turn % 3 === 0) return limited.get(`/recommend?user=${userIdOf(0)}`, from);
      return limited.post(turn % 3 === 1 ? '/recommend' : `/explain/${movieIdOf(1)}`, { ratings: [RATING] }, from);
    };
    expect(await passed(3, read)).toBeGreaterThanOrEqual(3);
    expect((await limited.post('/session', '', from)).status).toBe(200);
    for (const path of ['/health', '/model', '/openapi.json']) {
      expect((await limited.get(path, from)).status).toBe(200);
    }
  });

  it('a program with the API token is not counted; one with a wrong token is', async () => {
    const from = address();
    const write = { ...RATING, user: userIdOf(1) };
    for (let n = 0; n < 12; n++) {
      expect((await limited.post('/ratings', write, { ...TOKEN, ...from })).status).toBe(200);
    }
    const statuses = new Set<number>();
    for (let n = 0; n < 12; n++) {
      statuses.add((await limited.post('/ratings', write, { Authorization: 'Bearer guess', ...from })).status);
    }
    expect(statuses).toEqual(new Set([401, 429]));
  });

  it('requests pass when a limit fails, and where none is bound', async () => {
    vi.spyOn(console, 'error').mockImplementation(() => undefined);
    const failing = { limit: () => Promise.reject(new Error('gone')) } as unknown as RateLimit;
    for (const app of [open, startApp({ WRITES_PER_ADDRESS: failing })]) {
      const from = address();
      for (let n = 0; n < 12; n++) expect((await app.post('/session', '', from)).status).toBe(200);
    }
  });

  it.each([
    ['203.0.113.7', '203.0.113.7'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2'],
    ['2001:db8:1:2::6', '2001:db8:1:2'],
    ['2001:db8::6', '2001:db8:0:0'],
    ['2001:db8::4:5:6:7:8', '2001:db8:0:4'],
    ['::1', '0:0:0:0'],
  ])('networkOf takes %s for %s', (given, network) => {
    expect(networkOf(given)).toBe(network);
  });
});
