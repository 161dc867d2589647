import { useState } from 'preact/hooks';
import { filmOf, hrefOf } from '../../state/address.ts';
import type { Movie, Rated } from '../../state/api.ts';
import type { State } from '../../state/state.ts';
import { useActions } from '../actions.ts';
import { Back } from '../back.tsx';
import { shortTitle } from '../film/title.tsx';
import { useChanging } from '../rating/changing.ts';
import { Star, Stars, useDraft } from '../rating/stars.tsx';
import { Forget } from './forget.tsx';
import { PrivateMode } from './private-mode.tsx';
import { TakeAway } from './take-away.tsx';

/** Ratings that are listed at once: thousands would be thousands of elements. */
const LISTED = 50;

const ORDERS: Readonly<Record<string, (a: Rated, b: Rated) => number>> = {
  newest: () => 0,
  best: (a, b) => b.rating - a.rating,
  worst: (a, b) => a.rating - b.rating,
  title: (a, b) => (a.title ?? '').localeCompare(b.title ?? '', 'en'),
};

/** The person's ratings: sorted, searched, changed, removed, taken along, forgotten. */
export function Mine({ state }: { state: State }) {
  const [order, sort] = useState('newest');
  const [wanted, want] = useState('');
  const [listed, list] = useState(LISTED);
  const { ratings } = state;
  const isRemoved = ({ movieId }: Rated) => !ratings.some((rated) => rated.movieId === movieId);
  const words = wanted.trim().toLowerCase();
  const matching = withRemoved(state)
    .reverse()
    .filter(({ title }) => (title ?? '').toLowerCase().includes(words));
  const sorted = matching.sort(ORDERS[order]);
  return (
    <section class="mine" id="mine" aria-labelledby="mine-heading">
      <Back address={state.address} />
      <div class="section-head">
        <h2 id="mine-heading" tabIndex={-1}>
          Your ratings ({ratings.length})
        </h2>
        <p class="links">
          <Export state={state} />
          <Forget />
        </p>
      </div>
      <div class="mine-tools">
        <label class="field">
          <span>Search them</span>
          <input type="search" value={wanted} autocomplete="off" onInput={(event) => want(event.currentTarget.value)} />
        </label>
        <label class="field">
          <span>Order</span>
          <select value={order} autocomplete="off" onChange={(event) => sort(event.currentTarget.value)}>
            <option value="newest">newest first</option>
            <option value="best">best first</option>
            <option value="worst">worst first</option>
            <option value="title">by title</option>
          </select>
        </label>
      </div>
      {ratings.length + state.removed.length === 0 && <p class="nothing">Nothing is rated yet.</p>}
      <ul class="mine-list" aria-labelledby="mine-heading">
        {sorted.slice(0, listed).map((rated) => (
          <Entry key={rated.movieId} rated={rated} removed={isRemoved(rated)} state={state} />
        ))}
      </ul>
      {sorted.length > listed && (
        <button type="button" class="pill" onClick={() => list(listed + LISTED)}>
          {sorted.length - listed} more
        </button>
      )}
      <PrivateMode state={state} />
      <TakeAway state={state} />
    </section>
  );
}

function Export({ state: { privacy } }: { state: State }) {
  const { exportRatings } = useActions();
  const words = 'Take them along (CSV)';
  if (privacy.kept === 'there')
    return (
      <a href="/export" download="ratings.csv">
        {words}
      </a>
    );
  return (
    <button type="button" class="quiet" onClick={exportRatings}>
      {words}
    </button>
  );
}

/** The ratings, oldest first, and in their places those that were taken back here. */
function withRemoved({ ratings, removed }: State): Rated[] {
  const all = [...ratings];
  for (const { rated, place } of [...removed].reverse()) all.splice(place, 0, rated);
  return all;
}

function Entry({ rated, removed, state }: { rated: Rated; removed: boolean; state: State }) {
  const { rate, undo } = useActions();
  const { changing, change, around } = useChanging();
  const movie = movieOf(rated);
  const keys = useDraft(rated.rating, (rating) => {
    change(false);
    rate(movie, rating);
  });
  const name = nameOf(rated);
  return (
    <li class="rated" ref={around as never} data-entry="rated" tabIndex={-1} aria-label={name}>
      <h3 class="title">
        {rated.title === null ? name : <a href={hrefOf(filmOf(state.address, rated.movieId))}>{name}</a>}
        {rated.year !== null && <span class="year"> {rated.year}</span>}
      </h3>
      {removed ? (
        <span class="hint">Rating removed</span>
      ) : changing ? (
        // biome-ignore lint/a11y/noStaticElementInteractions: the keys are those of the radio buttons inside
        <div class="giving" data-control="change" onKeyDown={keys.onKeyDown}>
          <Stars title={name} value={rated.rating} keys={keys} />
        </div>
      ) : (
        <button
          type="button"
          class="quiet given"
          data-control="change"
          aria-label={`Change: ${name}, ${rated.rating.toFixed(1)}`}
          onClick={() => change(true)}
        >
          {rated.rating.toFixed(1)} <Star part={1} />
        </button>
      )}
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
