import type { Mark, Movie } from '../../state/api.ts';
import { markOf } from '../../state/marks.ts';
import { ratingOf, type State } from '../../state/state.ts';
import { useActions } from '../actions.ts';
import { shortTitle } from '../film/title.tsx';
import { NotStored } from '../rating/own.tsx';

/** What a button says, the key that presses it within a film's row, and what stands there afterwards. */
export const SAYINGS: Readonly<
  Record<Mark, { readonly button: string; readonly key: string; readonly after: string }>
> = {
  watchlist: { button: 'Watchlist', key: 'w', after: 'On your watchlist' },
  seen: { button: 'Seen it', key: 's', after: 'Seen, not rated' },
  dismissed: { button: 'Not for me', key: 'x', after: 'Not for me' },
};
const KINDS = Object.keys(SAYINGS) as Mark[];

interface MarksProps {
  readonly movie: Movie;
  readonly state: State;
  /** The list is of films with this mark, so that it goes without saying. */
  readonly listed?: Mark;
}

/**
 * What a person says of a film besides stars. The Worker leaves it to the browser: without scripts nobody can say it, and
 * it would weigh as much as the list. What was just said stands there in words as wide as the buttons were, so that a
 * second click at the same place meets nothing, and Undo behind them.
 */
export function Marks({ movie, state, listed }: MarksProps) {
  const actions = useActions();
  const { movieId } = movie;
  const mark = markOf(state, movieId);
  const unstored = state.marks.unstored[movieId];
  const isRated = mark === undefined && ratingOf(state, movieId) !== undefined; // which says more
  if (isRated || !actions.mark) return null;
  const isNew = state.marks.before[movieId] !== undefined && (mark !== listed || !listed);
  const words = mark ? mark !== listed && SAYINGS[mark].after : isNew && 'Removed';
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset belongs to a form
    <div
      class="marks"
      role="group"
      aria-label={`What you say of ${shortTitle(movie.title)}`}
      data-entry="mark"
      tabIndex={-1}
    >
      {unstored ? (
        <NotStored message={unstored.message} again={() => actions.mark(movie, unstored.mark)} />
      ) : (
        <>
          {words && <span class={isNew ? 'marked new' : 'marked'}>{words}</span>}
          {choicesOf(mark, isNew).map((name) => (
            <Choice key={name} name={name} movie={movie} />
          ))}
        </>
      )}
    </div>
  );
}

/** What may be said now, or said instead. */
function choicesOf(mark: Mark | undefined, isNew: boolean): Choosing[] {
  if (isNew) return ['undo'];
  if (!mark) return KINDS;
  return mark === 'watchlist' ? [...KINDS.slice(1), 'remove'] : ['remove'];
}

type Choosing = Mark | 'undo' | 'remove';

function Choice({ name, movie }: { name: Choosing; movie: Movie }) {
  const { mark, unmark } = useActions();
  const [word, key] =
    name === 'undo' ? ['Undo', 'u'] : name === 'remove' ? ['Remove'] : [SAYINGS[name].button, SAYINGS[name].key];
  return (
    <button
      type="button"
      class="quiet"
      data-control={name}
      title={key && `Key: ${key}`}
      aria-label={`${word}: ${shortTitle(movie.title)}`}
      onClick={() => (name === 'undo' ? unmark(movie) : mark(movie, name === 'remove' ? null : name))}
    >
      {word}
    </button>
  );
}

type KeyPress = Pick<KeyboardEvent, 'key' | 'repeat' | 'ctrlKey' | 'metaKey' | 'altKey'>;

/** The keys of a film's row, where the focus is in it; one that is held down counts once. */
export function useMarkKeys(movie: Movie, state: State): (event: KeyPress) => void {
  const actions = useActions();
  return ({ key, repeat, ctrlKey, metaKey, altKey }) => {
    if (repeat || ctrlKey || metaKey || altKey || state.marks.unstored[movie.movieId]) return;
    const mark = markOf(state, movie.movieId);
    const wanted = KINDS.find((kind) => SAYINGS[kind].key === key);
    if (wanted && wanted !== mark && ratingOf(state, movie.movieId) === undefined) actions.mark(movie, wanted);
    if (key === 'u' && state.marks.before[movie.movieId] !== undefined) actions.unmark(movie);
  };
}
