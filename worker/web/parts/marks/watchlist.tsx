import { useState } from 'preact/hooks';
import { filmOf, hrefOf, viewOf } from '../../state/address.ts';
import type { Mark, Marked, Movie } from '../../state/api.ts';
import { everOf, heldMarks, markOf } from '../../state/marks.ts';
import { plural, ratingOf, type State } from '../../state/state.ts';
import { useActions } from '../actions.ts';
import { Back } from '../back.tsx';
import { shortTitle } from '../film/title.tsx';
import { Line } from '../list/picks.tsx';
import { Forget } from '../mine/forget.tsx';
import { Own } from '../rating/own.tsx';
import { Marks } from './marks.tsx';

/** The films that the person wants to see, in the order of their taste; below, those that lists leave out. */
export function Watchlist({ state }: { state: State }) {
  const { moreWatchlist } = useActions();
  const { watchlist, ranked } = state.marks;
  const rows = watchlist ?? [];
  const count = heldMarks(state).filter(({ mark }) => mark === 'watchlist').length;
  let rank = 0;
  return (
    <section class="watchlist" aria-labelledby="watchlist-heading">
      <Back address={state.address} />
      <div class="section-head">
        <h2 id="watchlist-heading" tabIndex={-1}>
          Your watchlist ({count})
        </h2>
        <p class="links">
          {heldMarks(state).length > 0 && (
            <a class="quiet" href="/export/marks" download="marks.csv">
              Export (CSV)
            </a>
          )}
          <Forget />
        </p>
      </div>
      {watchlist && <p class="hint">{rows.length > 0 ? 'Best first.' : count === 0 && <Nothing state={state} />}</p>}
      <ol
        class={`picks${watchlist ? '' : ' waiting'}`}
        aria-labelledby="watchlist-heading"
        aria-busy={!watchlist && !state.trouble}
      >
        {rows.map((row) => (
          <Line
            key={row.pick.movieId}
            row={row}
            rank={markOf(state, row.pick.movieId) === 'watchlist' ? ++rank : null}
            state={state}
            listed="watchlist"
          />
        ))}
      </ol>
      {rows.length > 0 &&
        count > rank &&
        (rows.length < ranked ? (
          <p class="hint end">{plural(count - rank, 'film')} more, which this model does not know.</p>
        ) : (
          <button type="button" class="pill" onClick={moreWatchlist}>
            {plural(count - rank, 'more', 'more')}
          </button>
        ))}
      <LeftOut state={state} kind="seen" heading="Seen, not rated" />
      <LeftOut state={state} kind="dismissed" heading="Not for me" />
    </section>
  );
}

function Nothing({ state: { address } }: { state: State }) {
  return (
    <>
      Nothing is on it yet. “Watchlist” below any film of <a href={hrefOf(viewOf(address, 'list'))}>your list</a> puts
      it here.
    </>
  );
}

/** Films that lists leave out, to take back or to rate. */
function LeftOut({ state, kind, heading }: { state: State; kind: Mark; heading: string }) {
  const [listed, list] = useState(LISTED);
  const films = everOf(state, kind);
  if (films.length === 0) return null;
  const count = films.filter(({ movieId }) => markOf(state, movieId) === kind).length;
  return (
    <details class="left-out">
      <summary>
        <h3>
          {heading} ({count})
        </h3>
      </summary>
      <ul>
        {films.slice(0, listed).map((film) => (
          <LeftOutFilm key={film.movieId} movie={movieOf(film)} kind={kind} state={state} />
        ))}
      </ul>
      {films.length > listed && (
        <button type="button" class="pill" onClick={() => list(listed + LISTED)}>
          {plural(films.length - listed, 'more', 'more')}
        </button>
      )}
    </details>
  );
}

/** Films that are listed: thousands would be thousands of elements. */
const LISTED = 50;

function LeftOutFilm({ movie, kind, state }: { movie: Movie; kind: Mark; state: State }) {
  const name = shortTitle(movie.title);
  return (
    <li class="rated" data-entry="left-out" tabIndex={-1} aria-label={name}>
      <h4 class="title">
        <a href={hrefOf(filmOf(state.address, movie.movieId))}>{name}</a>
        {movie.year !== null && <span class="year"> {movie.year}</span>}
      </h4>
      <Marks movie={movie} state={state} listed={kind} />
      {kind === 'seen' && (
        <Own movie={movie} answer={ratingOf(state, movie.movieId)} unstored={state.unstored[movie.movieId]} />
      )}
    </li>
  );
}

function movieOf({ movieId, title, year }: Marked): Movie {
  return { movieId, title: title ?? 'A film that this model does not know', year, genres: [] };
}
