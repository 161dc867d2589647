import { useRef } from 'preact/hooks';
import { hrefOf, viewOf } from '../../state/address.ts';
import type { Rated } from '../../state/api.ts';
import { arranged, inPlaces, LISTED, ORDERS, type Order } from '../../state/mine.ts';
import { plural, type State } from '../../state/state.ts';
import { useActions } from '../actions.ts';
import { Back } from '../back.tsx';
import { Export } from './export.tsx';
import { Forget } from './forget.tsx';
import { Histogram } from './histogram.tsx';
import { PrivateMode } from './private-mode.tsx';
import { RatedFilm } from './rated.tsx';
import { TakeAway } from './take-away.tsx';
import { WasRight } from './was-right.tsx';

/** The person's ratings: sorted, searched, changed, removed, exported, forgotten. */
export function Mine({ state }: { state: State }) {
  const { arrange } = useActions();
  const { ratings, mine, removed } = state;
  const rated = new Set(ratings.map(({ movieId }) => movieId));
  const found = useListed(state);
  const nothing = ratings.length + removed.length === 0;
  return (
    <section class="mine" id="mine" aria-labelledby="mine-heading">
      <Back address={state.address} />
      <div class="section-head">
        <h2 id="mine-heading" tabIndex={-1}>
          Your ratings ({ratings.length})
        </h2>
        <p class="links">
          <Export />
          <Forget />
        </p>
      </div>
      {!nothing && <Histogram state={state} />}
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

/** What is listed. Films keep their places until the person looks at them in another way. */
function useListed(state: State): readonly Rated[] {
  const { mine, hasAllRatings } = state;
  const before = useRef<{ readonly way: readonly unknown[]; readonly ids: readonly number[] } | null>(null);
  const way = [hasAllRatings, mine.order, mine.words, mine.stars, mine.order === 'surprise' && mine.predictions];
  const isSame = before.current?.way.every((part, j) => part === way[j]);
  const all = withRemoved(state);
  const found = arranged(all, mine).map(({ movieId }) => movieId);
  const ids = isSame ? inPlaces(before.current!.ids, found) : found;
  before.current = { way, ids };
  const known = new Map(all.map((rated) => [rated.movieId, rated]));
  return ids.flatMap((movieId) => known.get(movieId) ?? []);
}

/** The ratings, oldest first, and in their places those that were taken back here. */
function withRemoved({ ratings, removed }: State): Rated[] {
  const all = [...ratings];
  for (const { rated, place } of [...removed].reverse()) all.splice(place, 0, rated);
  return all;
}
