import { describe, expect, it } from 'vitest';
import { groupOfMovie, groupOfUser, userIdOf } from '../fixtures/planted.ts';
import { idsOf, startApp } from './world.ts';

const USER = userIdOf(0);

describe('GET /recommend', () => {
  it('recommends the taste group of a trained user', async () => {
    const answer = await startApp().get(`/recommend?user=${USER}`);
    expect(answer.body).toMatchObject({ user: USER, basis: 'trained' });
    expect(answer.status).toBe(200);
    expect(idsOf(answer).map(groupOfMovie)).toEqual(Array(20).fill(groupOfUser(USER)));
  });
});
