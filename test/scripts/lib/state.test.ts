import { expect, it } from 'vitest';
import { placeOf } from '../../../scripts/lib/state.ts';

it('the embedded data set stays where all commands look by default', () => {
  expect(placeOf('ml-latest-small-2016', undefined)).toEqual({ state: '.wrangler/state', models: 'models' });
});

it('another data set has a place of its own, by its name', () => {
  expect(placeOf('ml-1m', undefined)).toEqual({ state: '.wrangler/sets/ml-1m', models: '.wrangler/sets/ml-1m/models' });
});

it('two folders of one name have two places', () => {
  const [one, other] = ['/home/a/film night', '/home/b/film night'].map((path) => placeOf(path, undefined).state);
  expect(one).toMatch(/^\.wrangler\/sets\/film_night-[0-9a-f]{6}$/);
  expect(other).not.toBe(one);
});

it('a folder that is named holds whatever is started there', () => {
  expect(placeOf('ml-1m', '/srv/marquee')).toEqual({ state: '/srv/marquee', models: '/srv/marquee/models' });
});
