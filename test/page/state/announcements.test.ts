import { expect, it } from 'vitest';
import { Lists } from '../../../worker/web/browser/lists.ts';
import { Store } from '../../../worker/web/browser/store.ts';
import { ApiError } from '../../../worker/web/state/api-error.ts';
import type { State } from '../../../worker/web/state/state.ts';

/** Lists whose answers come when the test gives them. */
function open() {
  const waiting: PromiseWithResolvers<object>[] = [];
  const picks = () => {
    waiting.push(Promise.withResolvers());
    return waiting.at(-1)!.promise;
  };
  const nobody = { address: { view: 'list', list: {}, offset: 0 }, marks: { held: [] }, ratings: [], changes: [] };
  const state = { ...nobody, skipped: [], deck: { places: [null, null], turn: 0, waiting: [] }, list: null };
  const store = new Store(state as unknown as State, () => {});
  const connection = { worked: () => {}, failed: () => false };
  const services = { api: { picks, questions: async () => [] }, store, connection };
  const lists = new Lists(services as unknown as ConstructorParameters<typeof Lists>[0]);
  const answer = (at: number) => waiting[at].resolve({ items: [] });
  return { lists, store, answer, fail: (at: number) => waiting[at].reject(new ApiError('No answer.')) };
}

it('what was rated is said with the list that overtook its own', async () => {
  const { lists, store, answer } = open();
  const rated = lists.refresh('Alien: 5 stars.');
  const exact = lists.reload('The server keeps your ratings.');
  answer(1);
  answer(0);
  await Promise.all([rated, exact]);
  expect(store.state.said).toBe('Alien: 5 stars. The server keeps your ratings. No film is left.');
});

it('what was rated is said once, and not with a list that comes after one that failed', async () => {
  const { lists, store, answer, fail } = open();
  const rated = lists.refresh('Alien: 5 stars.');
  fail(0);
  await rated;
  const anew = lists.reload();
  answer(1);
  await anew;
  expect(store.state.said).toBe('No film is left.');
});
