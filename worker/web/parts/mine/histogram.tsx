import { histogramOf } from '../../state/mine.ts';
import type { State } from '../../state/state.ts';
import { useActions } from '../actions.ts';

const HEIGHT = 100;

/** How many ratings have how many stars: bars that are buttons, each of which shows only its own. */
export function Histogram({ state: { ratings, mine } }: { state: State }) {
  const { arrange } = useActions();
  const counts = histogramOf(ratings);
  const most = Math.max(1, ...counts);
  return (
    <ul class="histogram" aria-label="Your stars: a bar for each number of them, which shows only those films">
      {counts.map((count, at) => {
        const stars = (at + 1) / 2;
        const chosen = mine.stars === stars;
        const height = (count / most) * HEIGHT;
        return (
          <li key={stars}>
            <button
              type="button"
              aria-pressed={chosen}
              disabled={count === 0 && !chosen}
              onClick={() => arrange({ stars: chosen ? null : stars })}
            >
              <span class="count">
                {count > 0 && count}
                <span class="visually-hidden">
                  {count === 0 && 'No'} {count === 1 ? 'film' : 'films'} with {stars} {stars === 1 ? 'star' : 'stars'}
                </span>
              </span>
              <svg viewBox={`0 0 10 ${HEIGHT}`} preserveAspectRatio="none" aria-hidden="true">
                <rect class="bar" y={HEIGHT - Math.max(height, 1)} width="10" height={Math.max(height, 1)} />
              </svg>
              <span class="stars-of" aria-hidden="true">
                {stars % 1 === 0 ? `${stars} ★` : '½'}
              </span>
            </button>
          </li>
        );
      })}
    </ul>
  );
}
