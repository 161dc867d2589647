import { hrefOf } from '../state/address.ts';
import type { Movie } from '../state/api.ts';
import type { Found as FoundFilms } from '../state/found.ts';
import { plural, ratingOf, type State } from '../state/state.ts';
import { useActions } from './actions.ts';
import { Poster } from './film/poster.tsx';
import { Genres, shortTitle, Title } from './film/title.tsx';
import { Marks, useMarkKeys } from './marks/marks.tsx';
import { Own } from './rating/own.tsx';

const TITLES_ONLY = 'Only titles are searched, not people.';

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
          aria-keyshortcuts="/"
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

export function Found({ state, found }: { state: State; found: FoundFilms }) {
  const { moreFound } = useActions();
  return (
    <section class="found" aria-labelledby="found-heading">
      <div class="section-head">
        <h2 id="found-heading">Films found</h2>
        {found.movies.length > 0 && <p class="links">{backFrom(state, 'quiet')}</p>}
      </div>
      <FoundBy state={state} found={found} />
      <ul class="picks" aria-labelledby="found-heading">
        {found.movies.map((movie) => (
          <Result key={movie.movieId} movie={movie} state={state} />
        ))}
      </ul>
      {found.more && (
        <p class="end with-scripts">
          <button type="button" class="pill" onClick={moreFound}>
            More films
          </button>
        </p>
      )}
    </section>
  );
}

function backFrom({ address }: State, look?: string) {
  return (
    <a class={look} href={hrefOf({ ...address, search: '' })}>
      Back to the list
    </a>
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

/** How the films were found: a typo is said to be one, and what it was taken for. */
function FoundBy({ state, found: { query, movies, more, foundBy, readAs } }: { state: State; found: FoundFilms }) {
  if (movies.length === 0) {
    return (
      <p class="nothing">
        No title has “{query}” in it. Try fewer letters, or one word of the title. {TITLES_ONLY}
        {state.model?.until && ` The films here end in ${state.model.until}.`} {backFrom(state)}
      </p>
    );
  }
  if (foundBy === 'words') {
    return (
      <p class="hint">
        {more && 'The first '}
        {plural(movies.length, 'film')} with “{query}”
      </p>
    );
  }
  const taken = <a href={hrefOf({ ...state.address, search: readAs ?? '' })}>{readAs}</a>;
  return foundBy === 'near' ? (
    <p class="taken">
      No title has “{query}” in it. Did you mean “{taken}”? <span class="hint">{TITLES_ONLY}</span>
    </p>
  ) : (
    <p class="taken">
      No title has all of “{query}”. The nearest have “{taken}”. <span class="hint">{TITLES_ONLY}</span>
    </p>
  );
}
