import { describe, expect, it } from 'vitest';
import { hrefOf, readAddress } from '../../../worker/web/state/address.ts';
import type { Gathering, Movie } from '../../../worker/web/state/api.ts';
import { dealt } from '../../../worker/web/state/deck.ts';
import { changesOf } from '../../../worker/web/state/preview.ts';
import { askedNow, givesWay, namesOf, withMarked } from '../../../worker/web/state/together.ts';

const movie = (movieId: number): Movie => ({ movieId, title: `Film ${movieId}`, year: 2000, genres: [] });
const read = (path: string) => readAddress(new URL(path, 'http://page.example'));
const people = (...stars: number[]) => stars.map((predictedRating) => ({ predictedRating, uncertainty: 0.8 }));

describe('the address of a gathering', () => {
  it.each([
    '/together',
    '/together?with=K7QF3M9X2V4T',
    '/together?with=K7QF3M9X2V4T&together=mean&genre=Drama',
    '/film/7?with=K7QF3M9X2V4T',
  ])('is the same after a reload: %s', (path) => {
    expect(hrefOf(read(path))).toBe(path);
  });

  it('goes with a film that was opened there, and not with the list', () => {
    const address = read('/together?with=K7QF3M9X2V4T');
    expect(hrefOf({ ...address, view: 'film', film: 7 })).toBe('/film/7?with=K7QF3M9X2V4T');
    expect(hrefOf({ ...address, view: 'list' })).toBe('/');
    expect(read('/?with=K7QF3M9X2V4T').gathering).toBeUndefined();
  });

  it('orders by stars unless another order is asked for, and the list by relevance', () => {
    expect(read('/together?with=K7QF3M9X2V4T&by=rating').list).toEqual({});
    expect(read('/together?with=K7QF3M9X2V4T&by=relevance').list).toEqual({ by: 'relevance' });
    expect(read('/?by=rating').list).toEqual({ by: 'rating' });
    expect(read('/?by=relevance').list).toEqual({});
  });
});

describe('the list of a gathering', () => {
  const gathering = (places: number[], ...films: number[]) =>
    ({ members: places.map((place) => ({ place })), items: films.map(movie) }) as unknown as Gathering;
  const shown = (before: Gathering | null, after: Gathering, ...marked: number[]) =>
    withMarked(before, after, (movieId) => marked.includes(movieId)).items.map(({ movieId }) => movieId);

  it('keeps a film that was marked here in its place, and no other that it lost', () => {
    expect(shown(gathering([1, 2], 7, 8, 9), gathering([1, 2], 9, 5), 8)).toEqual([9, 8, 5]);
    expect(shown(gathering([1, 2], 7, 8), gathering([1, 2], 8, 7), 8)).toEqual([8, 7]);
  });

  it('keeps nothing of a list for other people, whose predictions it has not', () => {
    expect(shown(gathering([1, 2], 7, 8), gathering([1, 2, 3], 7), 8)).toEqual([7]);
    expect(shown(null, gathering([1, 2], 7), 8)).toEqual([7]);
  });
});

describe('the people of a gathering', () => {
  const member = (place: number, name: string | null, you = false) => ({ place, name, you, rated: 5 });

  it('are called "You", by their name or as guests', () => {
    const members = [member(1, 'Ann'), member(2, null), member(4, 'Sam', true), member(5, 'you')];
    expect(namesOf(members)).toEqual(['Ann', 'Guest 2', 'You', 'Guest 5']);
  });

  it('turn nothing beside them in a sentence where their names are written from right to left', () => {
    expect(namesOf([member(1, 'מרים'), member(2, 'Zoë')])).toEqual(['\u2068מרים\u2069', 'Zoë']);
  });

  it.each([
    [people(4, 3.7), ['You', 'Sam'], 'Better for you than for Sam'],
    [people(3.7, 4), ['You', 'Sam'], 'Better for Sam than for you'],
    [people(4, 3.8), ['You', 'Sam'], 'As good for both'],
    [people(4, 3.2, 4.2), ['Ann', 'You', 'Sam'], 'You give way'],
    [people(4, 4, 3.2), ['Ann', 'You', 'Sam'], 'Sam gives way'],
    [people(4, 4, 3.9), ['Ann', 'You', 'Sam'], 'As good for everybody'],
  ])('give way by three tenths of a star: %j %j', (stars, names, words) => {
    expect(givesWay(stars, names)).toBe(words);
  });
});

describe('a film that is asked about now', () => {
  it('takes the place of the question, which waits', () => {
    const deck = askedNow(dealt([movie(1), movie(2), movie(3)]), movie(3));
    expect(deck.places[deck.turn]).toEqual(movie(3));
    expect(deck.queue.map(({ movieId }) => movieId)).toEqual([1, 2]);
  });

  it('leaves a deck alone that shows it already', () => {
    const deck = dealt([movie(1), movie(2)]);
    expect(askedNow(deck, movie(1))).toBe(deck);
    const answered = { ...deck, places: [movie(1), movie(2)] as const, turn: 1 as const };
    expect(askedNow(answered, movie(1))).toBe(answered);
  });
});

describe('what a rating would change', () => {
  it('is told of the first ten films, the rated one left out of both', () => {
    const before = Array.from({ length: 12 }, (_, i) => movie(i));
    const after = [movie(20), ...before.filter(({ movieId }) => movieId !== 3)];
    expect(changesOf(before, after, 3)).toEqual({ brings: ['Film 20'], drops: ['Film 10'] });
    expect(changesOf(before, before, 3)).toEqual({ brings: [], drops: [] });
  });
});
