import { useRef, useState } from 'preact/hooks';
import type { Movie } from '../../state/api.ts';
import { ENOUGH } from '../../state/deck.ts';
import { answerTo, plural, type State } from '../../state/state.ts';
import { useActions } from '../actions.ts';
import { Poster } from '../film/poster.tsx';
import { Genres, shortTitle, Title } from '../film/title.tsx';
import { Foretaste } from './foretaste.tsx';
import { Own } from './own.tsx';
import { Stars, useDraft } from './stars.tsx';

/** Pixels that a finger moves to say "not seen". */
const SWIPE = 90;

/** As much of a card as a swipe needs: the Worker, which draws too, has no DOM. */
type Swiped = { style: { translate: string }; dataset: Record<string, string | undefined> };
type Swiping = { readonly clientX: number; readonly currentTarget: unknown };

/** One film at a time to rate, above or below the one that was answered last. */
export function Question({ state }: { state: State }) {
  const actions = useActions();
  const { view, search } = state.address;
  const asks = search === '' && (view === 'list' || (view === 'together' && !isReady(state)));
  const place = asks ? 'asks' : 'elsewhere';
  const [flipped, flip] = useState({ asks: false, elsewhere: false }); // from how the sheet rests: its styles know that
  const { places, turn } = state.deck;
  const [current, last] = [places[turn], places[1 - turn]];
  const onKeyDown = (event: Pick<KeyboardEvent, 'key' | 'repeat' | 'ctrlKey' | 'metaKey'>) => {
    if (event.repeat || event.ctrlKey || event.metaKey) return;
    if (event.key === 'n' && current) actions.skip(current);
    if (event.key === 'u' && last && answerTo(state, last.movieId) !== undefined) actions.undo(last);
  };
  return (
    <section
      class={`question ${place}${flipped[place] ? ' flipped' : ''}`}
      aria-labelledby="question-heading"
      onKeyDown={onKeyDown}
    >
      <div class="question-head">
        <h2 id="question-heading">{view === 'film' ? 'Rate another film' : 'Have you seen it?'}</h2>
        <Progress state={state} />
        <button type="button" class="quiet fold" onClick={() => flip({ ...flipped, [place]: !flipped[place] })}>
          <span class="unfolds">Show</span>
          <span class="folds">Hide</span>
        </button>
      </div>
      <div class="deck">
        {places.map((movie, place) => {
          if (!movie) return <Empty key={`empty ${place}`} current={place === turn} />;
          return place === turn ? (
            <Card key={movie.movieId} movie={movie} />
          ) : (
            <Last key={movie.movieId} movie={movie} state={state} />
          );
        })}
      </div>
      {state.address.view !== 'together' && <Foretaste movieId={current?.movieId} />}
      <p class="keys">
        Keys here: <kbd>1</kbd>–<kbd>5</kbd> stars, <kbd>←</kbd> <kbd>→</kbd> halves, <kbd>Enter</kbd> rates,{' '}
        <kbd>n</kbd> not seen, <kbd>u</kbd> undo
      </p>
    </section>
  );
}

/** Whether the gathering waits for no rating of the person's any more: its list is what they came for. */
function isReady({ together }: State): boolean {
  return together?.gathering?.members.some(({ you, rated }) => you && rated >= ENOUGH) ?? false;
}

function Empty({ current }: { current: boolean }) {
  return (
    <p class={`card ${current ? 'current' : 'past'} empty`}>
      {current ? 'No more films to ask about.' : 'Your last answer will stand here.'}
    </p>
  );
}

function Card({ movie }: { movie: Movie }) {
  const actions = useActions();
  const keys = useDraft(null, (rating) => actions.rate(movie, rating));
  const title = shortTitle(movie.title);
  const from = useRef(Number.NaN); // where a finger went down, also while the page is drawn anew
  const swiped = (event: Swiping) => {
    const by = Math.min(0, event.clientX - from.current) || 0;
    const { style, dataset } = event.currentTarget as Swiped;
    style.translate = by === 0 ? '' : `${by}px`;
    dataset.far = String(by < -SWIPE);
    return by < -SWIPE;
  };
  return (
    <article
      class="card current"
      data-entry="deck"
      tabIndex={-1}
      aria-label={title}
      onKeyDown={keys.onKeyDown}
      onPointerDown={(event) => {
        from.current = event.pointerType === 'mouse' ? Number.NaN : event.clientX;
      }}
      onPointerMove={swiped}
      onPointerUp={(event) => {
        const isFar = swiped(event);
        from.current = Number.NaN;
        swiped(event);
        if (isFar) actions.skip(movie);
      }}
      onPointerCancel={(event) => {
        from.current = Number.NaN;
        swiped(event);
      }}
    >
      <Poster movie={movie} />
      <div class="about">
        <Title movie={movie} />
        <Genres genres={movie.genres} />
      </div>
      <div class="say">
        <Stars title={title} value={null} keys={keys} onWeigh={(rating) => actions.weigh(movie, rating)} />
        <button
          type="button"
          class="pill"
          data-control="skip"
          aria-label={`Not seen: ${title}`}
          onClick={() => actions.skip(movie)}
        >
          Not seen
        </button>
      </div>
    </article>
  );
}

function Last({ movie, state }: { movie: Movie; state: State }) {
  return (
    <article class="card past" data-entry="past" tabIndex={-1} aria-label={shortTitle(movie.title)}>
      <Title movie={movie} />
      <Own movie={movie} answer={answerTo(state, movie.movieId)} unstored={state.unstored[movie.movieId]} />
    </article>
  );
}

/** How far the list still moves, as the model shows it: films of the top ten that the last answers replaced. */
function Progress({ state: { changes, ratings } }: { state: State }) {
  const recent = changes.slice(-3);
  if (recent.length === 0) {
    return <p class="hint">{ratings.length === 0 ? 'Rate one to begin.' : plural(ratings.length, 'rating')}</p>;
  }
  const replaced = recent.reduce((sum, count) => sum + count, 0);
  const settled = 1 - replaced / (10 * recent.length);
  const answers = recent.length === 1 ? 'answer' : `${recent.length} answers`;
  return (
    <p class="hint">
      <svg class="settled" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">
        <rect class="track" width="100" height="8" rx="2" />
        <rect class="part" width={Math.round(settled * 100)} height="8" rx="2" />
      </svg>
      <span>
        <span class="since">Last {answers}: </span>
        {replaced === 0 ? 'none' : replaced} new in your top ten
      </span>
    </p>
  );
}
