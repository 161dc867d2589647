import { hrefOf, viewOf } from '../../state/address.ts';
import type { Rated } from '../../state/api.ts';
import { arranged, LISTED, ORDERS, type Order } from '../../state/mine.ts';
import { plural, type State } from '../../state/state.ts';
import { useActions } from '../actions.ts';
import { Back } from '../back.tsx';
import { Forget } from './forget.tsx';
import { Histogram } from './histogram.tsx';
import { PrivateMode } from './private-mode.tsx';
import { RatedFilm } from './rated.tsx';
import { TakeAlong } from './take-along.tsx';
import { TakeAway } from './take-away.tsx';
import { WasRight } from './was-right.tsx';

/** The person's ratings: sorted, searched, changed, removed, taken along, forgotten. */
export function Mine({ state }: { state: State }) {
  const { arrange } = useActions();
  const { ratings, mine, removed } = state;
  const rated = new Set(ratings.map(({ movieId }) => movieId));
  const nothing = ratings.length + removed.length === 0;
  const found = arranged(withRemoved(state), mine);
  return (
    <section class="mine" id="mine" aria-labelledby="mine-heading">
      <Back address={state.address} />
      <div class="section-head">
        <h2 id="mine-heading" tabIndex={-1}>
          Your ratings ({ratings.length})
        </h2>
        <p class="links">
          <TakeAlong />
          <Forget />
        </p>
      </div>
      {ratings.length > 0 && <Histogram state={state} />}
      <WasRight state={state} />
      <div class="mine-tools" hidden={nothing}>
        <label class="field">
          <span>Search them</span>
          <input
            type="search"
            value={mine.words}
            autocomplete="off"
            onInput={(event) => arrange({ words: event.currentTarget.value })}
          />
        </label>
        <label class="field">
          <span>Order</span>
          <select
            value={mine.order}
            autocomplete="off"
            onChange={(event) => arrange({ order: event.currentTarget.value as Order })}
          >
            {Object.entries(ORDERS).map(([order, words]) => (
              <option key={order} value={order}>
                {words}
              </option>
            ))}
          </select>
        </label>
        {mine.stars !== null && (
          <button type="button" class="pill" onClick={() => arrange({ stars: null })}>
            Only {mine.stars} ★ <span aria-hidden="true">✕</span>
            <span class="visually-hidden">: show all stars again</span>
          </button>
        )}
      </div>
      {nothing && (
        <p class="nothing">
          Nothing is rated yet. Rate a film of <a href={hrefOf(viewOf(state.address, 'list'))}>the list</a>, or{' '}
          <a href={hrefOf(viewOf(state.address, 'loved'))}>tap what you loved</a>.
        </p>
      )}
      {found.length === 0 && ratings.length > 0 && <p class="nothing">None of your ratings fits.</p>}
      <ul class="mine-list" aria-labelledby="mine-heading">
        {found.slice(0, mine.listed).map((film) => (
          <RatedFilm key={film.movieId} rated={film} removed={!rated.has(film.movieId)} state={state} />
        ))}
      </ul>
      {found.length > mine.listed && (
        <button type="button" class="pill" onClick={() => arrange({ listed: mine.listed + LISTED })}>
          {plural(found.length - mine.listed, 'more', 'more')}
        </button>
      )}
      <PrivateMode state={state} />
      <TakeAway state={state} />
    </section>
  );
}

/** The ratings, oldest first, and in their places those that were taken back here. */
function withRemoved({ ratings, removed }: State): Rated[] {
  const all = [...ratings];
  for (const { rated, place } of [...removed].reverse()) all.splice(place, 0, rated);
  return all;
}
