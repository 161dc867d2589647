import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import type { Movie } from '../../state/api.ts';
import { shortTitle } from './title.tsx';

/** Colours by the most telling genre: the rarer ones stand first. */
const COLOURS: readonly (readonly [genre: string, colour: string])[] = [
  ['Film-Noir', 'noir'],
  ['Horror', 'blood'],
  ['Western', 'dust'],
  ['War', 'olive'],
  ['Animation', 'candy'],
  ['Children', 'candy'],
  ['Musical', 'plum'],
  ['Documentary', 'slate'],
  ['Sci-Fi', 'space'],
  ['Fantasy', 'plum'],
  ['Mystery', 'noir'],
  ['Romance', 'rose'],
  ['Crime', 'slate'],
  ['Thriller', 'steel'],
  ['Comedy', 'sun'],
  ['Adventure', 'sea'],
  ['Action', 'ember'],
];

const WIDTH = 100;
const HEIGHT = 150;

/** Whether there are real posters. */
export const HasPosters = createContext(false);

interface PosterProps {
  readonly movie: Pick<Movie, 'movieId' | 'title' | 'year' | 'genres'>;
  readonly large?: boolean;
}

/**
 * A poster drawn from title, year and genres alone: always the same for the same film. Where there are real ones, the
 * film's covers it; one that cannot be had is empty.
 */
export function Poster({ movie, large = false }: PosterProps) {
  const hasPosters = useContext(HasPosters);
  const colour = COLOURS.find(([genre]) => movie.genres.includes(genre))?.[1] ?? 'steel';
  const lines = linesOf(shortTitle(movie.title).toUpperCase());
  const widest = Math.max(...lines.map(widthOf));
  const size = Math.min(19, 88 / widest, 74 / lines.length);
  return (
    <svg class={`poster ${colour}`} viewBox={`0 0 ${WIDTH} ${HEIGHT}`} aria-hidden="true">
      <rect class="ground" width={WIDTH} height={HEIGHT} />
      <Motif seed={movie.movieId} />
      <g class="name" font-size={size.toFixed(1)}>
        {lines.map((line, at) => (
          <text
            key={line}
            x="6"
            y={(8 + size * (0.78 + at * 1.02)).toFixed(1)}
            textLength={(size * widthOf(line)).toFixed(1)}
            lengthAdjust="spacingAndGlyphs"
          >
            {line}
          </text>
        ))}
      </g>
      {movie.year !== null && (
        <text class="when" x="94" y="143" text-anchor="end" font-size="11">
          {movie.year}
        </text>
      )}
      {hasPosters && (
        <image
          href={`/poster/${movie.movieId}${large ? '?width=342' : ''}`}
          width={WIDTH}
          height={HEIGHT}
          preserveAspectRatio="xMidYMid slice"
        />
      )}
    </svg>
  );
}

/** Width of a line of capitals, in sizes of the type: whatever type a machine has is brought to it. */
function widthOf(line: string): number {
  let width = 0;
  for (const letter of line)
    width += /[IJ1.,:;'’!|]/.test(letter) ? 0.36 : /[MW⺀-\u{3ffff}]/u.test(letter) ? 0.86 : 0.64;
  return width;
}

const MOST_LINES = 6;
/** Letters of a word that stands whole. */
const LONGEST = 20;

/** The title, whole, in as few lines as are well filled. */
function linesOf(title: string): string[] {
  const words = title.split(' ').flatMap((word) => (word.length > LONGEST ? word.match(/.{1,13}/gu)! : word));
  let width = Math.max(6, ...words.map((word) => Math.min(word.length, 13)), Math.ceil(title.length / 5));
  let lines = wrapped(words, width);
  while (lines.length > MOST_LINES) lines = wrapped(words, ++width);
  return lines;
}

/** @param width of a line, letters; a longer word stands alone */
function wrapped(words: readonly string[], width: number): string[] {
  const lines = [''];
  for (const word of words) {
    const last = lines[lines.length - 1];
    if (last === '') lines[lines.length - 1] = word;
    else if (last.length + 1 + word.length <= width) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}

/** One of six shapes in the lower half. */
function Motif({ seed }: { seed: number }) {
  const kind = Math.imul(seed, 0x9e3779b1) >>> 0;
  const shift = 3 * ((kind >>> 8) % 10);
  switch (kind % 6) {
    case 0:
      return <circle class="shape" cx={35 + shift} cy="116" r="30" />;
    case 1:
      return <path class="shape" d={`M0 150V${100 + shift / 3}L${30 + shift} 82 100 ${118 - shift / 3}V150z`} />;
    case 2:
      return <path class="shape" d="M0 96h100v7H0zm0 15h100v9H0zm0 17h100v22H0z" />;
    case 3:
      return (
        <path
          class="rings"
          d={`M${20 + shift} 150a22 22 0 0 1 44 0M${8 + shift} 150a34 34 0 0 1 68 0M${-4 + shift} 150a46 46 0 0 1 92 0`}
        />
      );
    case 4:
      return <path class="shape" d={`M${8 + shift} 150V92h12v58zm18 0V104h12v46zm18 0V86h12v64z`} />;
    default:
      return <path class="shape" d={`M50 84l${14 + shift / 3} 66H${36 - shift / 3}zM0 130h100v20H0z`} />;
  }
}
