import { filmOf, hrefOf } from '../../state/address.ts';
import type { Films } from '../../state/map/films.ts';
import { plural, type State } from '../../state/state.ts';

/** What is in the window, as places among the films. */
export interface Sighted {
  readonly count: number;
  /** The best known of them. */
  readonly best: readonly number[];
}

interface SightProps {
  readonly state: State;
  readonly films: Films;
  readonly sighted: Sighted | null;
}

/** The map in words: what is in its window, with links. */
export function Sight({ state, films, sighted }: SightProps) {
  return (
    <section class="sight" aria-labelledby="sight-heading">
      <h3 id="sight-heading">In sight{sighted && `: ${plural(sighted.count, 'film')}`}</h3>
      <ul>
        {sighted?.best.map((film) => (
          <li key={films.movieIds[film]}>
            <a href={hrefOf(filmOf(state.address, films.movieIds[film]))}>{films.titles[film]}</a>
            {films.years[film] > 0 && <span class="year"> {films.years[film]}</span>}
          </li>
        ))}
      </ul>
    </section>
  );
}
