import { describe, expect, it } from 'vitest';
import { answerOf, passes } from '../../../worker/web/state/api-error.ts';

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

  it.each(['<html>Sign in to this network', '{"items": [', ''])(
    'is that not the server answered, and passes, where all seems well but %j is no answer',
    async (body) => {
      const error = await answered(200, body).catch((caught: unknown) => caught);
      expect(error).toMatchObject({ message: 'Something else answered in the server’s place.', status: 0 });
      expect(passes(error)).toBe(true);
    },
  );

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
