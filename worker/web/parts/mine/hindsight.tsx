import { filmOf, hrefOf } from '../../state/address.ts';
import type { Predictions } from '../../state/api.ts';
import type { Prediction } from '../../state/mine.ts';
import { plural, ratingOf, type State } from '../../state/state.ts';
import { surprisesOf } from '../../state/surprises.ts';
import { useActions } from '../actions.ts';
import { shortTitle } from '../film/title.tsx';
import { Given } from './given.tsx';

/** How far off the predictions were, and the ratings that were expected least. */
export function Hindsight({ state }: { state: State }) {
  const { askPredictions } = useActions();
  const { predictions } = state.mine;
  if (!predictions) return null;
  if ('message' in predictions) {
    return (
      <p class="hint" role="alert">
        {predictions.message}{' '}
        <button type="button" class="pill" onClick={askPredictions}>
          Try again
        </button>
      </p>
    );
  }
  return (
    <>
      <Record predictions={predictions} />
      <Surprises predictions={predictions} state={state} />
    </>
  );
}

function Record({ predictions: { record, items, ratings } }: { predictions: Predictions }) {
  if (!record) return <p class="hint">None of these films is in this model.</p>;
  const percent = (share: number) => `${Math.round(100 * share)}%`;
  const learned = items.filter(({ trained }) => trained).length;
  return (
    <p>
      On your {items.length < ratings ? 'last ' : ''}
      {plural(items.length, 'rating')}, each predicted from those before it, I was off by{' '}
      <strong>{record.error.toFixed(2)} stars</strong> on average, the film’s average by{' '}
      <strong>{record.averageError.toFixed(2)}</strong>. My ranges held <strong>{percent(record.held)}</strong> of the
      time ({percent(record.promised)} promised).
      {learned > 0 && (
        <span class="hint">
          {' '}
          {learned === items.length ? 'All' : learned} of them were in my training, which helps me.
        </span>
      )}
    </p>
  );
}

function Surprises({ predictions, state }: { predictions: Predictions; state: State }) {
  const surprises = surprisesOf(predictions).filter(({ movieId }) => !state.mine.confirmed.includes(movieId));
  if (surprises.length === 0) return null;
  return (
    <details class="surprises">
      <summary>{surprises.length === 1 ? 'One rating' : `${surprises.length} ratings`} I had not expected</summary>
      <ul>
        {surprises.map((surprise) => (
          <Surprise key={surprise.movieId} surprise={surprise} state={state} />
        ))}
      </ul>
    </details>
  );
}

/** Stays where it is when its rating changes, so that a second click meets the same film. */
function Surprise({ surprise, state }: { surprise: Prediction; state: State }) {
  const { arrange } = useActions();
  const { movieId, title, year, rating, predictedRating } = surprise;
  const name = shortTitle(title);
  const now = ratingOf(state, movieId);
  const { confirmed } = state.mine;
  return (
    <li class="surprise" data-entry="surprise" tabIndex={-1} aria-label={name}>
      <p>
        You gave <a href={hrefOf(filmOf(state.address, movieId))}>{name}</a> <Stars count={rating} />, I had expected{' '}
        {predictedRating.toFixed(1)}
        {now === rating ? ': right?' : now === undefined ? '. Now it has none.' : '. Now it has '}
        {now !== rating && now !== undefined && (
          <>
            <Stars count={now} />.
          </>
        )}
      </p>
      {now !== undefined && (
        <Given movie={{ movieId, title, year, genres: [] }} name={name} rating={now} label="Change" />
      )}
      <button
        type="button"
        class="quiet"
        data-control="confirm"
        aria-label={`It is right: ${name}`}
        onClick={() => arrange({ confirmed: [...confirmed, movieId] })}
      >
        It is right
      </button>
    </li>
  );
}

function Stars({ count }: { count: number }) {
  return (
    <strong class="given">
      {count} <span aria-hidden="true">★</span>
      <span class="visually-hidden">{count === 1 ? 'star' : 'stars'}</span>
    </strong>
  );
}
