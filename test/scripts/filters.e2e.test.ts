import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { userIdOf } from '../fixtures/groups.ts';
import { loadFixture } from '../fixtures/model.ts';
import { marquee, ROOT, succeed } from './command.ts';

const ARTIFACT = join(ROOT, 'test/fixtures/artifact');
const WHOM = ['--model', ARTIFACT, '--user', String(userIdOf(0)), '--k', '200'];
/** Has the filters of that file besides, which the command itself does not know. */
const OWN = { NODE_OPTIONS: `--import=${pathToFileURL(join(ROOT, 'test/fixtures/own-filters.ts'))}` };

/** Years of the movies that the command lists. */
async function yearsListed(flags: readonly string[], env?: NodeJS.ProcessEnv): Promise<number[]> {
  const list = await succeed('recommend', [...WHOM, ...flags], env);
  return Array.from(list.matchAll(/\((\d{4})\)$/gm), ([, year]) => Number(year));
}

describe('recommend', () => {
  it('has a flag for every filter', async () => {
    const all = await yearsListed([]);
    expect(all.length).toBeGreaterThan(100);
    const between = await yearsListed(['--year-from', '1990', '--year-to', '1999']);
    expect(between).toEqual(all.filter((year) => year >= 1990 && year <= 1999));
    const { movies } = await loadFixture();
    const [first, second] = movies.genreNames;
    const one = await yearsListed(['--genre', first]);
    expect((await yearsListed(['--genre', first, '--genre', second])).length).toBeGreaterThan(one.length);
    expect((await yearsListed(['--not-genre', first])).length).toBe(all.length - one.length);
  });

  it.each([
    [['--year-from', 'soon'], 2, /--year-from: got "soon"\. .*number/],
    [['--min-ratings', '-1'], 2, /--min-ratings: got "-1"/],
    [['--popularity=-2'], 2, /--popularity: got -2, expected a number from -1 to 1/],
    [['--certainty', '9'], 2, /--certainty: got 9, expected a number from 0 to 4/],
    [['--genre', 'Western'], 1, /genre: got "Western", expected one of /],
    [['--year-from', '2000', '--year-to', '1990'], 1, /yearFrom: got 2000, expected at most yearTo, 1990/],
  ])('refuses %j', async (flags, exitCode, message) => {
    const { status, stderr } = await marquee('recommend', [...WHOM, ...flags]);
    expect(stderr).toMatch(message);
    expect(status).toBe(exitCode);
  });

  it('has a flag for a filter that only the registry knows', async () => {
    const all = await yearsListed([], OWN);
    const nineties = all.filter((year) => year >= 1990 && year <= 1999);
    expect(nineties.length).toBeGreaterThan(5);
    expect(await yearsListed(['--decade-of', '1995'], OWN)).toEqual(nineties);
    expect(await succeed('recommend', ['--help'], OWN)).toMatch(/--title-length <integer>\s+Only movies whose titles/);
    expect((await marquee('recommend', [...WHOM, '--decade-of', '1995'])).stderr).toMatch(/unknown option/);
  });
});
