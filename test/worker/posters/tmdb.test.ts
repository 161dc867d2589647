import { expect, it, vi } from 'vitest';
import { Tmdb } from '../../../worker/posters/tmdb.ts';
import { FILMS, TMDB_TOKEN } from '../fake-tmdb.ts';

const PATIENT = 300_000;

it('TMDB is asked for a hundred posters in ten seconds at most, and again after them', async () => {
  let now = 0;
  const tmdb = new Tmdb(() => now, PATIENT);
  const ask = () => tmdb.poster({ tmdbId: FILMS.without, width: 154, token: TMDB_TOKEN });
  for (let turn = 0; turn < 100; turn++) expect(await ask()).toBe(null);
  expect(await ask()).toBe(undefined);
  now += 10_000;
  expect(await ask()).toBe(null);
});

it('TMDB is not asked for half a minute after it refused a token', async () => {
  const warned = vi.spyOn(console, 'warn').mockImplementation(() => {});
  let now = 0;
  const tmdb = new Tmdb(() => now, PATIENT);
  const ask = (token: string) => tmdb.poster({ tmdbId: FILMS.good, width: 154, token });
  expect(await ask('another token')).toBe(undefined);
  expect(await ask(TMDB_TOKEN)).toBe(undefined);
  expect(warned).toHaveBeenCalledTimes(1);
  now += 30_000;
  expect(await ask(TMDB_TOKEN)).toMatchObject({ type: 'image/jpeg', name: 'matrix.jpg' });
  warned.mockRestore();
});
