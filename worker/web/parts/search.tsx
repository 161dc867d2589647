import type { Movie } from '../state/api.ts';
import { plural, ratingOf, type State } from '../state/state.ts';
import { useActions } from './actions.ts';
import { Poster } from './film/poster.tsx';
import { Genres, shortTitle, Title } from './film/title.tsx';
import { Marks, useMarkKeys } from './marks/marks.tsx';
import { Own } from './rating/own.tsx';

/** The search box: a plain form, sent by Enter where there are no scripts. */
export function Search({ state }: { state: State }) {
  const { search } = useActions();
  return (
    <search class="search">
      <form action="/" method="get" onSubmit={(event) => event.preventDefault()}>
        <label class="visually-hidden" for="query">
          Find a film
        </label>
        <input
          id="query"
          type="search"
          name="q"
          value={state.address.search}
          placeholder="Find a film by its title"
          autocomplete="off"
          spellcheck={false}
          onInput={(event) => search(event.currentTarget.value)}
          onKeyDown={(event) => {
            if (event.key === 'Escape') search('');
          }}
        />
      </form>
    </search>
  );
}

export function Found({ state, found }: { state: State; found: NonNullable<State['found']> }) {
  return (
    <section class="found" aria-labelledby="found-heading">
      <h2 id="found-heading">Films found</h2>
      {found.movies.length === 0 ? (
        <p class="nothing">
          No title has “{found.query}” in it. Try fewer letters, or one word of the title.
          {state.model?.until && ` The films here end in ${state.model.until}.`}
        </p>
      ) : (
        <p class="hint">
          {plural(found.movies.length, 'film')} with “{found.query}”
        </p>
      )}
      <ul class="picks" aria-labelledby="found-heading">
        {found.movies.map((movie) => (
          <Result key={movie.movieId} movie={movie} state={state} />
        ))}
      </ul>
    </section>
  );
}

function Result({ movie, state }: { movie: Movie; state: State }) {
  const onKeyDown = useMarkKeys(movie, state);
  return (
    <li class="pick result" data-entry="found" tabIndex={-1} aria-label={shortTitle(movie.title)} onKeyDown={onKeyDown}>
      <Poster movie={movie} />
      <div class="what">
        <Title movie={movie} from={state.address} />
        <Genres genres={movie.genres} />
      </div>
      <Own movie={movie} answer={ratingOf(state, movie.movieId)} unstored={state.unstored[movie.movieId]} />
      <Marks movie={movie} state={state} />
    </li>
  );
}
