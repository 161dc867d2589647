import { describe, expect, it } from 'vitest';
import { TitleMatcher } from '../../../shared/exchange/match-titles.ts';
import { movieTable } from '../../fixtures/model.ts';

const FILMS: readonly [title: string, year: number][] = [
  ['Godfather: Part II, The', 1974],
  ['Back to the Future Part III', 1990],
  ['Rocky V', 1990],
  ['Halloween 5: The Revenge of Michael Myers', 1989],
  ['12 Angry Men', 1957],
  ['L.A. Confidential', 1997],
  ['A.I. Artificial Intelligence', 2001],
  ['Dr. Dolittle', 1998],
  ["William Shakespeare's Romeo + Juliet", 1996],
  ['Boot, Das (Boat, The)', 1981],
  ['Spirits of the Dead', 1968],
  ['Class, The (Entre les murs)', 2008],
  ["Ocean's Eleven", 2001],
  ['9', 2009],
  ['Dr. Strangelove or: How I Learned to Stop Worrying and Love the Bomb', 1964],
  ['M', 1931],
  ["National Lampoon's Vacation", 1983],
  ['Avengers, The', 2012],
  ['Star Trek II: The Wrath of Khan', 1982],
  ['Wings of Desire (Himmel über Berlin, Der)', 1987],
  ['Fargo', 1996],
  ["But I'm a Cheerleader", 1999],
  ['Dune: Part Two', 2024],
  ['Malcolm X', 1992],
  ['I, Robot', 2004],
  ['Constructor of Three Things', 1999],
];
const movies = movieTable(
  FILMS.map(([title]) => title),
  { years: Int16Array.from(FILMS, ([, year]) => year) },
);
const matcher = new TitleMatcher(movies);

/** The titles that a title may be: one alone is matched. */
function found(title: string, year: number) {
  const match = matcher.match([title], year);
  if (match.kind === 'matched') return FILMS[match.row][0];
  return match.kind === 'ambiguous' ? match.candidates.map(({ row, why }) => [FILMS[row][0], why]) : [];
}

describe('a title that is the same, written in another way', () => {
  it.each([
    ['The Godfather 2', 1974, 'Godfather: Part II, The'],
    ['The Godfather II', 1974, 'Godfather: Part II, The'],
    ['The Godfather, Part Two', 1974, 'Godfather: Part II, The'],
    ['Back to the Future 3', 1990, 'Back to the Future Part III'],
    ['Rocky 5', 1990, 'Rocky V'],
    ['Halloween V: The Revenge of Michael Myers', 1989, 'Halloween 5: The Revenge of Michael Myers'],
    ['Halloween V The Revenge of Michael Myers', 1989, 'Halloween 5: The Revenge of Michael Myers'],
    ['Twelve Angry Men', 1957, '12 Angry Men'],
    ['LA Confidential', 1997, 'L.A. Confidential'],
    ['AI: Artificial Intelligence', 2001, 'A.I. Artificial Intelligence'],
    ['Doctor Dolittle', 1998, 'Dr. Dolittle'],
    ['William Shakespeare’s Romeo & Juliet', 1996, "William Shakespeare's Romeo + Juliet"],
    ['William Shakespeare`s Romeo and Juliet', 1996, "William Shakespeare's Romeo + Juliet"],
    ['The Boat (Das Boot)', 1981, 'Boot, Das (Boat, The)'],
    ['Wings of Desire (Der Himmel über Berlin)', 1987, 'Wings of Desire (Himmel über Berlin, Der)'],
    ['Spirits of the Dead (Tre passi nel delirio)', 1968, 'Spirits of the Dead'],
    ['But I’m a Cheerleader', 1999, "But I'm a Cheerleader"],
    ['Dune: Part 2', 2024, 'Dune: Part Two'],
    ['MALCOLM X', 1992, 'Malcolm X'],
    ['I Robot', 2004, 'I, Robot'],
    ['Constructor of 3 Things', 1999, 'Constructor of Three Things'],
  ])('%s (%s) is found as %s', (title, year, film) => {
    expect(found(title, year)).toBe(film);
  });
});

describe('a title that is much like one of the year', () => {
  const alike = 'the titles are much alike, but not the same';
  it.each([
    ["Ocean's 11", 2001, "Ocean's Eleven", alike],
    ['Nine', 2009, '9', alike],
    ['M - Eine Stadt sucht einen Mörder', 1931, 'M', alike],
    ['Vacation', 1983, "National Lampoon's Vacation", alike],
    ['Marvel’s The Avengers', 2012, 'Avengers, The', alike],
    ['Star Trek: The Wrath of Khan', 1982, 'Star Trek II: The Wrath of Khan', alike],
    ['Der Himmel ueber Berlin', 1987, 'Wings of Desire (Himmel über Berlin, Der)', alike],
    ['The Class (Klass)', 2008, 'Class, The (Entre les murs)', 'the title is the same, but not those in brackets'],
    ['Dr. Strangelove', 1964, FILMS[14][0], 'the title is only a part of this film’s'],
  ])('%s (%s) may be %s, and a person decides', (title, year, film, why) => {
    expect(found(title, year)).toEqual([[film, why]]);
  });

  it.each([
    ['Fargo (TV series)', 1996],
    ['Fargo (video game)', 1996],
    ['Fargo (1996 TV episode)', 1996],
    ['Vacation', 2015],
    ['Star Trek: The Motion Picture', 1982],
    ['The Godfather 3', 1974],
    ['Nine', 2010],
  ])('%s (%s) is none', (title, year) => {
    expect(found(title, year)).toEqual([]);
  });
});
