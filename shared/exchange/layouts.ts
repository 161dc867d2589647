import { foldTitle } from '../title.ts';
import { plainText } from './csv.ts';
import type { ImportedFile, ImportedFilm, ImportedMark, ImportedRating } from './imported-file.ts';
import type { Row } from './row.ts';

type Placeless<T> = Omit<T, 'file' | 'line'>;

/** What a line is: a rating, a film without one, one that nothing is said of, or something that is no film. */
export type ReadLine = Placeless<ImportedRating> | Placeless<ImportedMark> | 'unrated' | 'no film';

/** How a file's columns are read. */
export interface FileLayout {
  readonly format: ImportedFile['format'];
  /** The columns that it has at least; where several are named, one of them. */
  readonly columns: readonly (readonly string[])[];
  /** The columns of stars, one of which there is in a file of ratings; elsewhere it is a list of films. */
  readonly stars: readonly string[];
  /** @param mark what a line without stars says, by the name of its file; null where the name says nothing */
  read(row: Row, mark: ImportedMark['mark'] | null): ReadLine;
}

/** What a list of films without stars is, by the name of its file. */
export function markOfName(name: string): ImportedMark['mark'] | null {
  const lower = name.toLowerCase();
  if (/watch[ _-]?list|wish[ _-]?list|unwatched|to[ _-](watch|see)/.test(lower)) return 'watchlist';
  return /watched|likes|^films\P{L}*(csv)?$/u.test(lower) ? 'seen' : null;
}

/**
 * Title types, letters only, that are no films, in the languages that IMDb has or had its pages in, and in some that other
 * programs translate them to. "TV Mini Series" is none of them: MovieLens has some as films. Nor is a word within one, as
 * the game in "Longa-metragem" and the play in "Spielfilm".
 */
const NO_FILM = new RegExp(
  '^game|videogame|spiel(?!film)|juego|jeu|gioco|jogo|oyun|episod|epizod|folge|aflevering|avsnitt|afsnit|odcinek|' +
    'podcast|musicvideo|musikvideo|pilot|serial|tvserie|^(tv|fernseh)?(series?|show|season)',
);
/** The same where letters are others; they are compared without marks, as titles are. */
const NO_FILM_ELSEWHERE = (
  'गेम एपिसोड सीरीज श्रृंखला पॉडकास्ट ゲーム エピソード シリーズ ポッドキャスト 게임 에피소드 시리즈 팟캐스트 ' +
  '游戏 遊戲 剧集 劇集 电视剧 電視劇 单集 播客 игра эпизод серия сериал подкаст'
)
  .split(' ')
  .map(lettersOf);
const MINI = ['mini', 'मिनी', 'ミニ', '미니', '迷你', 'мини'].map(lettersOf);

const LETTERBOXD: FileLayout = {
  format: 'Letterboxd',
  columns: [['Name', 'Title'], ['Year'], ['Letterboxd URI', 'imdbID', 'tmdbID', 'Watched Date', 'movieId']],
  stars: ['Rating', 'Rating10'],
  read: (row, mark) => {
    const film = {
      titles: [row.text(row.firstOf('Name', 'Title'))],
      timestamp: row.day(row.firstOf('Watched Date', 'Date')),
      // In the diary every entry has an address of its own.
      address: row.has('Watched Date') ? '' : row.text('Letterboxd URI'),
      imdbId: row.siteId('imdbID'),
    };
    const isWatched = row.text('Watched Date') !== '';
    const stars = row.stars('Rating', 5) ?? row.stars('Rating10', 10);
    return named(row, film, stars, isWatched ? 'seen' : mark);
  },
};

/** A list, whose films have no stars: what other sites call "Rating" beside these columns may be their own. */
const LETTERBOXD_LIST: FileLayout = {
  format: 'Letterboxd',
  columns: [['Position'], ['Name'], ['Year'], ['URL']],
  stars: [],
  read: (row, mark) => {
    const address = row.text('URL');
    return named(row, { titles: [row.text('Name')], timestamp: null, address, imdbId: null }, null, mark);
  },
};

