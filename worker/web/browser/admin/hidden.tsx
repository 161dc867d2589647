import type { PartOfDesk } from './asked.tsx';
import { ChosenFilms } from './chosen-films.tsx';

/** Films that nobody is shown. */
export function HiddenFilms(desk: PartOfDesk) {
  const { operator } = desk;
  return (
    <ChosenFilms
      {...desk}
      name="hidden"
      title="Hidden films"
      hint="In no list, no search and no question, in any version. What people rated stays theirs."
      list={() => operator.hidden()}
      choose={{ button: 'Hide', after: 'hidden', act: (movieId) => operator.hide(movieId) }}
      release={{ button: 'Show again', after: 'shown again', act: (movieId) => operator.show(movieId) }}
    />
  );
}
