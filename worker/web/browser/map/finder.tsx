import { useRef, useState } from 'preact/hooks';
import { useActions } from '../../parts/actions.ts';
import { shortTitle } from '../../parts/film/title.tsx';
import type { Movie } from '../../state/api.ts';

/** Milliseconds without a key press before a search is sent. */
const PAUSE = 150;
const MOST = 6;

interface FinderProps {
  fly(movieId: number): void;
  isOn(movieId: number): boolean;
}

/** Finds a film by its title and flies there. */
export function Finder({ fly, isOn }: FinderProps) {
  const { findFilms } = useActions();
  const [found, setFound] = useState<readonly Movie[] | null>(null);
  const typing = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  const latest = useRef('');

  const ask = async (text: string) => {
    const movies = await findFilms(text).catch(() => []);
    if (text === latest.current) setFound(movies.filter(({ movieId }) => isOn(movieId)).slice(0, MOST));
  };
  const type = (text: string) => {
    latest.current = text.trim();
    clearTimeout(typing.current);
    if (latest.current === '') setFound(null);
    else typing.current = setTimeout(() => void ask(latest.current), PAUSE);
  };
  const choose = (movie: Movie | undefined) => {
    if (!movie) return;
    setFound(null);
    fly(movie.movieId);
  };
  return (
    <form
      class="finder"
      onSubmit={(event) => {
        event.preventDefault();
        choose(found?.[0]);
      }}
      onKeyDown={({ key }) => key === 'Escape' && setFound(null)}
    >
      <label class="visually-hidden" for="find-on-map">
        Find a film on the map
      </label>
      <input
        id="find-on-map"
        type="search"
        placeholder="Fly to a film"
        autocomplete="off"
        spellcheck={false}
        onInput={(event) => type(event.currentTarget.value)}
      />
      {found && (
        <ul class="finds" aria-label="Films found">
          {found.length === 0 && <li class="hint">No film on the map has that title.</li>}
          {found.map((movie) => (
            <li key={movie.movieId}>
              <button type="button" onClick={() => choose(movie)}>
                <bdi>{shortTitle(movie.title)}</bdi> <span class="year">{movie.year}</span>
              </button>
            </li>
          ))}
        </ul>
      )}
    </form>
  );
}