const IMDB: FileLayout = {
  format: 'IMDb',
  columns: [['Const'], ['Title'], ['Year']],
  stars: ['Your Rating', 'You rated'],
  read: (row, mark) => {
    if (isNoFilm(row.text('Title Type'))) return 'no film';
    const film = {
      titles: [row.text('Title'), row.text('Original Title')],
      timestamp: row.day(row.firstOf('Date Rated', 'Date Added', 'created')),
      address: row.text('Const'),
      imdbId: row.siteId('Const'),
    };
    return named(row, film, row.stars(row.firstOf('Your Rating', 'You rated'), 10), mark);
  },
};

const MOVIELENS: FileLayout = {
  format: 'MovieLens',
  columns: [['movieId'], ['rating']],
  stars: ['rating'],
  read: (row) => {
    const stars = row.stars('rating', 5);
    if (stars === null) throw row.bad('rating', '0.5 to 5');
    const ids = { movieId: row.id('movieId'), userId: row.has('userId') ? row.id('userId') : null };
    const nameless = { titles: [], year: null, address: '', imdbId: null, tmdbId: null, hint: null };
    return { ...ids, ...nameless, stars, ...row.time('timestamp') };
  },
};

/** Trakt's and Simkl's, whose ratings go to 10 and whose other columns look like Letterboxd's. */
function tenPoint(format: 'Trakt' | 'Simkl', own: string): FileLayout {
  return {
    format,
    columns: [['Title'], ['Year'], [own]],
    stars: ['Rating'],
    read: (row, mark) => {
      if (!/^(movies?|films?)?$/i.test(row.text('Type'))) return 'no film';
      const film = {
        titles: [row.text('Title')],
        timestamp: row.day(row.firstOf('rated_at', 'Watched Date')),
        address: row.text(own),
        imdbId: row.siteId(row.firstOf('imdb_id', 'IMDB')),
      };
      return named(row, film, row.stars('Rating', 10), mark);
    },
  };
}

/** The first that a file has the columns of is its. */
export const LAYOUTS: readonly FileLayout[] = [
  tenPoint('Trakt', 'trakt_id'),
  tenPoint('Simkl', 'SIMKL_ID'),
  IMDB,
  LETTERBOXD,
  LETTERBOXD_LIST,
  MOVIELENS,
];

type Film = Pick<ImportedFilm, 'titles' | 'timestamp' | 'address' | 'imdbId'>;

function named(row: Row, { titles, ...film }: Film, stars: number | null, mark: ImportedMark['mark'] | null): ReadLine {
  if (stars === null && mark === null) return 'unrated';
  const plain = titles.map(plainText).filter(Boolean);
  if (plain.length === 0) throw row.bad(row.firstOf('Name', 'Title'), 'the film’s title');
  const year = row.year('Year') ?? yearBehind(plain[0]);
  const filled = [...new Set(plain.map((title) => (yearBehind(title) === year ? withoutYear(title) : title)))];
  const ids = { movieId: null, userId: null, tmdbId: row.siteId('tmdbID'), hint: row.siteId('movieId') };
  const read = { ...film, ...ids, titles: filled, year };
  return stars === null ? { ...read, mark: mark! } : { ...read, stars };
}

function isNoFilm(type: string): boolean {
  const letters = lettersOf(type);
  const has = (word: string) => letters.includes(word);
  return (NO_FILM.test(letters) || NO_FILM_ELSEWHERE.some(has)) && !MINI.some(has);
}

function lettersOf(text: string): string {
  return foldTitle(text).replace(/[^\p{L}]/gu, '');
}

const YEAR_BEHIND = /^(.*\S)\s*\((\d{4})\)$/;

/** The year of "The Matrix (1999)"; null where a title has none. */
function yearBehind(title: string): number | null {
  const year = YEAR_BEHIND.exec(title)?.[2];
  return year === undefined ? null : Number(year);
}

function withoutYear(title: string): string {
  return title.replace(YEAR_BEHIND, '$1');
}
