import { hrefOf, listFileOf } from '../../state/address.ts';
import type { Mark } from '../../state/api.ts';
import { isDone } from '../../state/marks.ts';
import type { Row } from '../../state/rows.ts';
import { type List, plural, ratingOf, type State } from '../../state/state.ts';
import { useActions } from '../actions.ts';
import { Poster } from '../film/poster.tsx';
import { Prediction } from '../film/prediction.tsx';
import { Reason } from '../film/reason.tsx';
import { Genres, shortTitle, Title } from '../film/title.tsx';
import { Marks, useMarkKeys } from '../marks/marks.tsx';
import { ListSkeleton } from '../offline/skeleton.tsx';
import { Own } from '../rating/own.tsx';

/** Films of the list as a file. */
const LISTED_IN_FILE = 100;

/** The recommendations. */
export function Picks({ state }: { state: State }) {
  const { list, waiting, address, trouble } = state;
  if (!list) return trouble ? null : <ListSkeleton />;
  const isAnswered = (row: Row) => isDone(state, row.pick.movieId);
  const ranks = ranksOf(list.rows, isAnswered, address.offset);
  return (
    <>
      <p class="hint" id="basis">
        <span>{list.sentence ?? basisOf(state, list)}</span>
        {list.rows.length > 0 && <span class="expected">Expected stars</span>}
      </p>
      {list.rows.length === 0 && (
        <p class="nothing">
          No film is left with these filters.{' '}
          <a href={hrefOf({ ...address, offset: 0, list: {} })}>Clear all filters</a>
        </p>
      )}
      <ol
        class={`picks${waiting ? ' waiting' : ''}`}
        id="films"
        tabIndex={-1}
        aria-labelledby="picks-heading"
        aria-busy={waiting}
      >
        {list.rows.map((row, at) => (
          <Line key={row.pick.movieId} row={row} rank={ranks[at]} state={state} />
        ))}
      </ol>
      <More state={state} list={list} />
      <p class="hint">
        <a class="quiet" href={listFileOf(address, LISTED_IN_FILE)} download="marquee-list.csv">
          As a Letterboxd list
        </a>
      </p>
      {state.model?.until && (
        <p class="hint">
          The films here end in {state.model.until}. <a href="/about">What the model cannot know</a>
        </p>
      )}
    </>
  );
}

function ranksOf(rows: readonly Row[], isAnswered: (row: Row) => boolean, offset: number): (number | null)[] {
  let rank = offset;
  return rows.map((row) => (isAnswered(row) ? null : ++rank));
}

interface LineProps {
  readonly row: Row;
  /** Null: the person has done with the film. */
  readonly rank: number | null;
  readonly state: State;
  /** The list is of films with this mark. */
  readonly listed?: Mark;
}

export function Line({ row, rank, state, listed }: LineProps) {
  const { pick } = row;
  const onKeyDown = useMarkKeys(pick, state);
  const answer = ratingOf(state, pick.movieId);
  return (
    <li
      class={`pick${rank === null ? ' done' : ''}`}
      data-entry="pick"
      data-movie={pick.movieId}
      tabIndex={-1}
      aria-label={shortTitle(pick.title)}
      onKeyDown={onKeyDown}
    >
      <span class="rank">
        {rank ?? '✓'}
        <Move moved={row.moved} />
      </span>
      <Poster movie={pick} />
      <div class="what">
        <Title movie={pick} from={state.address} />
        <Genres genres={pick.genres} />
        {pick.pinned && <p class="hint">Picked by hand</p>}
        <Reason pick={pick} />
      </div>
      <Prediction stars={pick.predictedRating} uncertainty={pick.uncertainty} />
      <Own movie={pick} answer={answer} unstored={state.unstored[pick.movieId]} />
      <Marks movie={pick} state={state} listed={listed} />
    </li>
  );
}

/** What the last answer did to a film's place. */
function Move({ moved }: { moved: number | null }) {
  if (moved === 0) return null;
  if (moved === null) return <span class="move fresh">new</span>;
  const way = moved > 0 ? 'up' : 'down';
  return (
    <span class={`move ${way}`}>
      <span aria-hidden="true">{moved > 0 ? '▲' : '▼'}</span>
      <span class="visually-hidden">{way} </span>
      {Math.abs(moved)}
    </span>
  );
}

/** The next films: they come by themselves near the end, or by the link, which works without scripts. */
function More({ state, list }: { state: State; list: List }) {
  const { more } = useActions();
  if (!list.more) return list.rows.length > 0 ? <p class="hint end">That is the end of the list.</p> : null;
  const href = hrefOf({ ...state.address, offset: state.address.offset + list.rows.length });
  return (
    <p class="end">
      <a
        id="more"
        class="pill"
        href={href}
        onClick={(event) => {
          event.preventDefault();
          more();
        }}
      >
        More films
      </a>
    </p>
  );
}

function basisOf({ tastes, address }: State, { basis, ratings, degraded }: List): string {
  if (degraded) return 'Your latest ratings cannot be read just now, so these may not know them.';
  if (basis === 'profile') {
    const taste = tastes.find(({ profile }) => profile === address.list.profile);
    return `What people of one taste like: ${taste?.name ?? address.list.profile}. One rating makes it yours.`;
  }
  if (basis === 'popular') return 'What people like on average. Rate one.';
  return `From your ${ratings === 1 ? 'one rating' : plural(ratings, 'rating')}.`;
}
