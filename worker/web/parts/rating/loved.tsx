import { useState } from 'preact/hooks';
import type { Movie } from '../../state/api.ts';
import { plural, ratingOf, type State } from '../../state/state.ts';
import { useActions } from '../actions.ts';
import { Back } from '../back.tsx';
import { Poster } from '../film/poster.tsx';
import { shortTitle } from '../film/title.tsx';
import { Waits } from '../offline/waiting.tsx';
import { Unstored } from './own.tsx';

/** What a tap may mean, in stars. */
const CHOICES = [
  [5, 'Loved it'],
  [4, 'Liked it'],
] as const;

/** Posters to tap: another way to begin than a question at a time. */
export function Loved({ state }: { state: State }) {
  const { moreToTap } = useActions();
  const { grid, ratings } = state;
  return (
    <section class="loved" aria-labelledby="loved-heading">
      <Back address={state.address} />
      <h2 id="loved-heading" tabIndex={-1}>
        Tap what you loved
      </h2>
      <p class="hint">
        Tap a film, then say how much: only that counts.{' '}
        {ratings.length > 0 && `Your list rests on ${plural(ratings.length, 'rating')}.`}
      </p>
      <ul class="tiles" aria-labelledby="loved-heading">
        {grid.map((movie) => (
          <Tile key={movie.movieId} movie={movie} state={state} />
        ))}
      </ul>
      <button type="button" class="pill with-scripts" onClick={moreToTap}>
        More films
      </button>
    </section>
  );
}

/**
 * A second tap never rates: on the poster it closes what the first one opened, and where the choices were it meets words.
 */
function Tile({ movie, state }: { movie: Movie; state: State }) {
  const { rate, undo } = useActions();
  const [open, setOpen] = useState(false);
  const rating = ratingOf(state, movie.movieId);
  const unstored = state.unstored[movie.movieId];
  const title = shortTitle(movie.title);
  return (
    <li
      class="tile"
      data-entry="tile"
      tabIndex={-1}
      aria-label={title}
      onKeyDown={({ key }) => key === 'Escape' && setOpen(false)}
    >
      {rating === undefined ? (
        <button type="button" class="tap" data-control="rate" aria-expanded={open} onClick={() => setOpen(!open)}>
          <Poster movie={movie} />
          <span class="visually-hidden">{title}</span>
        </button>
      ) : (
        <div class="tap">
          <Poster movie={movie} />
          <button
            type="button"
            class="pill"
            data-control="undo"
            aria-label={`Undo: ${title}`}
            onClick={() => undo(movie)}
          >
            Undo
          </button>
        </div>
      )}
      {unstored ? (
        <Unstored movie={movie} unstored={unstored} />
      ) : rating !== undefined ? (
        <Said rating={rating} movieId={movie.movieId} />
      ) : open ? (
        <p class="choices">
          {CHOICES.map(([stars, words]) => (
            <button
              key={stars}
              type="button"
              class="pill"
              data-control="rate"
              aria-label={`${words}, ${stars} stars: ${title}`}
              onClick={() => {
                setOpen(false);
                rate(movie, stars);
              }}
            >
              {words} <span aria-hidden="true">★</span> {stars}
            </button>
          ))}
        </p>
      ) : (
        <p class="name">
          <bdi>{title}</bdi> <span class="year">{movie.year}</span>
        </p>
      )}
    </li>
  );
}

function Said({ rating, movieId }: { rating: number; movieId: number }) {
  return (
    <p class="given">
      Rated {rating} <span aria-hidden="true">★</span>
      <span class="visually-hidden">{rating === 1 ? 'star' : 'stars'}</span>
      <Waits movieId={movieId} />
    </p>
  );
}
