import type { State } from '../../state/state.ts';
import { shortTitle } from '../film/title.tsx';

/** Films that are named; of the others the number. */
const NAMED = 3;

/** What the stars that a pointer or the keys rest on would change. Its place is reserved, and on touch there is none. */
export function Foretaste({ state: { preview, deck } }: { state: State }) {
  const shown = preview && preview.movieId === deck.places[deck.turn]?.movieId ? preview : null;
  return (
    <p class="foretaste with-scripts" aria-live="polite">
      {shown ? (
        <>
          <strong>
            {shown.rating} <span aria-hidden="true">★</span>
            <span class="visually-hidden">stars</span>
          </strong>{' '}
          {shown.brings.length === 0
            ? 'changes none of your first ten'
            : `brings in ${named(shown.brings)}; drops ${named(shown.drops)}`}
        </>
      ) : (
        'Rest on a star to see what it would change.'
      )}
    </p>
  );
}

function named(titles: readonly string[]): string {
  const [names, more] = [titles.slice(0, NAMED).map(shortTitle), titles.length - NAMED];
  return `${names.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}
