import { afterEach, expect, it, vi } from 'vitest';
import { Parts } from './parts.ts';

const said = vi.spyOn(console, 'error').mockImplementation(() => {});
const { exitCode } = process;

afterEach(() => {
  process.exitCode = exitCode;
  said.mockClear();
});

it('a part that fails leaves the figures of the others, its name, its error and an exit code', async () => {
  const parts = new Parts();
  const cold = await parts.run('cold', async () => [3]);
  const flips = await parts.run('flips', () => Promise.reject(new Error('the port is gone')));
  expect([cold, flips, parts.failed, process.exitCode]).toEqual([[3], undefined, ['flips'], 1]);
  expect(said).toHaveBeenCalledWith('flips failed:', expect.objectContaining({ message: 'the port is gone' }));
});
