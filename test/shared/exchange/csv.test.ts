import { describe, expect, it } from 'vitest';
import { csvLine, plainText, withoutFormula } from '../../../shared/exchange/csv.ts';
import { readImport } from '../../../shared/exchange/read-file.ts';

const STARTS = ['=', '+', '-', '@', '\t', '\r', '\n', '\uff1d', '\uff0b', '\uff0d', '\uff20'];

describe('text in a table', () => {
  it.each(STARTS)('that begins with %j is no formula, and is read as it was', (start) => {
    for (const text of [`${start}HYPERLINK("https://example.com","x")`, `'${start}2`, `''${start}2`, start]) {
      expect(withoutFormula(text)).toBe(`'${text}`);
      expect(plainText(withoutFormula(text))).toBe(text);
    }
  });

  it.each(["'Round Midnight", '10', 'a=b', '', "'", ' =2'])('such as %j stays as it is', (text) => {
    expect(withoutFormula(text)).toBe(text);
    expect(plainText(text)).toBe(text);
  });

  it('and numbers that are negative stay numbers', () => {
    expect(csvLine([-1.5, '-1.5', null])).toBe('-1.5,-1.5,\n');
  });

  it.each(STARTS.filter((start) => start.trim() !== ''))('a film whose title begins with %j comes back', (start) => {
    const file = csvLine(['Title', 'Year', 'tmdbID', 'Rating']) + csvLine([`${start}2"+2`, 2001, 5, 4]);
    expect(readImport(file).ratings.map(({ titles }) => titles)).toEqual([[`${start}2"+2`]]);
  });
});
