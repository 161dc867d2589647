import type { Movie } from '../../state/api.ts';
import type { Answer, State } from '../../state/state.ts';
import { useActions } from '../actions.ts';
import { shortTitle } from '../film/title.tsx';
import { Waits } from '../offline/waiting.tsx';
import { useChanging } from './changing.ts';
import { Beside } from './foretaste.tsx';
import { Stars, useDraft } from './stars.tsx';

interface OwnProps {
  readonly movie: Movie;
  readonly answer: Answer;
  readonly unstored: State['unstored'][number] | undefined;
  /** Shows the stars at once, not after a click. */
  readonly open?: boolean;
}

/** A person's own say about a film: a button or stars; afterwards what they said, to take back or to change. */
export function Own({ movie, answer, unstored, open = false }: OwnProps) {
  const actions = useActions();
  const { changing, change, around } = useChanging();
  const value = typeof answer === 'number' ? answer : null;
  const keys = useDraft(value, (rating) => {
    change(false);
    actions.rate(movie, rating);
  });
  const title = shortTitle(movie.title);
  const shown = () => {
    if (unstored) return <Unstored movie={movie} unstored={unstored} />;
    if (changing || (open && answer === undefined)) {
      return (
        // biome-ignore lint/a11y/noStaticElementInteractions: the keys are those of the radio buttons inside
        <div
          class="giving"
          data-control="rate"
          onKeyDown={(event) => {
            if (event.key === 'Escape' && keys.draft === null) change(false);
            else keys.onKeyDown(event);
          }}
        >
          <Stars title={title} value={value} keys={keys} onWeigh={(rating) => actions.weigh(movie, rating)} />
          {changing && (
            <button type="button" class="quiet" onClick={() => change(false)}>
              Cancel
            </button>
          )}
          <Beside movieId={movie.movieId} />
        </div>
      );
    }
    if (answer !== undefined) return <Answered movie={movie} answer={answer} change={() => change(true)} />;
    return (
      <button type="button" class="pill" data-control="rate" aria-label={`Rate ${title}`} onClick={() => change(true)}>
        Rate
      </button>
    );
  };
  return (
    <div class="own" ref={around as never}>
      {shown()}
    </div>
  );
}

interface AnsweredProps {
  readonly movie: Movie;
  readonly answer: Exclude<Answer, undefined>;
  change(): void;
}

export function Answered({ movie, answer, change }: AnsweredProps) {
  const actions = useActions();
  const title = shortTitle(movie.title);
  const rated = typeof answer === 'number';
  return (
    <p class="answered">
      <span class="given">
        {rated ? (
          <>
            Rated {answer} <span aria-hidden="true">★</span>
            <span class="visually-hidden">{answer === 1 ? 'star' : 'stars'}</span>
          </>
        ) : (
          'Not seen'
        )}
        {rated && <Waits movieId={movie.movieId} />}
      </span>
      <button
        type="button"
        class="quiet"
        data-control="undo"
        aria-label={`Undo: ${title}`}
        onClick={() => actions.undo(movie)}
      >
        Undo
      </button>
      {rated && (
        <button type="button" class="quiet" data-control="change" aria-label={`Change: ${title}`} onClick={change}>
          Change
        </button>
      )}
    </p>
  );
}

export function Unstored({ movie, unstored }: { movie: Movie; unstored: NonNullable<OwnProps['unstored']> }) {
  const actions = useActions();
  const { rating, message } = unstored;
  const again = () => (rating === null ? actions.undo(movie) : actions.rate(movie, rating));
  return <NotStored message={message} again={again} />;
}

/** Why something could not be stored, to try it again. */
export function NotStored({ message, again }: { message: string; again(): void }) {
  return (
    <p class="answered unstored" role="alert">
      <span>Not stored. {message}</span>
      <button type="button" class="pill" data-control="again" onClick={again}>
        Try again
      </button>
    </p>
  );
}
