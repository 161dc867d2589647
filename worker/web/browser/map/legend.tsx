import { FAMILIES } from '../../state/map/families.ts';
import { plural, type State } from '../../state/state.ts';

interface LegendProps {
  readonly state: State;
  readonly families: readonly boolean[];
  toggle(family: number): void;
}

/** What the signs mean. A kind of film can be left out, so that none is told by its colour alone. The map's colours come from here. */
export function Legend({ state, families, toggle }: LegendProps) {
  const { ratings, map } = state;
  return (
    <div class="map-legend">
      <ul aria-label="Signs">
        <li>
          <svg data-key="me" viewBox="0 0 24 16" aria-hidden="true">
            <ellipse class="ring-most" cx="12" cy="8" rx="11" ry="7" />
            <ellipse class="ring-half" cx="12" cy="8" rx="6" ry="4" />
          </svg>
          {map.me ? standing(map.me.share, map.me.ratings) : 'You'}
        </li>
        <li hidden={ratings.length === 0}>
          <svg data-key="rated" viewBox="0 0 16 16" aria-hidden="true">
            <path d="M8 1l2 4.9 5.2.4-4 3.4 1.3 5.1L8 12l-4.5 2.8 1.3-5.1-4-3.4L6 5.9z" />
          </svg>
          Your ratings; filled from 4 stars
        </li>
        <li>
          <svg data-key="list" viewBox="0 0 16 16" aria-hidden="true">
            <circle cx="8" cy="8" r="6.5" />
            <text x="8" y="11.5">
              1
            </text>
          </svg>
          Your list, by rank
        </li>
      </ul>
      <fieldset class="families">
        <legend class="visually-hidden">Kinds of films</legend>
        {FAMILIES.map(({ name }, at) => (
          <button key={name} type="button" class="family" aria-pressed={families[at]} onClick={() => toggle(at)}>
            <svg data-key={`family-${at}`} viewBox="0 0 10 10" aria-hidden="true">
              <circle cx="5" cy="5" r="4" />
            </svg>
            {name}
          </button>
        ))}
      </fieldset>
    </div>
  );
}

function standing(share: number, ratings: number): string {
  const odds = 'You: an even chance to be within the inner ring, nine in ten within the outer one.';
  if (ratings === 0) return `${odds} Each rating makes it smaller.`;
  const percent = Math.max(1, Math.round(100 * share));
  return `${odds} ${plural(ratings, 'rating')} ${ratings === 1 ? 'has' : 'have'} shrunk it to ${percent}%.`;
}
