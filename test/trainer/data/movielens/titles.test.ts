import { describe, expect, it } from 'vitest';
import { parseGenres, parseTitle } from '../../../../trainer/data/movielens/titles.ts';

describe('parseTitle', () => {
  it.each([
    ['Toy Story (1995)', 'Toy Story', 1995],
    ['Matrix, The (1999)', 'Matrix, The', 1999],
    ['Big Bang Theory, The (2007-)', 'Big Bang Theory, The', 2007],
    ['Fawlty Towers (1975-1979)', 'Fawlty Towers', 1975],
    ['Death Note (2006–2007)', 'Death Note', 2006],
    ['Diplomatic Immunity (2009– )', 'Diplomatic Immunity', 2009],
    ['Heat (1995)  ', 'Heat', 1995],
    [
      'City of Lost Children, The (Cité des enfants perdus, La) (1995)',
      'City of Lost Children, The (Cité des enfants perdus, La)',
      1995,
    ],
    ['(500) Days of Summer (2009)', '(500) Days of Summer', 2009],
    ['2001: A Space Odyssey (1968)', '2001: A Space Odyssey', 1968],
    ['Hyena Road', 'Hyena Road', null],
    ['Babylon (5)', 'Babylon (5)', null],
    ['1984', '1984', null],
    ['(1995)', '(1995)', null],
  ])('parseTitle splits "%s"', (text, title, year) => {
    expect(parseTitle(text)).toEqual({ title, year });
  });
});

describe('parseGenres', () => {
  it.each([
    ['Action|Sci-Fi|Thriller', ['Action', 'Sci-Fi', 'Thriller']],
    ["Animation|Children's", ['Animation', "Children's"]],
    ['(no genres listed)', []],
    ['unknown', []],
    ['', []],
  ])('parseGenres splits "%s"', (text, genres) => {
    expect(parseGenres(text)).toEqual(genres);
  });
});
