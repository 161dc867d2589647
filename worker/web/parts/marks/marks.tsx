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
 * it would weigh as much as the list. What was just said stands there in words as wide as the buttons were, so
 * that a second click at the same place meets nothing, and Undo behind them.
 */
export function Marks({ movie, state, listed }: MarksProps) {
  const actions = useActions();
  const { movieId } = movie;
  const mark = markOf(state, movieId);
  const unstored = state.marks.unstored[movieId];
  const isRated = mark === undefined && ratingOf(state, movieId) !== undefined; // which says more
  if (isRated || !actions.mark) return null;
  const isNew = state.marks.before[movieId] !== undefined && (mark !== listed || listed === undefined);
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
      ) : isNew ? (
        <JustSaid movie={movie} mark={mark} listed={listed} />
      ) : (
        <Choices movie={movie} mark={mark} listed={listed} />
      )}
    </div>
  );
}

interface SaidProps {
  readonly movie: Movie;
  readonly mark: Mark | undefined;
  readonly listed: Mark | undefined;
}

function JustSaid({ movie, mark, listed }: SaidProps) {
  const { unmark } = useActions();
  return (
    <>
      <span class="marked">{mark ? SAYINGS[mark].after : listed === 'watchlist' ? 'Taken off' : 'Taken back'}</span>
      <Control movie={movie} name="unmark" word="Undo" shortcut="u" act={() => unmark(movie)} />
    </>
  );
}

/** What may be said, or said instead of what was said before. */
function Choices({ movie, mark, listed }: SaidProps) {
  const actions = useActions();
  const offered = mark === undefined ? KINDS : mark === 'watchlist' ? KINDS.slice(1) : [];
  return (
    <>
      {mark && mark !== listed && <span class="said">{SAYINGS[mark].after}</span>}
      {offered.map((kind) => {
        const { button, key } = SAYINGS[kind];
        const act = () => actions.mark(movie, kind);
        return <Control key={kind} movie={movie} name={kind} word={button} shortcut={key} act={act} />;
      })}
      {mark && (
        <Control
          movie={movie}
          name="unmark"
          word={mark === 'watchlist' ? 'Take off' : 'Take back'}
          act={() => actions.mark(movie, null)}
        />
      )}
    </>
  );
}

interface ControlProps {
  readonly movie: Movie;
  readonly name: string;
  readonly word: string;
  readonly shortcut?: string;
  act(): void;
}

function Control({ movie, name, word, shortcut, act }: ControlProps) {
  return (
    <button
      type="button"
      class="quiet"
      data-control={name}
      title={shortcut && `Key: ${shortcut}`}
      aria-label={`${word}: ${shortTitle(movie.title)}`}
      onClick={act}
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
