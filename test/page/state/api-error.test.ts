import { describe, expect, it } from 'vitest';
import { answerOf } from '../../../worker/web/state/api-error.ts';

const answered = (status: number, body = '<html>', headers = {}) =>
  answerOf(Promise.resolve(new Response(body, { status, headers })));

describe('what a page says of an answer that failed', () => {
  it.each([
    [429, 'The server is asked for too much at once.'],
    [413, 'The server refused this (413).'],
    [502, 'The server has trouble (502).'],
  ])('is in plain words where %i comes from something before the Worker', async (status, message) => {
    await expect(answered(status)).rejects.toMatchObject({ message, status, fix: undefined });
  });

  it('is what the problem document says where there is one, with how to mend it and when to ask again', async () => {
    const problem = JSON.stringify({ detail: 'too many ratings', fix: 'Wait a minute.', code: 'rate-limited' });
    await expect(answered(429, problem, { 'Retry-After': '60' })).rejects.toMatchObject({
      message: 'Too many ratings.',
      fix: 'Wait a minute.',
      code: 'rate-limited',
      retryAfter: 60,
    });
  });
});
