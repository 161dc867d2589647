import { beforeAll, describe, expect, it } from 'vitest';
import { rowFilter } from '../../shared/filters/select.ts';
import type { MovieTable } from '../../shared/model/model.ts';
import { titlesIn } from '../../shared/title.ts';
import { TitleIndex } from '../../worker/recommend/title-index.ts';
import { queryWords } from '../../worker/recommend/titles/readings.ts';
import { scoreByInitials } from '../../worker/recommend/titles/scan.ts';
import { ratedCatalogue } from '../fixtures/catalogue.ts';
import { SEARCHES } from '../fixtures/searches.ts';

let movies: MovieTable;
let index: TitleIndex;

beforeAll(async () => {
  movies = await ratedCatalogue();
  index = new TitleIndex(movies);
});

function found(query: string, k = 3): number[] {
  return index.search(query, k).ranked.map(({ row }) => movies.movieIds[row]);
}

/** Every title in brackets that ends in its article, as people write it: "(Haine, La)" is "La Haine". */
function foreignTitles(): [title: string, movieId: number][] {
  return Array.from({ length: movies.count }, (_, row) => row).flatMap((row) =>
    [...movies.title(row).matchAll(/\((?:a\.?k\.?a\.? )?([^()]*), (L'|\p{Lu}\p{L}{0,2})\)/gu)].map(
      ([, title, article]): [string, number] => [
        article.endsWith("'") ? `${article}${title}` : `${article} ${title}`,
        movies.movieIds[row],
      ],
    ),
  );
}

describe.each(Object.entries(SEARCHES))('a search for a title %s', (_, searches) => {
  it.each(searches)('finds for "%s" the film %s', (query, film) => {
    const names = index
      .search(query, 5)
      .ranked.map(({ row }) => `${titlesIn(movies.title(row))[0]} (${movies.years[row]})`);
    if (film.startsWith('~')) expect(names).toContain(film.slice(1));
    else expect(names[0]).toBe(film);
  });
});

describe('a search that no title has all words of', () => {
  it.each([
    ['matirx', 'near', 'matrix'],
    ['the godfahter', 'near', 'godfather'],
    ['malcom x', 'near', 'malcolm x'],
    ['monty pyton holly grail', 'near', 'monty python holy grail'],
    ['brave hart', 'near', 'braveheart'],
    ['casino royal 2006', 'words', null],
    ['frozen 2', 'some', 'frozen'],
    ['forrest gump tom hanks', 'some', 'forrest gump'],
    ['amelie from montmartre', 'some', 'amelie'],
    ['fargo.1996.1080p.bluray', 'some', 'fargo'],
    ['meninblack', 'near', 'men in black'],
    ['matrix', 'words', null],
    ['rocky 1', 'words', null],
    ['lotr', 'near', 'lord of rings'],
    ['lotr 2', 'near', 'lord of rings 2'],
    ['sw', 'words', null],
  ])('finds for "%s" by %s, and says that it read "%s"', (query, by, readAs) => {
    expect(index.search(query, 5)).toMatchObject({ by, readAs });
  });

  it.each(['qwertyuiop', '?!', 'zzyzx brzezinski'])('finds nothing for "%s"', (query) => {
    expect(index.search(query, 5)).toEqual({ by: 'words', readAs: null, ranked: [] });
  });

  it('puts a title that has the words before any that is only spelled like them', () => {
    for (const query of ['alien', 'ali', 'heat', 'jaws', 'fargo', 'star wars'])
      expect(index.search(query, 50).by).toBe('words');
  });
});

describe('a search by initials', () => {
  it('never stands before a word that is being typed, for any of the best known titles', () => {
    const best = [...movies.ratingCounts.keys()].sort((a, b) => movies.ratingCounts[b] - movies.ratingCounts[a]);
    const begins = best.slice(0, 300).flatMap((row) => {
      const [word] = queryWords(titlesIn(movies.title(row))[0]);
      return Array.from({ length: Math.max(0, word.length - 2) }, (_, n) => word.slice(0, n + 3));
    });
    const missed = [...new Set(begins)].filter((begin) => {
      const { by, ranked } = index.search(begin, 1);
      return by !== 'words' || ranked[0].score >= scoreByInitials(0);
    });
    expect(begins.length).toBeGreaterThan(1000);
    expect(missed).toEqual([]);
  });

  it('has titles with words that begin so behind it', () => {
    const titles = index.search('sw', 20).ranked.map(({ row }) => movies.title(row));
    expect(titles).toContain('Swingers');
  });

  it('finds no hidden film, and no initials of words that are not there', () => {
    const hidden = new Set(index.search('lotr', 20).ranked.map(({ row }) => row));
    expect(index.search('lotr', 20, hidden).ranked.filter(({ row }) => hidden.has(row))).toEqual([]);
    for (const query of ['xq', 'xqz 2', 'zzz9']) expect(index.search(query, 5).ranked).toEqual([]);
  });
});

describe('a search in the embedded catalogue', () => {
  it('finds every foreign title as people write it, with its article or without', () => {
    const titles = foreignTitles();
    expect(titles.length).toBe(165);
    expect(titles.filter(([title, movieId]) => !found(title, 10).includes(movieId))).toEqual([]);
    const bare = titles.map(([title, movieId]): [string, number] => [title.replace(/^(L'|\S+ )/, ''), movieId]);
    expect(bare.filter(([title, movieId]) => !found(title, 100).includes(movieId))).toEqual([]);
  });

  it('finds every film by its title as the catalogue writes it, and as people write it without accents or signs', () => {
    const missed = [];
    for (let row = 0; row < movies.count; row += 37) {
      const title = movies.title(row);
      const plain = title.normalize('NFD').replace(/[\p{M}.,:;!?'’"-]/gu, (sign) => (sign === '-' ? ' ' : ''));
      for (const query of [title, `${title} (${movies.years[row]})`, title.includes(', ') ? title : plain]) {
        if (!found(query.slice(0, 200), 100).includes(movies.movieIds[row])) missed.push(query);
      }
    }
    expect(missed).toEqual([]);
  });

  it.each<[string, number]>([
    ['La Haine', 97],
    ['Il Postino', 58],
    ['Der Untergang', 31410],
    ['untergang', 31410],
    ['Le fabuleux destin', 4973],
    ['Das weisse Band', 71108],
    ['Die Welle', 62644],
    ['Kidnapping Caucasian Style', 107412],
    ['Dod sno', 69275],
    ['Naked Gun 33⅓', 370],
    ['33 1/3', 370],
    ['Alien 3', 1320],
    ['8½', 1251],
    ['8 1/2', 1251],
    ['walle', 60069],
    ['Wall-E', 60069],
    ['spiderman 2', 8636],
    ['thematrix', 2571],
    ['thegodfather 2', 1221],
    ['silenceofthelambs', 593],
    ['thewizardofoz', 919],
    ['thegodfather:partii', 1221],
    ['lordoftherings', 4993],
    ['Wallace Gromit wrong trousers', 1148],
    ['Fast and Furious', 67923],
    ['Romeo and Juliet', 1059],
    ['Lord of Rings Return of King', 7153],
    ['Wallace and Gromit: the wrong trousers', 1148],
    ['The Star Wars', 260],
    ['Hate (Haine, La)', 97],
    ['Seven (a.k.a. Se7en)', 47],
    ['Se7en', 47],
    ['the matrix 1999', 2571],
    ['Matrix, The (1999)', 2571],
  ])('finds "%s" among the first three', (query, movieId) => {
    expect(found(query)).toContain(movieId);
  });

  it('puts the title that was asked for first, although its article is a word of another language', () => {
    expect(found('Die Hard', 1)).toEqual([1036]);
    expect(found('La Haine', 1)).toEqual([97]);
  });

  it('finds no words that only stand across the end of another', () => {
    const titles = index.search('heart', 1000).ranked.map(({ row }) => movies.title(row));
    expect(titles.filter((title) => /the art/i.test(title) && !/heart/i.test(title))).toEqual([]);
  });

  it.each<[string, number]>([
    ['La Haine', 97],
    ['haine', 97],
    ['Il postino', 58],
    ['spiderman', 5349],
    ['wall e', 60069],
    ['Dod sno', 69275],
    ['weisse band', 71108],
    ['33⅓', 370],
    ['Fast and Furious', 67923],
  ])('the filter `exclude` leaves out what "%s" finds', (term, movieId) => {
    const keeps = rowFilter(movies, { exclude: [term] }, []);
    expect(keeps(movies.rowOf(movieId))).toBe(false);
    expect(keeps(movies.rowOf(2571))).toBe(true);
  });

  it('the filter `exclude` takes an article of the term seriously', () => {
    const keeps = rowFilter(movies, { exclude: ['Die Hard', 'The Ring'] }, []);
    expect(keeps(movies.rowOf(1036))).toBe(false);
    expect(keeps(movies.rowOf(2863))).toBe(true); // A Hard Day's Night
    expect(keeps(movies.rowOf(1090))).toBe(true);
  });
});
