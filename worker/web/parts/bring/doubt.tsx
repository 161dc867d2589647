import { useState } from 'preact/hooks';
import type { Imported, Movie } from '../../state/api.ts';

export type Unplaced = Imported['unmatched'][number];

/** Milliseconds without a key press before a search is sent. */
const PAUSE = 200;

interface DoubtProps {
  readonly film: Unplaced;
  readonly chosen: Movie | null;
  choose(movie: Movie | null): void;
  find(query: string): Promise<readonly Movie[]>;
}

/** A film of the file that is not surely one of ours: left out, one of the candidates, or one that the person finds. */
export function Doubt({ film, chosen, choose, find }: DoubtProps) {
  const [searching, search] = useState(false);
  const { candidates } = film;
  const found = chosen && !candidates.some(({ movieId }) => movieId === chosen.movieId) ? [chosen] : [];
  const options = [...candidates.map((candidate) => ({ ...candidate, genres: [] })), ...found];
  const name = nameOf(film);
  const ask = options.length > 0 ? 'Another film' : 'Find it';
  return (
    <li class="doubt">
      <p class="doubt-film">
        <bdi class="title">{film.title ?? `Film ${film.movieId}`}</bdi>
        {film.year !== null && <span class="year"> {film.year}</span>} <span class="hint">{saidOf(film)}</span>
      </p>
      {options.length > 0 && (
        <select
          aria-label={`Which film is ${name}?`}
          value={chosen?.movieId ?? ''}
          autocomplete="off"
          onChange={({ currentTarget: { value } }) =>
            choose(options.find(({ movieId }) => String(movieId) === value) ?? null)
          }
        >
          <option value="">Leave it out</option>
          {options.map((option) => (
            <option key={option.movieId} value={option.movieId}>
              {titled(option)}
            </option>
          ))}
        </select>
      )}
      <button
        type="button"
        class="quiet"
        aria-expanded={searching}
        aria-label={`${ask}: ${name}`}
        onClick={() => search(!searching)}
      >
        {ask}
      </button>
      {candidates[0] && <p class="hint why-not">{candidates[0].why}</p>}
      {searching && (
        <Finder
          name={name}
          title={film.title ?? ''}
          find={find}
          take={(movie) => {
            choose(movie);
            search(false);
          }}
        />
      )}
    </li>
  );
}

interface FinderProps extends Pick<DoubtProps, 'find'> {
  readonly name: string;
  readonly title: string;
  take(movie: Movie): void;
}

/** Looks for the film by its title. */
function Finder({ name, title, find, take }: FinderProps) {
  const [movies, show] = useState<readonly Movie[] | null>(null);
  const [timer, setTimer] = useState<ReturnType<typeof setTimeout>>();
  const ask = (query: string) => {
    clearTimeout(timer);
    setTimer(setTimeout(() => void find(query).then(show), PAUSE));
  };
  return (
    <div class="finder">
      <label class="field">
        <span>Its title here</span>
        <input
          type="search"
          defaultValue={title}
          aria-label={`Find ${name}`}
          autocomplete="off"
          spellcheck={false}
          onFocus={(event) => movies === null && ask(event.currentTarget.value)}
          onInput={(event) => ask(event.currentTarget.value)}
        />
      </label>
      <ul role="status" aria-label="Films found">
        {movies?.map((movie) => (
          <li key={movie.movieId}>
            <button type="button" class="pill" onClick={() => take(movie)}>
              {titled(movie)}
            </button>
          </li>
        ))}
        {movies?.length === 0 && <li class="hint">No film here has such a title.</li>}
      </ul>
    </div>
  );
}

/** What the file says of a film. */
function saidOf({ rating, mark }: Unplaced): string {
  if (rating !== undefined) return `★ ${rating}`;
  return mark === 'watchlist' ? 'watchlist' : 'seen';
}

function nameOf({ title, movieId, year }: Unplaced): string {
  return `${title ?? `film ${movieId}`}${year === null ? '' : ` (${year})`}`;
}

function titled({ title, year }: Pick<Movie, 'title' | 'year'>): string {
  return year === null ? title : `${title} (${year})`;
}
