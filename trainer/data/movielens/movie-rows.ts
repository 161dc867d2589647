import { badRow } from './bad-row.ts';

const FLAGS_AFTER = 5; // u.item: id, title, release date, video release date, address, then a flag a genre

/** The first line of a movies.dat that names its columns. */
export const DAT_HEADER = /^movie_?id::title\b/i;

/** A movie row whose parts are not parsed yet. */
export interface MovieRow {
  readonly line: number;
  readonly text: string;
  readonly movieId: string;
  readonly title: string;
  /** Joined by `|`. */
  readonly genres: string;
  /** Where it has a column of its own. */
  readonly year?: string;
}

/** `movieId::title::genres`, perhaps below a header; a title may hold `::`. */
export function* parseDat(path: string, file: string): Generator<MovieRow> {
  for (const [line, text] of lines(file)) {
    const match = /^(\d+)::(.*)::(.*)$/.exec(text);
    if (!match && line === 1 && DAT_HEADER.test(text)) continue;
    if (!match) {
      throw badRow({ file: path, line, got: text, expected: 'movieId::title::genres' });
    }
    yield { line, text, movieId: match[1], title: match[2], genres: match[3] };
  }
}

/** ML-100K: `movieId|title|date|date|address|flag|flag|…`. */
export function* parseItems(path: string, file: string, names: readonly string[]): Generator<MovieRow> {
  for (const [line, text] of lines(file)) {
    const fields = text.split('|');
    const flags = fields.slice(FLAGS_AFTER);
    if (flags.length !== names.length || flags.some((flag) => flag !== '0' && flag !== '1')) {
      const expected = `movieId|title|…| and ${names.length} genre flags, 0 or 1`;
      throw badRow({ file: path, line, got: text, expected });
    }
    const genres = names.filter((_, n) => flags[n] === '1').join('|');
    yield { line, text, movieId: fields[0], title: fields[1], genres };
  }
}

/** The lines that are not blank, with their numbers, from 1. */
export function* lines(file: string): Generator<[number, string]> {
  let line = 0;
  for (const text of file.split('\n')) {
    line++;
    if (text.trim() !== '') {
      yield [line, text];
    }
  }
}
