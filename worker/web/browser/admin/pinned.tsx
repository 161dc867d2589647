import type { PartOfDesk } from './asked.tsx';
import { ChosenFilms } from './chosen-films.tsx';

/** Films that stand first in lists. */
export function PinnedFilms(desk: PartOfDesk) {
  const { operator } = desk;
  return (
    <ChosenFilms
      {...desk}
      name="pinned"
      title="Pinned films"
      hint="First in everybody’s list, in this order, until they rate or mark them. Filters hold, and three are the most."
      list={() => operator.pinned()}
      choose={{ button: 'Pin', after: 'pinned', act: (movieId) => operator.pin(movieId) }}
      release={{ button: 'Take down', after: 'no longer pinned', act: (movieId) => operator.unpin(movieId) }}
    />
  );
}
