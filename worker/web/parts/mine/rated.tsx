import { filmOf, hrefOf } from '../../state/address.ts';
import type { Movie, Rated } from '../../state/api.ts';
import type { State } from '../../state/state.ts';
import { useActions } from '../actions.ts';
import { shortTitle } from '../film/title.tsx';
import { Given } from './given.tsx';

/** A film that was rated: its stars to change, and a way to take them back, which can be undone. */
export function RatedFilm({ rated, removed, state }: { rated: Rated; removed: boolean; state: State }) {
  const { rate, undo } = useActions();
  const movie = movieOf(rated);
  const name = nameOf(rated);
  return (
    <li class="rated" data-entry="rated" tabIndex={-1} aria-label={name}>
      <h3 class="title">
        {rated.title === null ? name : <a href={hrefOf(filmOf(state.address, rated.movieId))}>{name}</a>}
        {rated.year !== null && <span class="year"> {rated.year}</span>}
      </h3>
      {removed ? <span class="hint">Rating removed</span> : <Given movie={movie} name={name} rating={rated.rating} />}
      {removed ? (
        <button
          key="undo"
          type="button"
          class="quiet"
          data-control="undo"
          aria-label={`Undo: ${name}`}
          onClick={() => rate(movie, rated.rating)}
        >
          Undo
        </button>
      ) : (
        <button
          key="remove"
          type="button"
          class="quiet"
          data-control="remove"
          aria-label={`Remove: ${name}`}
          onClick={() => undo(movie)}
        >
          Remove
        </button>
      )}
    </li>
  );
}

function nameOf({ title }: Rated): string {
  return title === null ? 'A film that this model does not know' : shortTitle(title);
}

function movieOf({ movieId, title, year }: Rated): Movie {
  return { movieId, title: title ?? 'this film', year, genres: [] };
}
