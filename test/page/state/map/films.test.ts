import { describe, expect, it } from 'vitest';
import { hrefOf, onMap, readAddress, viewOf } from '../../../../worker/web/state/address.ts';
import { FAMILIES, familyOf } from '../../../../worker/web/state/map/families.ts';
import { filmsOf, nameOf } from '../../../../worker/web/state/map/films.ts';

const read = (href: string) => readAddress(new URL(href, 'http://localhost'));

describe('films on the map', () => {
  it('have the colour of their most telling genre', () => {
    const nameOfFamily = (...genres: string[]) => FAMILIES[familyOf(genres)].name;
    expect(nameOfFamily('Adventure', 'Animation', 'Children', 'Comedy')).toBe('Children, animation');
    expect(nameOfFamily('Comedy', 'Crime', 'Drama', 'Thriller')).toBe('Crime, thriller');
    expect(nameOfFamily('Drama', 'Romance')).toBe('Drama and others');
    expect(nameOfFamily('a genre of another data set')).toBe('Drama and others');
    expect(nameOfFamily()).toBe('Drama and others');
  });

  it('are found by their ids, and named by title and year', () => {
    const films = filmsOf({
      model: { version: 'v' },
      movieIds: [7, 3],
      titles: ['Seven (a.k.a. Se7en)', 'Untitled'],
      years: [1995, 0],
      ratingCounts: [9, 1],
      x: [0.5, -1],
      y: [1, 2],
      genres: [1, 0],
      genreLists: [[], ['Horror']],
    });
    expect([films.placeOf(3), films.placeOf(7), films.placeOf(1)]).toEqual([1, 0, undefined]);
    expect([nameOf(films, 0), nameOf(films, 1)]).toEqual(['Seven (1995)', 'Untitled']);
    expect([...films.families]).toEqual([familyOf(['Horror']), familyOf([])]);
  });
});

describe('an address of the map', () => {
  it('says which film is pointed out, and what the window shows', () => {
    expect(read('/map?film=12')).toMatchObject({ view: 'map', film: null, place: { film: 12 } });
    expect(read('/map?x=0.5&y=-1&zoom=4').place).toEqual({ centre: [0.5, -1], zoom: 4 });
    expect(read('/map?film=7&x=0&y=1&zoom=2').place).toEqual({ film: 7, centre: [0, 1], zoom: 2 });
    expect(read('/map').place).toBe(undefined);
    expect(read('/?film=12').place).toBe(undefined);
  });

  it('is the whole map where it makes no sense', () => {
    expect(read('/map?film=heat&x=1&zoom=9').place).toBe(undefined);
    expect(read('/map?x=1&y=2&zoom=-3').place).toEqual({ centre: [1, 2], zoom: 1 });
  });

  it('is read back as it was written, with the filters of the list', () => {
    for (const href of ['/map', '/map?genre=Drama', '/map?film=12', '/map?film=12&x=0.25&y=-1.5&zoom=8']) {
      expect(hrefOf(read(href))).toBe(href);
    }
    expect(hrefOf(onMap(read('/film/3?genre=Drama'), 3))).toBe('/map?genre=Drama&film=3');
    expect(hrefOf(viewOf(read('/map?film=12'), 'mine'))).toBe('/mine');
  });
});
