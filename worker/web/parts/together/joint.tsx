import { isNarrowed, JOINT_ORDER } from '../../state/address.ts';
import type { Gathering } from '../../state/api.ts';
import { isDone } from '../../state/marks.ts';
import type { State } from '../../state/state.ts';
import { givesWay, namesOf } from '../../state/together.ts';
import { Poster } from '../film/poster.tsx';
import { Prediction } from '../film/prediction.tsx';
import { Genres, shortTitle, Title } from '../film/title.tsx';
import { Tonight } from '../list/tonight.tsx';
import { Marks } from '../marks/marks.tsx';
import { useTogether } from './actions.ts';

/** The list for all: what each may give a film, and who gives way. */
export function Joint({ state, gathering }: { state: State; gathering: Gathering }) {
  const { rankByMean } = useTogether();
  const names = namesOf(gathering.members);
  const { address } = state;
  const mean = address.mean === true;
  let rank = 0;
  return (
    <div class="joint for-you">
      <fieldset class="switch">
        <legend class="visually-hidden">What counts</legend>
        {[false, true].map((value) => (
          <label key={String(value)}>
            <input
              type="radio"
              name="together"
              checked={mean === value}
              autocomplete="off"
              onChange={() => rankByMean(value)}
            />
            <span>{value ? 'What all like on average' : 'What nobody minds'}</span>
          </label>
        ))}
      </fieldset>
      <details class="narrow" open={isNarrowed(address.list) || address.list.by !== undefined}>
        <summary>Narrow it down</summary>
        <Tonight
          state={{ ...state, address: { ...address, list: { ...address.list, by: address.list.by ?? JOINT_ORDER } } }}
        />
      </details>
      {gathering.items.length === 0 && <p class="nothing">No film is left with these filters. Narrow it down less.</p>}
      <ol class="picks" aria-label="For all of you">
        {gathering.items.map((item) => (
          <li
            key={item.movieId}
            class={`joint-pick${isDone(state, item.movieId) ? ' done' : ''}`}
            data-movie={item.movieId}
            aria-label={shortTitle(item.title)}
          >
            <span class="rank">{isDone(state, item.movieId) ? '✓' : ++rank}</span>
            <Poster movie={item} />
            <div class="what">
              <Title movie={item} from={address} />
              <Genres genres={item.genres} />
              <p class="because">{givesWay(item.people, names)}</p>
            </div>
            <ul class="opinions">
              {item.people.map(({ predictedRating, uncertainty }, p) => (
                <li key={gathering.members[p].place}>
                  <span class="opinion-of">{names[p]}</span>
                  <Prediction stars={predictedRating} uncertainty={uncertainty} />
                </li>
              ))}
            </ul>
            <Marks movie={item} state={state} />
          </li>
        ))}
      </ol>
    </div>
  );
}
