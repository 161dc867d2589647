import type { Catalogue } from '../../../shared/model/model.ts';
import { bestWord, type Match, matchOf, NO_MATCH, PLACE } from './match.ts';
import type { Reading } from './readings.ts';
import { END, type Titles } from './titles.ts';
import { FIT, type Fits, fitsOf, nearFitsOf } from './wanted.ts';

/** Larger than every rating count, so that a better match always comes first. */
const CLASS = 1e7;
/** Class of no place at all: matches with edits may fall below it. */
const LEVEL = 100;
/** Classes that an edit costs. */
const EDIT = 3;

/** Letters from which a title among other words is what was meant: "X" and "It" are in too many searches. */
const LEAST_INSIDE = 4;

/** The score of a film whose title has words with the letters of an abbreviation: above all others. */
export function scoreByInitials(ratingCount: number): number {
  return (LEVEL + PLACE.whole + 1) * CLASS + ratingCount;
}

/** Whether a film was found by words from their first letters on. */
export function isBegun({ score }: { readonly score: number }): boolean {
  return score >= (LEVEL + PLACE.anyOrder) * CLASS;
}

/** Looks for the words of one search in all titles. */
export class TitleScan {
  readonly #titles: Titles;
  readonly #movies: Catalogue;
  readonly #near: boolean;
  readonly #fits = new Map<string, Fits>();

  /** @param near whether words that a few edits make of those that are looked for will do */
  constructor(titles: Titles, movies: Catalogue, near: boolean) {
    this.#titles = titles;
    this.#movies = movies;
    this.#near = near;
  }

  /**
   * The films that have all words of one of the readings: the score of each, by row. Those that take more edits than the
   * best one are not among them.
   */
  scores(readings: readonly Reading[]): Map<number, number> {
    const matches = new Map<number, { score: number; edits: number }>();
    let best = { score: 0, edits: 0 };
    for (const reading of readings) {
      const fits = this.#fitsOf(reading);
      for (const row of this.#candidates(reading, fits)) {
        const match = this.#match(reading, fits, row);
        const scored = { score: this.#scoreOf(row, match), edits: match.edits };
        if (scored.score > (matches.get(row)?.score ?? 0)) matches.set(row, scored);
        if (scored.score > best.score) best = scored;
      }
    }
    const kept = [...matches].filter(([, { edits }]) => edits <= best.edits);
    return new Map(kept.map(([row, { score }]) => [row, score]));
  }

  /**
   * The films that have most of the words, by letters, and at least two, half of the letters or a whole title: each
   * one's score, by row.
   */
  scoresOfSome(reading: Reading): Map<number, number> {
    const found = new Map<number, { words: number; letters: number }>();
    const all = this.#fitsOf(reading);
    for (const [j, fits] of all.entries()) {
      for (const row of this.#filmsOf(fits)) {
        const fit = fits.of[this.#bestWord(fits, row)];
        if (fit <= FIT.inside) continue;
        const { words, letters } = found.get(row) ?? { words: 0, letters: 0 };
        found.set(row, {
          words: words + 1,
          letters: letters + reading.words[j].length - Math.max(0, FIT.begun - fit),
        });
      }
    }
    const half = reading.words.join('').length / 2;
    const enough = [...found].filter(
      ([row, { words, letters }]) =>
        words > 1 || letters >= half || (letters >= LEAST_INSIDE && this.#isInside(row, all)),
    );
    const most = enough.reduce((best, [, { letters }]) => Math.max(best, letters), 0);
    const best = enough.filter(([, { letters }]) => letters === most);
    return new Map(best.map(([row, { letters }]) => [row, letters * CLASS + this.#movies.ratingCounts[row]]));
  }

  /** Whether one of a film's titles stands in the search with all its words: "amelie from montmartre". */
  #isInside(row: number, all: readonly Fits[]): boolean {
    const { words, starts } = this.#titles;
    let isWhole = true;
    for (let at = starts[row]; at < starts[row + 1]; at++) {
      if (words[at] !== END) isWhole &&= all.some((fits) => fits.of[words[at]] >= FIT.otherwise);
      else if (isWhole) return true;
      else isWhole = true;
    }
    return false;
  }

  /** The words of a search as a film has them: those that it lacks left out, those that are near as it spells them. */
  readAs(readings: readonly Reading[], row: number): string {
    const scores = readings.map((reading) => this.#scoreOf(row, this.#match(reading, this.#fitsOf(reading), row)));
    const reading = readings[scores.indexOf(Math.max(...scores))];
    const read = this.#fitsOf(reading).map((fits, j) => {
      const id = this.#bestWord(fits, row);
      if (fits.of[id] <= FIT.inside) return '';
      return fits.of[id] < FIT.begun ? this.#titles.vocabulary.word(id) : reading.words[j];
    });
    return [...read, reading.year].filter((word) => word).join(' ');
  }

  #match({ together, mostEdits = Number.POSITIVE_INFINITY }: Reading, fits: readonly Fits[], row: number): Match {
    const { words, starts } = this.#titles;
    const match = matchOf({ words, fits, together, from: starts[row], to: starts[row + 1] });
    return match.edits <= mostEdits ? match : NO_MATCH;
  }

  #scoreOf(row: number, { place, edits }: Match): number {
    if (place === PLACE.none) return 0;
    return Math.max(1, LEVEL + place - EDIT * edits) * CLASS + this.#movies.ratingCounts[row];
  }

  #fitsOf({ words }: Reading): Fits[] {
    return words.map((word, j) => {
      const open = j === words.length - 1;
      const key = open ? `${word}…` : word;
      const fits = this.#fits.get(key) ?? (this.#near ? nearFitsOf : fitsOf)({ word, open }, this.#titles.vocabulary);
      this.#fits.set(key, fits);
      return fits;
    });
  }

  /** The films of the year, if any, with the word that the fewest have: no other can have all words. */
  #candidates({ year }: Reading, all: readonly Fits[]): number[] {
    const { years } = this.#movies;
    const counts = all.map((fits) => this.#count(fits));
    const rows = all.length === 0 ? years.keys() : this.#filmsOf(all[counts.indexOf(Math.min(...counts))]);
    return [...rows].filter((row) => year === undefined || years[row] === year);
  }

  #count({ ids }: Fits): number {
    const { filmStarts } = this.#titles;
    return ids.reduce((sum, id) => sum + filmStarts[id + 1] - filmStarts[id], 0);
  }

  #filmsOf({ ids }: Fits): Set<number> {
    const { films, filmStarts } = this.#titles;
    const rows = new Set<number>();
    for (const id of ids) for (let at = filmStarts[id]; at < filmStarts[id + 1]; at++) rows.add(films[at]);
    return rows;
  }

  #bestWord(fits: Fits, row: number): number {
    const { words, starts } = this.#titles;
    return bestWord(fits, words, starts[row], starts[row + 1]);
  }
}
